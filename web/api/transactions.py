"""GET /api/transactions/{tx}: what became of an order, a return, or any fact that a client named."""

from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Response

from processor.clock import Instant
from processor.streams import legible
from stock.codec import Fact
from stock.events import (
    BufferSet,
    ListingMapped,
    ListingUnmapped,
    LowStockThresholdSet,
    ReturnReceived,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
)
from web.answers import Answer, lean, sent
from web.callers import Reader
from web.problems import ANSWERS, Problem, invalid
from web.services import Services, Use
from web.transactions import MAX_FACTS, Found, Status, Transaction

router = APIRouter(prefix="/api/transactions", tags=["transactions"], responses=ANSWERS)

_ACTIONS: dict[type[Fact], str] = {
    SaleRecorded: "sale",
    SaleCancelled: "cancellation",
    ReturnReceived: "return",
    StockAdjusted: "adjustment",
    StockCounted: "count",
    BufferSet: "buffer",
    LowStockThresholdSet: "threshold",
    ListingMapped: "mapping",
    ListingUnmapped: "unmapping",
}
MAX_CHARS = 500
_QUANTITIES = ("quantity", "delta", "count", "buffer", "threshold")


class FactAnswer(Answer):
    """One fact: of which SKU, where in its ledger, with all that was told (`data`).

    `quantity` is in units: sold or returned, by how much stock was adjusted, or what a count or a buffer was set to.
    """

    sku: str
    version: int
    action: str
    quantity: int | None
    tx: str
    timestamp: Instant
    data: dict[str, Any]


class TransactionAnswer(Answer):
    """What became of a transaction.

    `action` is that of its first fact: `sale`, `cancellation`, `return`, `adjustment`, `count`, `buffer`, `threshold`,
    `mapping`, `unmapping`; `order` for a shop's order that changed no stock, `other` for anything else. `status` is
    `recorded` once it is durable; where it is a sale of a SKU that is mapped to Amazon it is `completed` once Amazon
    took a quantity that counts it, and `pending` before. `facts` are the first 100, `truncated` tells of more.
    """

    tx: str
    action: str
    status: Status
    timestamp: Instant
    source: str
    facts: tuple[FactAnswer, ...]
    truncated: bool


_told, _transaction = lean(FactAnswer), lean(TransactionAnswer)


@router.get("", response_model=TransactionAnswer)
def get_transaction_of(
    services: Use,
    caller: Reader,
    tx: Annotated[str, Query(description="the transaction, where the path cannot hold it")],
) -> Response:
    """Return the transaction that `tx` names."""
    return _answer(services, caller.tenant, tx)


@router.get("/{tx:path}", response_model=TransactionAnswer)
def get_transaction(
    services: Use, caller: Reader, tx: Annotated[str, Path(description="the transaction, percent-encoded")]
) -> Response:
    """Return the transaction: by an `orderId`, a client's `tx`, a shop's order, or a fact's own.

    A shop's order is `shopify:4501` or `amazon:123-1234567-1234567`.
    """
    return _answer(services, caller.tenant, tx)


def _answer(services: Services, tenant: str, tx: str) -> Response:
    name = tx.strip()
    if not name or len(name) > MAX_CHARS or not legible(name):
        raise invalid("tx", ValueError(f"a tx is 1 to {MAX_CHARS} printable characters"))
    found = services.transactions.find(tenant, name)
    if found is None:
        message = f"nothing was recorded under {name[:200]}"
        hint = "it is the orderId or the tx that was sent, or shopify: or amazon: and the id of an order there"
        raise Problem(HTTPStatus.NOT_FOUND, "unknown_tx", message, field="tx", hint=hint)
    transaction = _transaction(
        tx=name,
        action=_action(found),
        status=services.transactions.status(found),
        timestamp=(found.seen or found.facts)[0].event.recorded_at,
        source=(found.seen or found.facts)[0].event.source,
        facts=[*map(_fact, found.facts)],
        truncated=len(found.facts) >= MAX_FACTS,
    )
    return sent(transaction)


def _action(found: Transaction) -> str:
    return _ACTIONS.get(type(found.facts[0].fact), "other") if found.facts else "order"


def _fact(found: Found) -> msgspec.Struct:
    event, data = found.event, msgspec.to_builtins(found.fact)
    stated = next((data[name] for name in _QUANTITIES if isinstance(data.get(name), int)), None)
    return _told(
        sku=event.stream.key,
        version=event.version,
        action=_ACTIONS.get(type(found.fact), "other"),
        quantity=stated,
        tx=event.tx_id,
        timestamp=event.recorded_at,
        data=data,
    )
