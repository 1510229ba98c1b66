"""syncstate quarantine: streams that a read model cannot fold on."""

import json
from typing import Annotated, Any

import typer

from syncstate.cli import printing
from syncstate.cli.connection import connected
from syncstate.cli.failures import Failure
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.skus import in_path

quarantine = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="See and redrive what is stopped.")

Projection = Annotated[str, typer.Argument(metavar="PROJECTION", help="The read model, as `list` tells it.")]
Stream = Annotated[str, typer.Argument(metavar="STREAM", help="The stream, tenant/category/key, as `list` tells it.")]


@quarantine.command("list")
def list_(data: Data = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's form of a flag
    """List the streams that are stopped, each with the event that cannot be folded and why.

    \b
    Examples:
      syncstate quarantine list
      syncstate quarantine list --json | jq .count
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    with connected(settings_with(data=data)) as api:
        found = api.get("/api/quarantine")
    if as_json:
        print(json.dumps(found))
    elif found["count"]:
        rows = [
            [pair[name] for name in ("projection", "stream", "version", "at", "error")] for pair in found["quarantined"]
        ]
        printing.table(("projection", "stream", "event", "since", "why"), rows)
    else:
        print("nothing is quarantined")


@quarantine.command()
def show(projection: Projection, stream: Stream, data: Data = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Show one stopped stream: the error, and the event that cannot be folded.

    \b
    Examples:
      syncstate quarantine show inventory default/sku/TSHIRT-RED-M
    """  # noqa: D301
    with connected(settings_with(data=data)) as api:
        found = api.get(f"/api/quarantine/{in_path(projection)}/{in_path(stream)}")
    if as_json:
        print(json.dumps(found))
        return
    pairs = [(name, found[name]) for name in ("projection", "stream", "version", "error", "at", "waiting")]
    event: dict[str, Any] = found["event"] or {}
    shown = [(name, value if isinstance(value, str | int) else json.dumps(value)) for name, value in event.items()]
    printing.facts([*pairs, *shown[1:]])


@quarantine.command()
def redrive(
    projection: Annotated[str | None, typer.Argument(metavar="[PROJECTION]", help="The read model.")] = None,
    stream: Annotated[str | None, typer.Argument(metavar="[STREAM]", help="The stream, tenant/category/key.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that is stopped.")] = False,  # noqa: FBT002
    data: Data = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Set a stopped stream going again, or all; what fails again is stopped again. The exit code is 1 then.

    \b
    Examples:
      syncstate quarantine redrive inventory default/sku/TSHIRT-RED-M
      syncstate quarantine redrive --all
    """  # noqa: D301
    if every == (projection is not None or stream is not None) or (projection is None) != (stream is None):
        raise Failure("name PROJECTION and STREAM, or take --all", 2)
    asked: dict[str, object] = {"all": True} if every else {"projection": projection, "stream": stream}
    with connected(settings_with(data=data)) as api:
        found = api.post("/api/quarantine/redrive", asked)
    failed = [pair for pair in found["redriven"] if pair["error"] is not None]
    if as_json:
        print(json.dumps(found))
    else:
        for pair in found["redriven"]:
            became = f"stands before event {pair['version']} still: {pair['error']}" if pair["error"] else "goes on"
            print(f"{pair['stream']} in {pair['projection']} {became}")
        if not found["count"]:
            print("nothing is quarantined")
    raise typer.Exit(1 if failed else 0)
