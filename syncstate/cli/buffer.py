"""syncstate buffer and threshold: what is held back, and when stock is low."""

from typing import Annotated

import typer

from stock.identities import MAX_QUANTITY
from syncstate.cli.connection import connected
from syncstate.cli.failures import Failure
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.quantities import show
from syncstate.cli.skus import SkuArgument, in_path

_NEVER = "none"


def buffer(
    sku: SkuArgument,
    units: Annotated[
        int | None, typer.Argument(metavar="[N]", min=0, max=MAX_QUANTITY, help="Units to hold back.")
    ] = None,
    *,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show how many units are held back from every channel, or set it.

    \b
    Examples:
      syncstate buffer TSHIRT-RED-M
      syncstate buffer TSHIRT-RED-M 5
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    with connected(settings_with(data=data)) as api:
        path = f"/api/buffer/{in_path(sku)}"
        show(api.get(path) if units is None else api.post(path, {"bufferQty": units}), as_json=as_json)


def threshold(
    sku: SkuArgument,
    units: Annotated[
        str | None, typer.Argument(metavar="[N|none]", help="At or below so many units stock is low; none: never.")
    ] = None,
    *,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show when a SKU's stock is low, or set it: an alert is raised when stock gets there.

    \b
    Examples:
      syncstate threshold TSHIRT-RED-M
      syncstate threshold TSHIRT-RED-M 10
      syncstate threshold TSHIRT-RED-M none
    """  # noqa: D301
    asked = None if units is None else {"threshold": _level(units)}
    with connected(settings_with(data=data)) as api:
        path = f"/api/threshold/{in_path(sku)}"
        show(api.get(path) if asked is None else api.post(path, asked), as_json=as_json)


def _level(text: str) -> int | None:
    if text.casefold() == _NEVER:
        return None
    if text.isascii() and text.isdecimal() and int(text) <= MAX_QUANTITY:
        return int(text)
    raise Failure(f"a threshold is 0 to {MAX_QUANTITY:,} units, or {_NEVER}", 2)
