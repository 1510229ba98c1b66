"""syncstate alerts: what a person should know."""

import json
from typing import Annotated, Any
from urllib.parse import quote

import typer

from stock.dispositions import Severity
from syncstate.cli.connection import Api, connected
from syncstate.cli.failures import Failure
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.printing import table

_PAGE = 1000


def alerts(  # noqa: PLR0913 - each is an option
    *,
    unread: Annotated[bool, typer.Option("--unread", help="Those that nobody has marked as read.")] = False,
    severity: Annotated[
        Severity | None, typer.Option("--severity", metavar="LEVEL", help="info|warning|critical")
    ] = None,
    sku: Annotated[str | None, typer.Option("--sku", metavar="SKU", help="Those about one SKU.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many of the newest at most.")] = 100,
    read: Annotated[str | None, typer.Option("--read", metavar="ID", help="Mark this one as read, and end.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show alerts, newest first, or mark one as read.

    \b
    Examples:
      syncstate alerts --unread
      syncstate alerts --severity critical --json | jq '.alerts[].sku'
      syncstate alerts --sku TSHIRT-RED-M
      syncstate alerts --read stock_low.6.VFNISVJULVJFRC1N
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    if unread and severity is not None:
        raise Failure("choose one of --unread and --severity", 2)
    with connected(settings_with(data=data)) as api:
        if read is not None:
            told = api.post(f"/api/alerts/{quote(read, safe='', errors='replace')}/read", {})
            print(json.dumps(told) if as_json else f"{told['alertId']}: {told['message']}")
            return
        where = "/unread" if unread else f"/severity/{severity}" if severity else ""
        found, more = _gathered(api, f"/api/alerts{where}", {} if sku is None else {"sku": sku}, limit)
    if as_json:
        print(json.dumps({"count": len(found), "more": more, "alerts": found}))
        return
    if not found:
        print("no alerts")
        return
    table(("when", "severity", "SKU", "what", "read", "id"), [_row(alert) for alert in found])
    if more:
        print(f"the newest {len(found):,}; --limit shows more")


def _gathered(api: Api, path: str, asked: dict[str, str | int], limit: int) -> tuple[list[dict[str, Any]], bool]:
    """Return up to `limit` alerts, and whether there are more."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None and len(found) < limit:
        page = api.get(
            path, {**asked, "limit": min(_PAGE, limit - len(found)), **({"cursor": cursor} if cursor else {})}
        )
        found += page["alerts"]
        cursor = page["nextCursor"]
    return found, cursor is not None


def _row(alert: dict[str, Any]) -> tuple[str, ...]:
    when = alert["timestamp"][:19].replace("T", " ")
    read = "yes" if alert["read"] else "no"
    return when, alert["severity"], alert["sku"] or "-", alert["message"], read, alert["id"]
