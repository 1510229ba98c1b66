"""syncstate adjust and count: stock is not what was thought."""

from typing import Annotated, get_args

import typer

from stock.events import ReasonCode
from stock.identities import MAX_QUANTITY
from syncstate.cli.connection import connected
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.quantities import change, optional
from syncstate.cli.skus import SkuArgument

Tx = Annotated[
    str | None, typer.Option("--tx", metavar="ID", help="Your own name for this fact: the same again counts once.")
]
Expected = Annotated[
    int | None,
    typer.Option("--expected", min=0, metavar="VERSION", help="Only while the SKU is at this version."),
]
_REASONS = ", ".join(get_args(ReasonCode))


def adjust(  # noqa: PLR0913 - each is an option
    sku: SkuArgument,
    delta: Annotated[
        int, typer.Argument(metavar="DELTA", min=-MAX_QUANTITY, max=MAX_QUANTITY, help="Units more, or less: 5, -3.")
    ],
    *,
    reason: Annotated[ReasonCode, typer.Option("--reason", metavar="R", help=f"One of {_REASONS}.")],
    expected: Expected = None,
    tx: Tx = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Record that stock differs by so many units, and why.

    Exit code 1 where the SKU has moved or the tx was used for another fact: then the present quantities are shown.

    \b
    Examples:
      syncstate adjust TSHIRT-RED-M -3 --reason damage
      syncstate adjust TSHIRT-RED-M 24 --reason found --tx delivery-4711
      syncstate adjust TSHIRT-RED-M -1 --reason loss --json
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    with connected(settings_with(data=data)) as api:
        body = {"sku": sku, "delta": delta, "reason": reason, **optional(expected, tx)}
        change(api, "/api/adjustments", body, as_json=as_json)


def count(  # noqa: PLR0913 - each is an option
    sku: SkuArgument,
    units: Annotated[int, typer.Argument(metavar="N", min=0, max=MAX_QUANTITY, help="The units that were counted.")],
    *,
    expected: Expected = None,
    tx: Tx = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Record a count: so many units are there that are not promised to an order.

    Counting takes time. With --expected, the version that was shown before, a count that orders have overtaken changes
    nothing: exit code 1, and the present quantities are shown.

    \b
    Examples:
      syncstate count TSHIRT-RED-M 42
      syncstate count TSHIRT-RED-M 42 --expected 118
      syncstate count "MUG/BLUE 11oz" 7 --tx stocktake-2026
    """  # noqa: D301
    with connected(settings_with(data=data)) as api:
        body = {"sku": sku, "count": units, **optional(expected, tx)}
        change(api, "/api/adjustments", body, as_json=as_json)
