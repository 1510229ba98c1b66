"""syncstate events: the ledger of one SKU."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from syncstate.cli.connection import Api, connected
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.skus import SkuArgument, in_path

_PAGE = 1000


def events(
    sku: SkuArgument,
    data: Data = None,
    after: Annotated[int, typer.Option(min=0, help="Begin after this version.")] = 0,
    as_json: AsJson = False,  # noqa: FBT002 - typer's form of a flag
) -> None:
    """Show everything that ever happened to a SKU, with the balance after each event.

    Works beside a running server and without one.

    \b
    Examples:
      syncstate events TSHIRT-RED-M
      syncstate events "MUG/BLUE 11oz" --data data/demo
      syncstate events TSHIRT-RED-M --json | jq '.[-1].after.physical'
    """  # noqa: D301
    with connected(settings_with(data=data)) as api:
        if as_json:
            print(json.dumps(list(_ledger(api, sku, after))))
            return
        for entry in _ledger(api, sku, after):
            print(_line(entry))


def _ledger(api: Api, sku: str, after: int) -> Iterator[dict[str, Any]]:
    position: int | None = after
    path = f"/api/events/{in_path(sku)}"
    while position is not None:
        page = api.get(path, {"after": position, "limit": _PAGE})
        yield from page["events"]
        position = page["nextAfter"]


def _line(entry: dict[str, Any]) -> str:
    what = " ".join(f"{name}={value}" for name, value in entry["data"].items() if value is not None)
    after = entry["after"]
    left = f"{after['physical']} left" if after["counted"] else "not counted yet"
    oversold = f", {after['oversold']} oversold" if after["oversold"] else ""
    when = entry["recordedAt"][:19].replace("T", " ")
    return f"{entry['version']:>5}  {when}  {entry['type']:<22} {what:<44} {left}{oversold}, {after['broadcast']} shown"
