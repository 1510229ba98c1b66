"""syncstate quarantine: streams that a read model cannot fold on, and records from outside that could not be taken."""

import json
from typing import Annotated, Any

import typer

from syncstate.cli import printing
from syncstate.cli.connection import Api, connected
from syncstate.cli.failures import Failure
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.skus import in_path

quarantine = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="See and redrive what is stopped.")

What = Annotated[str, typer.Argument(metavar="PROJECTION|RECORD", help="The read model or the record, as in `list`.")]
Stream = Annotated[
    str | None, typer.Argument(metavar="[STREAM]", help="The read model's stream, tenant/category/key, as in `list`.")
]


@quarantine.command("list")
def list_(data: Data = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's form of a flag
    """List the streams that are stopped, each with the event that cannot be folded and why; then the records.

    A record came from outside (a Kinesis stream) and could not be taken: it is kept whole until it can be.

    \b
    Examples:
      syncstate quarantine list
      syncstate quarantine list --json | jq .count
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    with connected(settings_with(data=data)) as api:
        found, kept = api.get("/api/quarantine"), api.get("/api/dead-letters")
    if as_json:
        print(json.dumps({**found, "records": kept["records"], "moreRecords": kept["more"]}))
        return
    if found["count"]:
        rows = [
            [pair[name] for name in ("projection", "stream", "version", "at", "error")] for pair in found["quarantined"]
        ]
        printing.table(("projection", "stream", "event", "since", "why"), rows)
    if kept["count"]:
        rows = [[record[name] for name in ("id", "keptAt", "tries", "error")] for record in kept["records"]]
        printing.table(("record", "since", "tries", "why"), rows)
    if kept["more"]:
        print(f"and more: these are the first {kept['count']:,} records")
    if not found["count"] and not kept["count"]:
        print("nothing is quarantined")


@quarantine.command()
def show(what: What, stream: Stream = None, data: Data = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Show one stopped stream, with the event that cannot be folded; or one record, with what it holds.

    \b
    Examples:
      syncstate quarantine show inventory default/sku/TSHIRT-RED-M
      syncstate quarantine show kinesis:orders:shardId-000000000000:49590:0
    """  # noqa: D301
    with connected(settings_with(data=data)) as api:
        found = _record(api, what) if stream is None else api.get(f"/api/quarantine/{in_path(what)}/{in_path(stream)}")
    if as_json:
        print(json.dumps(found))
    elif stream is None:
        _show_record(found)
    else:
        pairs = [(name, found[name]) for name in ("projection", "stream", "version", "error", "at", "waiting")]
        event: dict[str, Any] = found["event"] or {}
        shown = [(name, value if isinstance(value, str | int) else json.dumps(value)) for name, value in event.items()]
        printing.facts([*pairs, *shown[1:]])


def _record(api: Api, what: str) -> dict[str, Any]:
    """Return one record's answer. Raises Failure where `what` can be no record's."""
    if ":" not in what:
        raise Failure(f"name the STREAM of {what} too, or a record, as `syncstate quarantine list` tells them", 2)
    return api.get(f"/api/dead-letters/{in_path(what)}")


def _show_record(found: dict[str, Any]) -> None:
    names = ("id", "error", "keptAt", "arrivedAt", "tries", "size")
    holds = found["text"] if found["text"] is not None else found["data"] or "too large to show"
    printing.facts([*((name, found[name]) for name in names), ("text" if found["text"] else "base64", holds)])


@quarantine.command()
def redrive(
    what: Annotated[
        str | None, typer.Argument(metavar="[PROJECTION|RECORD]", help="The read model or the record.")
    ] = None,
    stream: Stream = None,
    every: Annotated[bool, typer.Option("--all", help="All that is stopped, and all records.")] = False,  # noqa: FBT002
    data: Data = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Set a stopped stream going again, take a record again, or do so with all. The exit code is 1 where one fails.

    What fails again is stopped again, or kept. What of a record was recorded before is not recorded twice.

    \b
    Examples:
      syncstate quarantine redrive inventory default/sku/TSHIRT-RED-M
      syncstate quarantine redrive kinesis:orders:shardId-000000000000:49590:0
      syncstate quarantine redrive --all
    """  # noqa: D301
    if every == (what is not None) or (every and stream is not None):
        raise Failure("name PROJECTION and STREAM, or a record, or take --all", 2)
    if what is not None and stream is None and ":" not in what:
        raise Failure(f"name the STREAM of {what} too, as `syncstate quarantine list` tells it", 2)
    with connected(settings_with(data=data)) as api:
        found: dict[str, Any] = {"ok": True, "count": 0, "redriven": []}
        if every or stream is not None:
            asked: dict[str, object] = {"all": True} if every else {"projection": what, "stream": stream}
            found = api.post("/api/quarantine/redrive", asked)
        records = _redriven(api, what) if stream is None else []
    if as_json:
        print(json.dumps({**found, "records": records}))
    else:
        _tell(found, records)
    failed = any(one["error"] is not None for one in (*found["redriven"], *records))
    raise typer.Exit(1 if failed else 0)


def _redriven(api: Api, record: str | None) -> list[dict[str, Any]]:
    """Take one record again, or all; each once."""
    if record is not None:
        return list(api.post(f"/api/dead-letters/{in_path(record)}/redrive", {})["redriven"])
    done: dict[str, dict[str, Any]] = {}
    while True:
        found = api.post("/api/dead-letters/all/redrive", {})
        new = [one for one in found["redriven"] if one["id"] not in done]
        done |= {one["id"]: one for one in new}
        if not found["more"] or not new:
            return list(done.values())


def _tell(found: dict[str, Any], records: list[dict[str, Any]]) -> None:
    for pair in found["redriven"]:
        became = f"stands before event {pair['version']} still: {pair['error']}" if pair["error"] else "goes on"
        print(f"{pair['stream']} in {pair['projection']} {became}")
    for record in records:
        print(f"{record['id']} {'waits still: ' + record['error'] if record['error'] else 'is taken'}")
    if not found["count"] and not records:
        print("nothing is quarantined")


@quarantine.command()
def discard(
    record: Annotated[str, typer.Argument(metavar="RECORD", help="The record, as `list` tells it.")],
    data: Data = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Give a record up and erase what it holds: for one that will never be right. There is no way back.

    \b
    Examples:
      syncstate quarantine show kinesis:orders:shardId-000000000000:49590:0 --json > kept.json
      syncstate quarantine discard kinesis:orders:shardId-000000000000:49590:0
    """  # noqa: D301
    with connected(settings_with(data=data)) as api:
        found = api.post(f"/api/dead-letters/{in_path(record)}/discard", {})
    print(json.dumps(found) if as_json else f"{record} is discarded")
