"""The simple payload: `{orderId?, items: [{sku, quantity}]}`, what a script or a till can send without a signature."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Annotated
from uuid import uuid4

from pydantic import Field

from ingest.operators.fields import Level, SkuText, up_to
from ingest.outcome import Item, Refused, Taken
from ingest.prepared import Prepared
from ingest.reading import OptionalId, Payload, read
from processor.clock import Clock
from processor.events import Event
from processor.log import Append
from processor.receipts import FactRecorder, Receipt
from stock.events import SaleRecorded, StockAdjusted
from stock.facts import fact
from stock.identities import Sku, sku_stream

MAX_ITEMS = 1000
OPENING = "init-"
"""An `orderId` that begins so, in small letters, brings opening stock: its quantities are added, not sold."""

SOURCE = "api"


class SimpleItem(Payload):
    """So many units of one SKU; 0 is accepted and stores nothing."""

    sku: SkuText
    quantity: Level


class SimpleOrder(Payload):
    """An order, or opening stock. The same SKU may come several times: each is a line of its own."""

    order: OptionalId = Field(default=None, alias="orderId")
    items: Annotated[tuple[SimpleItem, ...], up_to(MAX_ITEMS, "items")]


class SimpleDoor:
    """Takes simple payloads."""

    def __init__(self, recorder: FactRecorder, clock: Clock, new_id: Callable[[], str] = lambda: uuid4().hex) -> None:
        """Take `new_id`: names a request that brings no `orderId`, so that each such request is a new fact."""
        self._recorder, self._clock, self._new_id = recorder, clock, new_id

    def receive(self, tenant: str, body: bytes) -> Taken | Refused:
        """Record `tenant`'s order in `body`. One invalid line refuses it whole.

        Raises Retryable where the store failed.
        """
        prepared = self.prepare(tenant, body)
        return prepared.recorded(self._recorder) if isinstance(prepared, Prepared) else prepared

    def prepare(self, tenant: str, body: bytes) -> Prepared[Taken] | Taken | Refused:
        """Read `tenant`'s order in `body`, and return what to record; where there is nothing, the outcome."""
        order = read(SimpleOrder, body)
        if isinstance(order, Refused):
            return order
        tx = order.order or self._new_id()
        sold = [(item, nth) for item, nth in _occurrences(order.items) if item.quantity]
        appends = [Append(sku_stream(tenant, item.sku), (self._event(order, tx, item, nth),)) for item, nth in sold]

        def finish(receipts: Sequence[Receipt]) -> Taken:
            left = iter(receipts)
            items = [Item(item.sku, item.quantity, (next(left),) if item.quantity else ()) for item in order.items]
            return Taken(tenant, tx, tuple(items))

        return Prepared(appends, None, finish) if appends else finish(())

    def _event(self, order: SimpleOrder, tx: str, item: SimpleItem, nth: int) -> Event:
        happened: StockAdjusted | SaleRecorded
        if order.order is not None and order.order.startswith(OPENING):
            happened = StockAdjusted(delta=item.quantity, reason="opening")
        else:
            happened = SaleRecorded(item.quantity, order=order.order)
        return fact(happened, tx=f"simple:{tx}:{nth}", at=self._clock(), source=SOURCE, correlation=tx)


def _occurrences(items: tuple[SimpleItem, ...]) -> list[tuple[SimpleItem, int]]:
    """Pair each item with its number among those of its SKU, from 1: a line's identity within the order."""
    seen: Counter[Sku] = Counter()
    numbered = []
    for item in items:
        seen[item.sku] += 1
        numbered.append((item, seen[item.sku]))
    return numbered
