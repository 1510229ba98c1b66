"""syncstate sync questions, change and units: what an operator decides of a shop that keeps a count of its own."""

import json
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from syncstate.cli.connection import connected
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.printing import table
from syncstate.cli.skus import text

Named = Annotated[str, typer.Argument(metavar="SKU", help="The SKU.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The number, as `sync questions` shows it.")]


def questions(data: Data = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's form of a flag
    """Show what is to be decided of Shopify's count: changes in doubt, units that nothing explains.

    \b
    Examples:
      syncstate sync questions
      syncstate sync questions --json | jq '.skus[].units'
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    found: list[dict[str, Any]] = []
    with connected(settings_with(data=data)) as api:
        page = api.get("/api/sync/questions?limit=1000")
        found += page["skus"]
        while page["nextCursor"] is not None:
            page = api.get("/api/sync/questions?" + urlencode({"limit": 1000, "cursor": page["nextCursor"]}))
            found += page["skus"]
    if as_json:
        print(json.dumps({"count": len(found), "skus": found}))
    elif not found:
        print("nothing is to be decided")
    else:
        table(("sku", "number", "what", "units"), [row for one in found for row in _rows(one)])


def change(
    sku: Named,
    number: Number,
    made: Annotated[bool, typer.Option("--made/--not-made", help="Whether the shop made it.")],
    data: Data = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Say whether the shop made a change whose outcome nobody knows: --made or --not-made.

    Shopify's own history of the item tells. What was not made is owed again, and sent under a new key.

    \b
    Examples:
      syncstate sync change TSHIRT-RED-M 4 --made
      syncstate sync change TSHIRT-RED-M 4 --not-made
    """  # noqa: D301
    _ask("/api/sync/changes", {"sku": text(sku), "number": number, "made": made}, data, as_json=as_json)


def units(
    sku: Named,
    number: Number,
    adopt: Annotated[bool, typer.Option("--adopt/--reject", help="Stock, or to be taken back from the shop.")],
    data: Data = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Decide about units at the shop that nothing explains: --adopt or --reject.

    \b
    Examples:
      syncstate sync units TSHIRT-RED-M 1 --adopt
      syncstate sync units TSHIRT-RED-M 1 --reject
    """  # noqa: D301
    _ask("/api/sync/units", {"sku": text(sku), "number": number, "adopt": adopt}, data, as_json=as_json)


def _ask(path: str, body: dict[str, object], data: Data, *, as_json: bool) -> None:
    with connected(settings_with(data=data)) as api:
        done = api.post(path, body)
    print(json.dumps(done) if as_json else done["message"])


def _rows(one: dict[str, Any]) -> list[tuple[str, int, str, str]]:
    rows = [(one["sku"], told["number"], "change in doubt", f"{told['delta']:+}") for told in one["changes"]]
    units = one["units"]
    asked = [(one["sku"], units["number"], "units unexplained", f"{units['difference']:+}")] if units else []
    return rows + asked
