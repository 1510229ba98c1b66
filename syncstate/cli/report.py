"""syncstate report: how long, how often and by how much a channel showed a wrong number."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from processor.clock import instant
from stock.accuracy import Accuracy, together
from stock.identities import Channel
from syncstate.cli.connection import Api, connected
from syncstate.cli.failures import Failure
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.printing import facts, table
from syncstate.cli.progress import Progress

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_COLUMNS = ("SKU", "times", "too many for", "by at most", "too few for", "by at most", "sellable twice")
_MEASURES = Accuracy.__struct_fields__


def report(  # noqa: PLR0913 - each is an option
    *,
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="So long ago (90m, 24h, 7d, 2w), or an ISO-8601 time.")
    ] = "7d",
    channel: Annotated[Channel, typer.Option("--channel", metavar="NAME", help="amazon|shopify")] = "amazon",
    grace: Annotated[
        int,
        typer.Option(
            "--grace", min=0, max=86_400, help="A number that is right again within so many seconds does not count."
        ),
    ] = 60,
    limit: Annotated[int, typer.Option("--limit", min=0, help="So many of the worst SKUs at most.")] = 20,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Tell how long, how often and by how much a channel showed a wrong number.

    What the channel was seen showing, or took, is compared with what it should have shown, SKU by SKU, as the log
    tells it. It needs no live channel: one that only observes is compared as well.

    \b
    Examples:
      syncstate report --since 7d
      syncstate report --since 2026-11-20 --grace 0
      syncstate report --since 24h --json | jq '.skus[] | select(.sellableTwice > 0)'
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    begin = _moment(since)
    with connected(settings_with(data=data)) as api:
        found = _gathered(api, {"since": begin, "channel": channel, "grace": grace})
    if as_json:
        print(json.dumps(found))
        return
    _tell(found, limit)


def _moment(text: str) -> str:
    """Return an ISO-8601 time; the server reads one that was written out."""
    ago = re.fullmatch(r"(\d{1,6})([mhdw])", text.strip())
    if ago is None:
        if text.strip()[:1].isdecimal() and len(text.strip()) >= len("20261120"):
            return text
        raise Failure(f"--since {text}: so long ago, as 90m, 24h, 7d or 2w, or an ISO-8601 time as 2026-11-20", 2)
    try:
        return instant(datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])}))
    except OverflowError as error:
        raise Failure(f"--since {text}: that is too long ago", 2) from error


def _gathered(api: Api, asked: dict[str, str | int]) -> dict[str, Any]:
    """Return the whole report, page after page, every one up to the same moment."""
    progress = Progress("comparing")
    page = api.get("/api/report", asked)
    found, skus = page, list(page["skus"])
    while page["nextCursor"] is not None:
        progress("SKUs", len(skus))
        page = api.get("/api/report", {**asked, "until": found["until"], "cursor": page["nextCursor"]})
        skus += page["skus"]
    progress.end()
    total = together([Accuracy(*(sku[_camel(name)] for name in _MEASURES)) for sku in skus])
    return {
        "channel": found["channel"],
        "since": found["since"],
        "until": found["until"],
        "graceSeconds": found["graceSeconds"],
        "total": {_camel(name): getattr(total, name) for name in _MEASURES},
        "skus": skus,
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def _tell(found: dict[str, Any], limit: int) -> None:
    total, channel = found["total"], found["channel"].title()
    seen = [sku for sku in found["skus"] if sku["watched"]]
    print(f"{channel}, from {found['since'][:16].replace('T', ' ')} to {found['until'][:16].replace('T', ' ')} UTC")
    if not seen:
        print(f"nothing to compare: {channel} was not seen showing any SKU that is counted and mapped there")
        return
    facts(
        (
            ("SKUs that were seen", len(seen)),
            ("wrong numbers", total["episodes"]),
            ("showed too many for", _long(total["over"])),
            ("showed too few for", _long(total["under"])),
            ("of", _long(total["watched"])),
            ("longest wrong number", _long(total["longest"])),
            ("units sellable twice", total["sellableTwice"]),
        )
    )
    wrong = sorted((sku for sku in seen if sku["episodes"]), key=_worse)
    if wrong and limit:
        print()
        table(_COLUMNS, [_row(sku) for sku in wrong[:limit]])
    if len(wrong) > limit:
        print(f"the worst {limit:,} of {len(wrong):,} SKUs; --limit shows more")


def _worse(sku: dict[str, Any]) -> tuple[float, ...]:
    return -sku["sellableTwice"], -sku["unitSecondsOver"], -sku["over"] - sku["under"]


def _row(sku: dict[str, Any]) -> tuple[str | int, ...]:
    return (
        sku["sku"],
        sku["episodes"],
        _long(sku["over"]),
        sku["greatestOver"],
        _long(sku["under"]),
        sku["greatestUnder"],
        sku["sellableTwice"],
    )


def _long(seconds: float) -> str:
    """Return a time in words, as 2d 3h, 5m 10s or 0s."""
    left, words = round(seconds), []
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        number, left = divmod(left, size)
        if number:
            words.append(f"{number}{unit}")
    return " ".join(words[:2]) or "0s"
