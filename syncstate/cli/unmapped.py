"""syncstate unmapped: which order lines wait for a SKU."""

import json
from typing import Annotated, Any

import typer

from syncstate.cli.connection import Api, connected
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.printing import table

_PAGE = 1000
_COLUMNS = ("shop", "order", "line", "variant or listing", "units", "since")


def unmapped(
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many orders at most.")] = 100,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show the order lines that name no known SKU, and wait for one.

    \b
    Examples:
      syncstate unmapped
      syncstate unmapped --json | jq -r '.unmapped[].lines[].variantId' | sort | uniq -c
      syncstate map TSHIRT-RED-M --variant 39072856003
      syncstate map TSHIRT-RED-M --seller-sku TSHIRT-RED-M-AMZ
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    with connected(settings_with(data=data)) as api:
        found, more = _gathered(api, limit)
    if as_json:
        print(json.dumps({"count": len(found), "more": more, "unmapped": found}))
        return
    rows = [_row(order, line) for order in found for line in order["lines"]]
    if not rows:
        print("no line waits")
        return
    table(_COLUMNS, rows)
    if more:
        print(f"{len(found):,} orders; --limit shows more")


def _gathered(api: Api, limit: int) -> tuple[list[dict[str, Any]], bool]:
    """Return up to `limit` orders, and whether there are more."""
    found: list[dict[str, Any]] = []
    asked: dict[str, str | int] = {}
    while True:
        page = api.get("/api/mapping/unmapped", {**asked, "limit": min(_PAGE, limit - len(found))})
        found += page["unmapped"]
        if page["nextCursor"] is None or len(found) >= limit:
            return found, page["nextCursor"] is not None
        asked = {"cursor": page["nextCursor"]}


def _row(order: dict[str, Any], line: dict[str, Any]) -> tuple[str | int | None, ...]:
    since = order["seenAt"][:19].replace("T", " ")
    return (
        order["shop"],
        order["orderId"],
        line["lineId"],
        line["variantId"] or line["listing"],
        line["quantity"],
        since,
    )
