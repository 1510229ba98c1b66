"""syncstate events: the ledger of one SKU."""

import json
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from syncstate.cli.connection import Api, connected
from syncstate.cli.failures import Failure
from syncstate.cli.options import AsJson, Data, settings_with

_PAGE = 1000


def events(
    sku: Annotated[str, typer.Argument(metavar="SKU", help="The SKU, as it is spelled in the shop.")],
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
      syncstate events TSHIRT-RED-M --json | jq .after.physical
    """  # noqa: D301
    with connected(settings_with(data=data)) as api:
        for entry in _ledger(api, sku, after):
            print(json.dumps(entry) if as_json else _line(entry))


def _ledger(api: Api, sku: str, after: int) -> Iterator[dict[str, Any]]:
    position: int | None = after
    path = f"/api/events/{_in_path(sku)}"
    while position is not None:
        page = api.get(path, {"after": position, "limit": _PAGE})
        yield from page["events"]
        position = page["nextAfter"]


def _in_path(sku: str) -> str:
    """Escape all that is special in a path, dots too: the SKU `..` is no way up. Raises Failure for what is no text."""
    try:
        return quote(sku, safe="").replace(".", "%2E")
    except UnicodeEncodeError as error:
        raise Failure("the SKU is not text in UTF-8", 2) from error


def _line(entry: dict[str, Any]) -> str:
    what = " ".join(f"{name}={value}" for name, value in entry["data"].items() if value is not None)
    after = entry["after"]
    left = f"{after['physical']} left" if after["counted"] else "not counted yet"
    oversold = f", {after['oversold']} oversold" if after["oversold"] else ""
    when = entry["recordedAt"][:19].replace("T", " ")
    return f"{entry['version']:>5}  {when}  {entry['type']:<22} {what:<44} {left}{oversold}, {after['broadcast']} shown"
