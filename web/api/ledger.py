"""GET /api/events/{sku}: everything that ever happened to a SKU, with the balance after each event."""

from itertools import islice
from typing import Any

import msgspec
from fastapi import APIRouter

from processor.clock import Instant
from projections.inventory.queries import Entry
from stock.identities import Sku
from web.answers import Answer
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


@router.get("")
def get_ledger_of(services: Use, caller: Reader, sku: SkuQuery, after: After = 0, limit: Limit = 100) -> LedgerAnswer:
    """Return the events of the SKU that `sku` names, from version `after` + 1 on."""
    return _ledger(services, caller.tenant, named(sku), after, limit)


@router.get("/{sku:path}")
def get_ledger(services: Use, caller: Reader, sku: SkuPath, after: After = 0, limit: Limit = 100) -> LedgerAnswer:
    """Return the SKU's events from version `after` + 1 on."""
    return _ledger(services, caller.tenant, named(sku), after, limit)


def _ledger(services: Services, tenant: str, name: Sku, after: int, limit: int) -> LedgerAnswer:
    entries = services.inventory.ledger(tenant, name, after, limit + 1)
    page = tuple(map(_entry, islice(entries, limit)))
    more = next(entries, None) is not None
    if not page and services.inventory.one(tenant, name) is None:
        raise unknown(name)
    return LedgerAnswer(sku=name, events=page, next_after=page[-1].version if more else None)


def _entry(entry: Entry) -> LedgerEntry:
    event = entry.event
    return LedgerEntry(
        version=event.version,
        type=event.type,
        data=msgspec.to_builtins(entry.fact),
        tx=event.tx_id,
        source=event.source,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        after=BalanceAfter.model_validate(entry.after),
    )
