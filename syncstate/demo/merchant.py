"""The demo's merchant: eight SKUs with opening stock, buffers, thresholds and Amazon listings."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from processor.clock import Clock
from processor.log import Append
from processor.recorder import Recorder
from projections.inventory.documents import Numbers
from stock.events import BufferSet, ListingMapped, LowStockThresholdSet, StockAdjusted, StockEvent
from stock.facts import fact
from stock.identities import Sku, sku_stream

SOURCE = "demo"


@dataclass(frozen=True)
class Good:
    """One SKU as the demo begins it; `asin` None where it is not sold on Amazon."""

    sku: Sku
    opening: int
    buffer: int
    threshold: int
    asin: str | None


GOODS = (
    Good(Sku("TSHIRT-RED-M"), 60, 5, 10, "B0DEMO0001"),
    Good(Sku("TSHIRT-RED-L"), 45, 5, 10, "B0DEMO0002"),
    Good(Sku("HOODIE-NAVY"), 25, 2, 5, "B0DEMO0003"),
    Good(Sku("MUG-BLUE"), 80, 10, 15, "B0DEMO0004"),
    Good(Sku("POSTER A2/MATT"), 30, 0, 5, "B0DEMO0005"),
    Good(Sku("CAP-BLACK"), 12, 2, 6, "B0DEMO0006"),
    Good(Sku("SOCKS-3PACK"), 150, 20, 30, "B0DEMO0007"),
    Good(Sku("GIFT-WRAP"), 500, 0, 50, None),
)


def seed(recorder: Recorder, tenant: str, clock: Clock) -> None:
    """Record the merchant's beginning. Repeated on the same data it changes nothing: the facts keep their keys."""
    for good in GOODS:
        stream, at = sku_stream(tenant, good.sku), clock()
        facts = (fact(began, tx=f"demo:{type(began).__name__}", at=at, source=SOURCE) for began in _beginning(good))
        recorder.record([Append(stream, tuple(facts))])


def _beginning(good: Good) -> Iterator[StockEvent]:
    yield StockAdjusted(delta=good.opening, reason="opening")
    yield BufferSet(good.buffer)
    yield LowStockThresholdSet(good.threshold)
    if good.asin is not None:
        yield ListingMapped(channel="amazon", listing=good.sku, asin=good.asin)


def restock(recorder: Recorder, tenant: str, clock: Clock, good: Good) -> Numbers | None:
    """Record a delivery of the opening quantity; return what there is then, None where it is not known yet."""
    arrived = fact(
        StockAdjusted(delta=good.opening, reason="transfer"), tx=f"demo:{uuid4().hex}", at=clock(), source=SOURCE
    )
    [receipt] = recorder.record([Append(sku_stream(tenant, good.sku), (arrived,))])
    return receipt.after if isinstance(receipt.after, Numbers) else None
