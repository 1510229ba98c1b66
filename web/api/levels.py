"""What a SKU's settings, its buffer and its threshold, leave for channels."""

from typing import Annotated

from fastapi import Query

from projections.inventory.documents import Numbers
from stock.identities import Sku
from web.answers import Answer
from web.services import Services

Asked = Annotated[str | None, Query(description="the SKU")]
"""A route's parameter: the SKU, where it is not in the path."""


class LevelsAnswer(Answer):
    """A SKU's quantities. `lastBroadcast` is the newest that Amazon took, null before the first.

    Where what was set is durable but not counted yet, `pending` is true and the others are null.
    """

    sku: str
    physical: int | None
    buffer: int | None
    broadcast: int | None
    last_broadcast: int | None
    message: str
    pending: bool = False


def levels(services: Services, tenant: str, sku: Sku, after: Numbers | None, message: str) -> LevelsAnswer:
    """Return the quantities `after` (None: they are not known yet)."""
    row = services.broadcasts.one(tenant, sku)
    amazon = row.channels.get("amazon") if row else None
    return LevelsAnswer(
        sku=sku,
        physical=after and after.physical,
        buffer=after and after.buffer,
        broadcast=after and after.broadcast,
        last_broadcast=amazon and amazon.accepted,
        message=message if after else f"kept for {sku}; it will be counted in a moment",
        pending=after is None,
    )
