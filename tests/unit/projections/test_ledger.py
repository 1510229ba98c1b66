"""A long ledger: every page holds the balances that a fold from the first event gives, without folding from there."""

from collections.abc import Iterator
from contextlib import closing
from itertools import chain, cycle, islice

import pytest

from processor.adapters.memory import MemoryStore
from processor.engine import Engine
from processor.events import Recorded
from processor.log import Append
from processor.models import Model
from processor.streams import StreamId
from projections import PROJECTIONS
from projections.inventory.documents import EVERY, balance_id, numbers
from projections.inventory.fold import InventoryProjection
from projections.inventory.queries import SUMMED, Entry, InventoryQueries
from stock.codec import decode
from stock.dispositions import Disposition
from stock.events import BufferSet, ReturnReceived, SaleRecorded, StockAdjusted, StockCounted, StockEvent
from stock.identities import sku, sku_stream
from tests.factories import NASTY_KEYS, stated

A = sku("A")
EVENTS = SUMMED + 2 * EVERY + 7
FACTS: tuple[StockEvent, ...] = (
    SaleRecorded(3, "o1"),
    ReturnReceived(1, "merchant", Disposition.CUSTOMER_DAMAGED),
    StockAdjusted(1, "found"),
    ReturnReceived(1, "merchant", Disposition.SELLABLE),
    BufferSet(4),
    SaleRecorded(1, "o2"),
    BufferSet(2),
)


class Counting:
    """A log that counts the events it hands out."""

    def __init__(self, store: MemoryStore) -> None:
        self._log, self.read_ = store.log, 0
        self.heads = store.log.heads

    def read(self, stream: StreamId, after: int = 0, limit: int | None = None) -> Iterator[Recorded]:
        for event in self._log.read(stream, after, limit):
            self.read_ += 1
            yield event


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def engine(store: MemoryStore) -> Iterator[Engine]:
    with closing(Engine(store, PROJECTIONS, decode, watch="inventory")) as engine:
        yield engine


@pytest.fixture
def queries(store: MemoryStore, engine: Engine) -> InventoryQueries:
    return InventoryQueries(store.models, store.log, lambda: engine.live("inventory"))


def append(store: MemoryStore, *, counted_at: int | None = None, key: str = A, events: int = EVENTS) -> list[Entry]:
    """Append a ledger to the log alone and return it as a fold from the first event tells it."""
    happened = list(islice(chain([StockAdjusted(5000, "opening")], cycle(FACTS)), events))
    if counted_at is not None:
        happened[counted_at - 1] = StockCounted(700)
    stream = sku_stream("default", sku(key))
    for first in range(0, events, 1000):
        store.log.append([Append(stream, tuple(map(stated, happened[first : first + 1000])))])
    state, projection, entries = InventoryProjection.initial(), InventoryProjection(), []
    for event in store.log.read(stream):
        fact = decode(event)
        projection.apply(state, event, fact)
        entries.append(Entry(event, fact, numbers(state)))
    return entries


AFTER = (0, 1, EVERY - 1, EVERY, EVERY + 1, 3 * EVERY - 1, 3 * EVERY, EVENTS - 2, EVENTS - 1, EVENTS, EVENTS + 1)


@pytest.mark.parametrize("folded", [True, False])
def test_every_page_is_that_part_of_the_whole(
    store: MemoryStore, engine: Engine, queries: InventoryQueries, *, folded: bool
) -> None:
    whole = append(store)
    if folded:
        engine.sweeper.sweep()
    for after in AFTER:
        assert list(queries.ledger("default", A, after, 3)) == whole[after : after + 3]
        assert list(queries.ledger("default", A, after)) == whole[after:]


def test_a_model_that_is_behind_shows_the_same_pages(
    store: MemoryStore, engine: Engine, queries: InventoryQueries
) -> None:
    append(store, events=2 * EVERY + 5)
    engine.sweeper.sweep()
    whole = append(store, events=4 * EVERY)
    for after in (2 * EVERY + 4, 3 * EVERY - 1, 3 * EVERY, 4 * EVERY + 6):
        assert list(queries.ledger("default", A, after)) == whole[after:]


def test_a_far_page_folds_few_events_and_so_does_its_sum(store: MemoryStore, engine: Engine) -> None:
    append(store)
    engine.sweeper.sweep()
    log = Counting(store)
    queries = InventoryQueries(store.models, log, lambda: engine.live("inventory"))  # type: ignore[arg-type]
    list(queries.ledger("default", A, EVENTS - 10, 10))
    assert log.read_ < EVERY + 10
    queries.explained("default", A, EVENTS - 10, 10)
    assert log.read_ < SUMMED + 4 * EVERY


@pytest.mark.parametrize(
    "key", [*(key for key in NASTY_KEYS if key == key.strip() and len(key) < 200), "\N{GRINNING FACE}" * 199]
)
def test_the_balances_of_every_sku_are_its_own(
    store: MemoryStore, engine: Engine, queries: InventoryQueries, key: str
) -> None:
    whole, _ = append(store, key=key, events=EVERY + 2), append(store, key=f"{key}~", events=EVERY + 2)
    engine.sweeper.sweep()
    assert list(queries.ledger("default", sku(key), EVERY)) == whole[EVERY:]
    assert store.models.get(Model("inventory", 1), "default", [balance_id(key, EVERY)])


def test_a_name_that_is_too_long_for_an_id_is_hashed() -> None:
    assert len(balance_id("x" * 1000, 10**12)) < 100
    assert balance_id("x" * 1000, 1) != balance_id("x" * 999 + "y", 1)


@pytest.mark.parametrize("counted_at", [None, 100, EVENTS - 10])
def test_the_sum_of_a_long_ledger_comes_to_what_is_on_hand(
    store: MemoryStore, engine: Engine, queries: InventoryQueries, counted_at: int | None
) -> None:
    whole = append(store, counted_at=counted_at)
    engine.sweeper.sweep()
    found = queries.explained("default", A)
    assert numbers(found.now) == whole[-1].after
    assert sum(term.units for term in found.told.terms) == found.now.on_hand
    first = str(found.told.terms[0])
    start = whole[2 * EVERY - 1]
    left = f"{start.after.physical} left by event {start.event.version} on {start.event.recorded_at[:10]}"
    assert first == (left if counted_at != EVENTS - 10 else f"700 counted on {start.event.recorded_at[:10]}")


def test_sentences_of_a_far_page_tell_what_changed(
    store: MemoryStore, engine: Engine, queries: InventoryQueries
) -> None:
    whole = append(store, counted_at=3 * EVERY + 1)
    engine.sweeper.sweep()
    expected = whole[3 * EVERY - 1].after.physical
    [(entry, text)] = queries.explained("default", A, 3 * EVERY, 1).events
    assert (entry, text) == (
        whole[3 * EVERY],
        f"700 counted, {expected} were expected: 700 on the shelf, {entry.after.broadcast} to show.",
    )
