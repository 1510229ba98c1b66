"""GET /api/inventory: how many units there are."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from processor.clock import Instant
from projections.inventory.documents import Inventory
from projections.returns.documents import ReturnEntry
from stock.identities import Sku
from web.answers import Answer, copied, lean, sent
from web.callers import Reader
from web.paging import Cursor, Limit, cursor, position
from web.problems import ANSWERS
from web.services import Services, Use
from web.skus import OneSku, SkuPath, named, unknown

router = APIRouter(prefix="/api/inventory", tags=["inventory"], responses=ANSWERS)

RETURNS_SHOWN = 20


class Stock(Answer):
    """A SKU's quantities, in units.

    `physical` is on the shelf, `buffer` held back, `broadcast` what channels show, `oversold` sold beyond stock. A
    SKU that was never `counted` nor opened reads as zeros.
    """

    physical: int
    buffer: int
    broadcast: int
    oversold: int
    counted: bool
    version: int
    updated_at: Instant


class Levels(Stock):
    """The same with what is not for sale, and the threshold at which stock is low."""

    threshold: int | None
    quarantined: int
    disposed: int
    on_review: int
    fba: int


class Return(Answer):
    """Units that came back, and what became of them."""

    quantity: int
    pool: str
    disposition: str
    decision: str
    order: str | None
    reason: str | None
    recorded_at: Instant


class SkuAnswer(Levels):
    """One SKU in full. `lastBroadcast` is the newest quantity that Amazon took, null before the first."""

    sku: str
    last_broadcast: int | None
    last_broadcast_at: Instant | None
    returns: tuple[Return, ...]
    queue_size: int


class ListingAnswer(Answer):
    """A page of SKUs in their order; `nextCursor` continues it, null at the end.

    `totalSkus` is exact up to 1,000 SKUs; above that it is the count at the time of the request before, or newer.
    """

    total_skus: int
    inventory: dict[str, Stock]
    next_cursor: str | None


_stock, _listing = copied(Stock), lean(ListingAnswer)


@router.get("", response_model=ListingAnswer | SkuAnswer)
def list_inventory(
    services: Use,
    caller: Reader,
    sku: OneSku = None,
    cursor_: Annotated[Cursor, Query(alias="cursor")] = None,
    limit: Limit = 100,
) -> Response | SkuAnswer:
    """Return all SKUs, a page at a time, or the one that `sku` names."""
    if sku is not None:
        return _one(services, caller.tenant, named(sku))
    entries, after = services.inventory.listing(caller.tenant, position(cursor_), limit)
    whole = cursor_ is None and after is None
    total = len(entries) if whole else services.skus(caller.tenant)
    told = {name: _stock(found) for name, found in entries}
    return sent(_listing(total_skus=total, inventory=told, next_cursor=cursor(after)))


@router.get("/{sku:path}")
def get_inventory(services: Use, caller: Reader, sku: SkuPath) -> SkuAnswer:
    """Return one SKU."""
    return _one(services, caller.tenant, named(sku))


def _one(services: Services, tenant: str, name: Sku) -> SkuAnswer:
    found: Inventory | None = services.inventory.one(tenant, name)
    if found is None:
        raise unknown(name)
    entries: list[ReturnEntry] = services.returns.page(tenant, name, limit=RETURNS_SHOWN)[0]
    row = services.broadcasts.one(tenant, name)
    amazon = row.channels.get("amazon") if row else None
    return SkuAnswer(
        **Levels.model_validate(found).model_dump(by_alias=False),
        sku=name,
        last_broadcast=amazon and amazon.accepted,
        last_broadcast_at=amazon and amazon.accepted_at,
        returns=tuple(Return.model_validate(entry) for entry in entries),
        queue_size=services.engine.recorder.queued,
    )
