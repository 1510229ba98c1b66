"""What a rebuild left behind is deleted, and only that."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from processor.adapters.memory import MemoryStore
from processor.engine import Engine
from processor.models import Model
from projections import PROJECTIONS
from stock.codec import decode
from stock.events import StockCounted
from syncstate.retiring import Retiring, retire
from tests.stores import FixedClock
from tests.unit.web.telling import of, tell

STREAM = of("A")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def engine(store: MemoryStore) -> Iterator[Engine]:
    engine = Engine(store, PROJECTIONS, decode, watch="inventory")
    tell(engine, STREAM, StockCounted(7))
    yield engine
    engine.close()


def rebuilt(store: MemoryStore) -> tuple[Engine, FixedClock]:
    """An engine under a clock of its own that has rebuilt inventory."""
    clock = FixedClock("2126-11-20T10:00:00.000000Z")
    engine = Engine(store, PROJECTIONS, decode, watch="inventory", clock=clock)
    for _ in engine.rebuild.run("inventory", lambda _: _later(clock)):
        pass
    return engine, clock


def _later(clock: FixedClock) -> None:
    clock.advance(timedelta(seconds=10))


def test_nothing_is_deleted_where_nothing_was_rebuilt(engine: Engine, store: MemoryStore) -> None:
    assert list(retire(engine)) == []
    assert store.models.load(Model("inventory", 1), [STREAM])


@pytest.mark.usefixtures("engine")
def test_the_generation_before_is_deleted_once_nobody_reads_it(store: MemoryStore) -> None:
    newer, clock = rebuilt(store)
    assert list(retire(newer)) == []
    _later(clock)
    assert list(retire(newer)) == [Model("inventory", 1)]
    assert store.models.load(Model("inventory", 1), [STREAM]) == {}
    assert store.models.load(Model("inventory", 2), [STREAM])
    assert list(retire(newer)) == []
    newer.close()


@pytest.mark.usefixtures("engine")
def test_a_server_deletes_it_behind_its_work_and_stops_at_once(store: MemoryStore) -> None:
    newer, clock = rebuilt(store)
    _later(clock)
    retiring = Retiring(newer, first=0.0, every=60.0)
    retiring.start()
    deadline = time.monotonic() + 10
    while store.models.load(Model("inventory", 1), [STREAM]) and time.monotonic() < deadline:
        time.sleep(0.01)
    retiring.stop()
    assert store.models.load(Model("inventory", 1), [STREAM]) == {}
    newer.close()
