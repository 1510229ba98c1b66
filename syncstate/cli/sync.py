"""syncstate sync and channel: how channels stand, and what an operator does about them."""

import json
from typing import Annotated, Any

import typer

from stock.events import ModeName
from stock.identities import Channel
from syncstate.cli.connection import connected
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.printing import table
from syncstate.cli.skus import text

sync = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="See how channels stand; pause, resume, look now.")
channel = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Set how far a channel is trusted.")

Which = Annotated[Channel, typer.Option("--channel", help="Which channel.")]
OneSku = Annotated[str | None, typer.Option("--sku", metavar="SKU", help="This SKU alone.")]


@sync.command()
def status(data: Data = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's form of a flag
    """Show each channel: its mode, whether it is paused, what is due, how far the walk over its listings is.

    \b
    Examples:
      syncstate sync status
      syncstate sync status --json | jq '.channels[] | {channel, mode, paused}'
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    with connected(settings_with(data=data)) as api:
        found = api.get("/api/sync")
    if as_json:
        print(json.dumps(found))
    elif not found["channels"]:
        print("no channel is connected: settings connect a seller, see docs/reference/configuration.md")
    else:
        columns = ("channel", "seller", "mode", "sends", "due", "awaited", "listings looked at")
        table(columns, [_row(one) for one in found["channels"]])
        for one in found["channels"]:
            if one["paused"]:
                print(f"{one['channel']} is paused since {_minute(one['pausedAt'])}: {_reason(one)}")


@sync.command()
def pause(which: Which = "amazon", data: Data = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Send nothing to a channel until it is resumed. What it shows is still read and compared.

    \b
    Examples:
      syncstate sync pause
      syncstate sync pause --channel amazon --json
    """  # noqa: D301
    _ask("/api/sync/pause", {"channel": which}, data, as_json=as_json)


@sync.command()
def resume(
    which: Which = "amazon",
    sku: OneSku = None,
    yes: Annotated[  # noqa: FBT002
        bool, typer.Option("--yes", help="Yes, those listings are to become zero.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Send to a channel again what is due; with --sku, tell it again of one SKU that was stopped.

    A channel that was paused because too many listings were about to become zero needs --yes.

    \b
    Examples:
      syncstate sync resume
      syncstate sync resume --yes
      syncstate sync resume --sku TSHIRT-RED-M
    """  # noqa: D301
    _ask("/api/sync/resume", {"channel": which, "confirm": yes, **_of(sku)}, data, as_json=as_json)


@sync.command()
def reconcile(
    which: Which = "amazon",
    sku: OneSku = None,
    data: Data = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Look now at what every listing shows, or at one SKU's. The server looks; see `syncstate sync status`.

    \b
    Examples:
      syncstate sync reconcile
      syncstate sync reconcile --sku TSHIRT-RED-M
    """  # noqa: D301
    _ask("/api/sync/reconcile", {"channel": which, **_of(sku)}, data, as_json=as_json)


@channel.command("set")
def set_(
    name: Annotated[Channel, typer.Argument(metavar="NAME", help="amazon or shopify")],
    mode: Annotated[ModeName, typer.Argument(metavar="MODE", help="off, observe or live")],
    data: Data = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Set how far a channel is trusted: off, observe (read and compare, send nothing) or live.

    It is durable; a running server honours it within two seconds.

    \b
    Examples:
      syncstate channel set amazon observe
      syncstate channel set amazon live
    """  # noqa: D301
    _ask(f"/api/channels/{name}", {"mode": mode}, data, as_json=as_json)


def _ask(path: str, body: dict[str, object], data: Data, *, as_json: bool) -> None:
    with connected(settings_with(data=data)) as api:
        done = api.post(path, body)
    print(json.dumps(done) if as_json else done["message"])


def _of(sku: str | None) -> dict[str, object]:
    return {} if sku is None else {"sku": text(sku)}


def _row(one: dict[str, Any]) -> tuple[str | int | None, ...]:
    sends = "paused" if one["paused"] else "yes" if one["sends"] else "no"
    return one["channel"], one["seller"], one["mode"], sends, one["due"], one["awaited"], _walk(one["walk"])


def _walk(walk: dict[str, Any] | None) -> str:
    if walk is None:
        return "none yet"
    if walk["ended"] is not None:
        return f"{walk['looked']} until {_minute(walk['ended'])}, {walk['differed']} differed"
    return f"{walk['looked']} since {_minute(walk['began'])}, {walk['differed']} differed"


def _reason(one: dict[str, Any]) -> str:
    if one["pauseReason"] == "operator":
        return "an operator said so; `syncstate sync resume` goes on"
    zeroed = f"{one['zeroed']} of {one['listings']} listings were about to become zero"
    return f"{zeroed}; `syncstate sync resume --yes` lets them"


def _minute(at: str) -> str:
    return at[:16].replace("T", " ")
