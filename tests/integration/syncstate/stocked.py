"""A store with a little of everything: sales, returns, alerts read and unread, listings told, an order."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from channels.attempts import Attempts, Delivery
from processor.adapters.sql import SqlStore
from processor.clock import Instant
from processor.engine import Engine
from processor.log import Append
from processor.store import Store
from processor.streams import StreamId
from projections import PROJECTIONS
from projections.alerts.documents import alert_id
from stock.codec import decode
from stock.dispositions import Disposition
from stock.events import (
    AlertAcknowledged,
    BroadcastAccepted,
    BufferSet,
    ListingMapped,
    LowStockThresholdSet,
    OrderLine,
    OrderSeen,
    ReturnReceived,
    SaleRecorded,
    StockAdjusted,
    StockEvent,
)
from stock.facts import fact
from stock.identities import channel_stream, order_stream, sku, sku_stream

AT = Instant("2026-11-20T10:00:00.000000Z")
SHIRT, MUG = sku_stream("default", sku("SHIRT")), sku_stream("other", sku("MUG/BLUE 11oz"))
TOLD = channel_stream("default", "amazon", sku("SHIRT"))
ORDER = order_stream("default", "shopify", "4501")
EVENTS = 18


def stock(store: Store) -> None:
    """Record EVENTS events in four streams, and fold them into every model."""
    with closing(engine_on(store)) as engine:
        happened: Sequence[StockEvent] = (
            StockAdjusted(delta=10, reason="opening"),
            BufferSet(2),
            LowStockThresholdSet(3),
            ListingMapped(channel="amazon", listing="SHIRT", asin="B0DEMO0001"),
            SaleRecorded(quantity=8, order="o1"),
            ReturnReceived(quantity=1, pool="merchant", disposition=Disposition.CUSTOMER_DAMAGED, order="o1"),
            SaleRecorded(quantity=4, order="o2"),
            AlertAcknowledged(alert_id(SHIRT, 5, "stock_low")),
        )
        record(engine, SHIRT, happened)
        record(engine, MUG, [StockAdjusted(delta=n, reason="opening") for n in range(1, 7)])
        record(engine, TOLD, [BroadcastAccepted(n, 8 - n, 1, "SHIRT") for n in (1, 2, 3)])
        record(engine, ORDER, [OrderSeen((OrderLine("1", 2, "SHIRT"),))])
        attempts = Attempts(store.registers, "amazon")
        entry = attempts.entry("default", sku("SHIRT"))
        attempts.write(entry, Delivery(3, "SHIRT", 5, 1, 1, AT, "accepted"))
        engine.sweeper.sweep()


def engine_on(store: Store) -> Engine:
    return Engine(store, PROJECTIONS, decode, watch="inventory")


def record(engine: Engine, stream: StreamId, happened: Sequence[StockEvent]) -> None:
    events = tuple(fact(one, tx=f"t{n}", at=AT, source="test") for n, one in enumerate(happened, 1))
    engine.recorder.record([Append(stream, events)])


def stocked_file(path: Path) -> Path:
    with closing(SqlStore.sqlite(path)) as store:
        stock(store)
    return path
