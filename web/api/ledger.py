"""GET /api/events/{sku}: everything that ever happened to a SKU, with the balance after each event."""

from itertools import islice
from typing import Any

import msgspec
from fastapi import APIRouter, Response

from processor.clock import Instant
from projections.inventory.queries import Entry
from stock.identities import Sku
from web.answers import Answer, copied, lean, sent
from web.callers import Reader
from web.paging import After, Limit
from web.problems import ANSWERS
from web.services import Services, Use
from web.skus import SkuPath, SkuQuery, named, unknown

router = APIRouter(prefix="/api/events", tags=["ledger"], responses=ANSWERS)


class BalanceAfter(Answer):
    """The quantities right after an event."""

    physical: int
    buffer: int
    broadcast: int
    oversold: int
    counted: bool


class LedgerEntry(Answer):
    """One event: what happened (`type`, `data`), by whose word (`source`, `tx`), and what it left (`after`)."""

    version: int
    type: str
    data: dict[str, Any]
    tx: str
    source: str
    occurred_at: Instant
    recorded_at: Instant
    after: BalanceAfter


class LedgerAnswer(Answer):
    """A page of the ledger, oldest first; `nextAfter` is the `after` of the next page, null at the end."""

    sku: str
    events: tuple[LedgerEntry, ...]
    next_after: int | None


balance_after = copied(BalanceAfter)
_entry, _ledger = lean(LedgerEntry), lean(LedgerAnswer)


@router.get("", response_model=LedgerAnswer)
def get_ledger_of(services: Use, caller: Reader, sku: SkuQuery, after: After = 0, limit: Limit = 100) -> Response:
    """Return the events of the SKU that `sku` names, from version `after` + 1 on."""
    return _page(services, caller.tenant, named(sku), after, limit)


@router.get("/{sku:path}", response_model=LedgerAnswer)
def get_ledger(services: Use, caller: Reader, sku: SkuPath, after: After = 0, limit: Limit = 100) -> Response:
    """Return the SKU's events from version `after` + 1 on."""
    return _page(services, caller.tenant, named(sku), after, limit)


def _page(services: Services, tenant: str, name: Sku, after: int, limit: int) -> Response:
    entries = services.inventory.ledger(tenant, name, after, limit + 1)
    page = list(islice(entries, limit))
    more = next(entries, None) is not None
    if not page and services.inventory.one(tenant, name) is None:
        raise unknown(name)
    return sent(_ledger(sku=name, events=[*map(_told, page)], next_after=page[-1].event.version if more else None))


def _told(entry: Entry) -> msgspec.Struct:
    event = entry.event
    return _entry(
        version=event.version,
        type=event.type,
        data=entry.fact,
        tx=event.tx_id,
        source=event.source,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        after=balance_after(entry.after),
    )
