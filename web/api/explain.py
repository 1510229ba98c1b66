"""GET /api/explain/{sku}: the ledger in words."""

from fastapi import APIRouter

from processor.clock import Instant
from projections.broadcasts.words import amazon
from projections.inventory.queries import Entry
from projections.inventory.words import summary
from stock.identities import Sku
from web.answers import Answer
from web.api.ledger import BalanceAfter
from web.callers import Reader
from web.paging import After, Limit
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

    `summary` is of the whole ledger up to `version`, whatever `after` and `limit` leave out of `events`; `nextAfter`
    is the `after` of the next page, null at the end.
    """

    sku: str
    version: int
    summary: str
    events: tuple[Sentence, ...]
    next_after: int | None


@router.get("")
def explain_of(services: Use, caller: Reader, sku: SkuQuery, after: After = 0, limit: Limit = 100) -> ExplainAnswer:
    """Explain the SKU that `sku` names."""
    return _explained(services, caller.tenant, named(sku), after, limit)


@router.get("/{sku:path}")
def explain(services: Use, caller: Reader, sku: SkuPath, after: After = 0, limit: Limit = 100) -> ExplainAnswer:
    """Explain why the SKU has the quantities it has. Its cost grows with the length of the ledger."""
    return _explained(services, caller.tenant, named(sku), after, limit)


def _explained(services: Services, tenant: str, name: Sku, after: int, limit: int) -> ExplainAnswer:
    found = services.inventory.explained(tenant, name, after, limit)
    if not found.now.version:
        raise unknown(name)
    last = found.events[-1][0].event.version if found.events else found.now.version
    told = amazon(services.broadcasts.one(tenant, name))
    return ExplainAnswer(
        sku=name,
        version=found.now.version,
        summary=" ".join([*summary(name, found.now, found.told), told]),
        events=tuple(_sentence(entry, text) for entry, text in found.events),
        next_after=last if last < found.now.version else None,
    )


def _sentence(entry: Entry, text: str) -> Sentence:
    after = BalanceAfter.model_validate(entry.after)
    return Sentence(version=entry.event.version, at=entry.event.recorded_at, text=text, after=after)
