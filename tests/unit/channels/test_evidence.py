"""What explains that a channel shows less than it was told."""

import pytest

from channels.attempts import Attempts, Delivery, doubt_all
from channels.evidence import Evidences, OrdersRead
from channels.explaining import NOTHING_ELSE, Evidence
from processor.adapters.memory import MemoryStore
from processor.clock import Instant
from processor.log import Append
from projections.broadcasts.documents import Listing
from stock.events import SaleCancelled, SaleRecorded, StockEvent
from stock.identities import sku, sku_stream
from tests.factories import MORNING, NOON, stated

A = sku("A")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def evidence(store: MemoryStore, listing: Listing | None) -> Evidence:
    return Evidences(store.log, OrdersRead(store.registers, "amazon"), "amazon").of("acme", A, listing)


def recorded(store: MemoryStore, tx: str, happened: StockEvent) -> None:
    store.log.append([Append(sku_stream("acme", A), (stated(happened, tx=tx),))])


def test_orders_are_read_ever_further(store: MemoryStore) -> None:
    orders = OrdersRead(store.registers, "amazon")
    assert orders.until("acme") is None
    orders.advance("acme", NOON)
    orders.advance("acme", MORNING)
    assert (orders.until("acme"), orders.until("other")) == (NOON, None)
    assert OrdersRead(store.registers, "shopify").until("acme") is None


def test_an_older_copy_does_not_know_how_far_orders_were_read(store: MemoryStore) -> None:
    orders, attempts = OrdersRead(store.registers, "amazon"), Attempts(store.registers, "amazon")
    orders.advance("acme", NOON)
    attempts.write(attempts.entry("acme", A), Delivery(1, "A", 5, 1, 1, MORNING, "accepted"))
    assert doubt_all(store.registers) == 1
    assert orders.until("acme") is None
    assert list(attempts.doubtful("acme")) == [A]
    orders.advance("acme", MORNING)
    assert orders.until("acme") == MORNING


def test_the_channels_own_sales_since_the_quantity_was_computed_count(store: MemoryStore) -> None:
    recorded(store, "amazon:line:0:9", SaleRecorded(9))
    recorded(store, "amazon:line:1:2", SaleRecorded(2))
    recorded(store, "shopify:line:1:4", SaleRecorded(4))
    recorded(store, "amazon:line:2:1", SaleRecorded(1))
    recorded(store, "amazon:line:2:off", SaleCancelled(1))
    seen = Listing("A", accepted=10, observed=7, known=True, cause=1)
    assert evidence(store, seen) == Evidence(3), "one that was cancelled is not offered again by itself"


def test_what_is_missing_is_counted_from_where_it_was_missed(store: MemoryStore) -> None:
    for number in range(3):
        recorded(store, f"amazon:line:{number}:1", SaleRecorded(1))
    OrdersRead(store.registers, "amazon").advance("acme", NOON)
    limited = Listing("A", accepted=8, observed=9, cause=2, limit=9, limit_at=MORNING, missing=1, missing_since=1)
    assert evidence(store, limited) == Evidence(2, orders_read=Instant(NOON))


@pytest.mark.parametrize(
    "listing",
    [
        None,
        Listing("A"),
        Listing("A", accepted=5),
        Listing("A", accepted=5, observed=5, known=True),
        Listing("A", accepted=5, observed=9, known=True),
    ],
)
def test_where_nothing_is_missing_nothing_is_read(store: MemoryStore, listing: Listing | None) -> None:
    recorded(store, "amazon:line:1:2", SaleRecorded(2))
    assert evidence(store, listing) is NOTHING_ELSE
