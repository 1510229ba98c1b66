"""syncstate explain: why a SKU has the quantities it has."""

import json
from typing import Annotated, Any

import typer

from syncstate.cli.connection import Api, connected
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.printing import table
from syncstate.cli.skus import SkuArgument, in_path

_PAGE = 250


def explain(
    sku: SkuArgument,
    *,
    limit: Annotated[int, typer.Option("--limit", min=0, help="So many of the newest events at most.")] = 20,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Tell in words why a SKU has the quantities it has: in short, then its newest events.

    \b
    Examples:
      syncstate explain TSHIRT-RED-M
      syncstate explain TSHIRT-RED-M --limit 0
      syncstate explain "MUG/BLUE 11oz" --limit 1000 --json
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    with connected(settings_with(data=data)) as api:
        found = _explained(api, sku, limit)
    if as_json:
        print(json.dumps(found))
        return
    print(found["summary"])
    if found["events"]:
        print()
        table(("version", "when", "what happened", "left", "shown"), [_row(event) for event in found["events"]])
    if found["events"] and found["events"][0]["version"] > 1:
        print(f"the newest {len(found['events']):,} of {found['version']:,}; --limit shows more")


def _explained(api: Api, sku: str, limit: int) -> dict[str, Any]:
    """Return the explanation with the newest `limit` events, oldest first."""
    path = f"/api/explain/{in_path(sku)}"
    found = api.get(path, {"limit": 1})
    position: int | None = max(0, found["version"] - limit)
    found["events"] = []
    while position is not None and limit:
        page = api.get(path, {"after": position, "limit": _PAGE})
        found["events"] += page["events"]
        position = page["nextAfter"]
    return {name: found[name] for name in ("sku", "version", "summary", "events")}


def _row(event: dict[str, Any]) -> tuple[int | str, ...]:
    after = event["after"]
    when = event["at"][:19].replace("T", " ")
    return event["version"], when, event["text"], after["physical"] - after["oversold"], after["broadcast"]
