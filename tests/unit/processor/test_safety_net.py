"""The sweeper and the recorder keep going, whatever one stream, one tenant or one caller does."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from threading import Event as Signal

import pytest

from processor.adapters.memory import MemoryStore
from processor.engine import Engine
from processor.errors import Outdated, StoreUnavailable, TooNew
from processor.events import Event, Recorded
from processor.log import Append, Appended, Duplicate, Outcome
from processor.models import Commit
from processor.receipts import Receipt
from processor.rung import Rung
from processor.streams import StreamId
from projections import PROJECTIONS, InventoryProjection
from projections.inventory.documents import Inventory
from stock.codec import decode
from stock.events import SaleRecorded
from stock.facts import fact
from tests.factories import MORNING, a_sale, a_stream, unique


def sale(tx: str | None = None) -> Event:
    return fact(SaleRecorded(1), tx=tx or unique("tx"), at=MORNING, source="test")


def reads(event: Recorded) -> object:
    """A codec of a release that does not know some events yet."""
    if event.source == "newer":
        raise TooNew(event.type, 9, 1)
    return decode(event)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def engine(store: MemoryStore) -> Iterator[Engine]:
    built = Engine(store, PROJECTIONS, reads, watch="inventory")
    yield built
    built.close()


def position(engine: Engine, stream: StreamId) -> int:
    row = engine.store.models.load(engine.live("inventory"), [stream]).get(stream)
    return row.positions.get(stream, 0) if row else 0


def append(store: MemoryStore, stream: StreamId, events: int = 1) -> None:
    store.log.append([Append(stream, tuple(sale() for _ in range(events)))])


def test_streams_that_wait_for_a_newer_release_do_not_starve_the_others(engine: Engine, store: MemoryStore) -> None:
    newer = fact(SaleRecorded(1), tx="n", at=MORNING, source="newer")
    for number in range(1000):
        store.log.append([Append(a_stream(key=f"A{number:04}"), (newer,))])
    healthy = a_stream(key="Z")
    append(store, healthy)
    engine.sweeper.sweep()
    engine.sweeper.sweep()
    assert position(engine, healthy) == 1


def test_a_long_backlog_delays_another_tenant_by_one_page_at_most(store: MemoryStore) -> None:
    seen: list[int] = []
    backlog, other = a_stream("aaa", key="X"), a_stream("bbb", key="X")

    def note(_: Rung) -> None:
        if position(built, other) and not seen:
            seen.append(position(built, backlog))

    built = Engine(store, (InventoryProjection(),), decode, watch="inventory", on_rung=note)
    append(store, backlog, 5000)
    append(store, other)
    built.sweeper.sweep()
    built.close()
    assert seen[0] <= 1000
    assert position(built, backlog) == 5000


class Unwritable(InventoryProjection):
    """Cannot be stored for one SKU."""

    def keys(self, key: StreamId, state: Inventory) -> tuple[()]:
        if key.key == "BAD":
            raise RuntimeError("no")
        return super().keys(key, state)  # type: ignore[return-value]

    indexes = ("any",)


def test_a_stream_that_breaks_its_ring_does_not_take_the_others_with_it(store: MemoryStore) -> None:
    engine = Engine(store, (Unwritable(),), decode, watch="inventory")
    healthy = [a_stream(key=key) for key in ("A", "Z")]
    for stream in (healthy[0], a_stream(key="BAD"), healthy[1]):
        append(store, stream)
    engine.sweeper.sweep()
    engine.close()
    assert [position(engine, stream) for stream in healthy] == [1, 1]


def test_a_store_that_is_down_ends_the_sweep_at_once(engine: Engine, store: MemoryStore) -> None:
    for number in range(50):
        append(store, a_stream(key=f"A{number}"))
    tries: list[int] = []

    def down(commits: Sequence[Commit]) -> list[bool]:
        tries.append(len(commits))
        raise StoreUnavailable("commit", "down")

    store.models.commit = down  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        engine.sweeper.sweep()
    assert len(tries) < 10


def test_a_request_that_is_cancelled_in_the_queue_leaves_the_lane_alive(engine: Engine, store: MemoryStore) -> None:
    entered, go = Signal(), Signal()
    appending = store.log.append

    def slow(appends: Sequence[Append]) -> list[Outcome]:
        entered.set()
        assert go.wait(10)
        return appending(appends)

    store.log.append = slow  # type: ignore[method-assign]
    stream = a_stream()
    first = engine.recorder.submit([Append(stream, (sale(),))])
    assert entered.wait(10)
    second: Future[list[Receipt]] = engine.recorder.submit([Append(stream, (sale(),))])
    assert second.cancel()
    go.set()
    assert isinstance(first.result(10)[0].outcome, Appended)
    (receipt,) = engine.recorder.submit([Append(stream, (sale(),))]).result(10)
    assert isinstance(receipt.outcome, Appended)
    assert receipt.outcome.version == 2


def test_a_fact_whose_first_answer_was_lost_is_folded_when_it_is_repeated(engine: Engine, store: MemoryStore) -> None:
    stream, event = a_stream(), sale("once")
    store.log.append([Append(stream, (event,))])
    (receipt,) = engine.recorder.record([Append(stream, (event,))])
    assert receipt.outcome == Duplicate(1)
    assert position(engine, stream) == 1


class LaterInventory(InventoryProjection):
    """The same fold under the number of a later release."""

    schema = InventoryProjection.schema + 1


def test_a_model_of_another_release_is_not_read_until_it_is_rebuilt(engine: Engine, store: MemoryStore) -> None:
    stream = a_stream()
    engine.recorder.record([Append(stream, (a_sale(),))])
    newer = Engine(store, (LaterInventory(),), decode, watch="inventory")
    with pytest.raises(Outdated, match=f"schema {InventoryProjection.schema}"):
        newer.live("inventory")
    assert newer.rebuild.outdated() == ["inventory"]
    for _ in newer.rebuild.run("inventory", lambda _: _tick(newer)):
        pass
    assert newer.rebuild.outdated() == []
    assert position(newer, stream) == 1
    newer.close()


def _tick(engine: Engine) -> None:
    """Let the leases of pointers run out at once."""
    engine.rebuild._clock = lambda: MORNING.replace("2026", "2099")  # type: ignore[assignment,return-value]  # noqa: SLF001
