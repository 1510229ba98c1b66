"""GET /api/explain/{sku}: the ledger in words."""

import msgspec
from fastapi import APIRouter, Response

from processor.clock import Instant
from projections.broadcasts.words import amazon
from projections.inventory.queries import Entry
from projections.inventory.words import summary
from stock.identities import Sku
from web.answers import Answer, lean, sent
from web.api.ledger import BalanceAfter, balance_after
from web.callers import Reader
from web.paging import After, FewLimit
from web.problems import ANSWERS
from web.services import Services, Use
from web.skus import SkuPath, SkuQuery, named, unknown

router = APIRouter(prefix="/api/explain", tags=["ledger"], responses=ANSWERS)


class Sentence(Answer):
    """One event in words (`text`), and the quantities it left."""

    version: int
    at: Instant
    text: str
    after: BalanceAfter


class ExplainAnswer(Answer):
    """Why a SKU has the quantities it has: in short (`summary`), and event by event, oldest first.

    `summary` is of the ledger up to `version`, whatever `after` and `limit` leave out of `events`. Its sum begins with
    the newest count; where more than 1,000 events have followed that, with what was left by an earlier event, which it
    names. `nextAfter` is the `after` of the next page, null at the end.
    """

    sku: str
    version: int
    summary: str
    events: tuple[Sentence, ...]
    next_after: int | None


_sentence, _explanation = lean(Sentence), lean(ExplainAnswer)


@router.get("", response_model=ExplainAnswer)
def explain_of(services: Use, caller: Reader, sku: SkuQuery, after: After = 0, limit: FewLimit = 100) -> Response:
    """Explain the SKU that `sku` names."""
    return _explained(services, caller.tenant, named(sku), after, limit)


@router.get("/{sku:path}", response_model=ExplainAnswer)
def explain(services: Use, caller: Reader, sku: SkuPath, after: After = 0, limit: FewLimit = 100) -> Response:
    """Explain why the SKU has the quantities it has."""
    return _explained(services, caller.tenant, named(sku), after, limit)


def _explained(services: Services, tenant: str, name: Sku, after: int, limit: int) -> Response:
    found = services.inventory.explained(tenant, name, after, limit)
    if not found.now.version:
        raise unknown(name)
    last = found.events[-1][0].event.version if found.events else found.now.version
    told = amazon(services.broadcasts.one(tenant, name))
    explanation = _explanation(
        sku=name,
        version=found.now.version,
        summary=" ".join([*summary(name, found.now, found.told), told]),
        events=[_told(entry, text) for entry, text in found.events],
        next_after=last if last < found.now.version else None,
    )
    return sent(explanation)


def _told(entry: Entry, text: str) -> msgspec.Struct:
    event = entry.event
    return _sentence(version=event.version, at=event.recorded_at, text=text, after=balance_after(entry.after))
