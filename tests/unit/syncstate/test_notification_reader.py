"""Reading Amazon's queue: what leaves it is durable, what breaks is kept, and a stop leaves nothing hidden."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from ingest.amazon.door import Heard
from processor.adapters.memory.queues import MemoryQueue
from processor.engine import Engine
from processor.errors import StoreUnavailable
from processor.queues import Message
from projections import PROJECTIONS
from stock.codec import decode
from syncstate import notifications
from syncstate.notifications import POISON_AFTER, Consumed, Reader, Taker
from tests.payloads.amazon import a_quantity_change, an_item, an_order_change, by_sns, encoded
from tests.unit.ingest.amazon import NOW, a_door, letters_of, on_hand
from tests.unit.ingest.conftest import TENANT
from tests.unit.ingest.flaky import FlakyStore
from tests.unit.ingest.test_amazon_orders import shelve

ORDERS = [
    an_order_change(an_item(f"i-{n}", quantity=1), order=f"{n:03d}-1234567-1234567", id_=str(n)) for n in range(12)
]


@pytest.fixture
def store() -> FlakyStore:
    return FlakyStore()


@pytest.fixture
def engine(store: FlakyStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr("processor.recorder.INLINE_SECONDS", 60.0)
    monkeypatch.setattr(notifications, "TROUBLED", timedelta())
    engine = Engine(store, PROJECTIONS, decode, watch="inventory", clock=NOW)
    shelve(engine, "SHIRT")
    yield engine
    engine.close()


@pytest.fixture
def queue() -> MemoryQueue:
    return MemoryQueue()


def a_reader(engine: Engine, queue: MemoryQueue) -> Reader:
    return Reader(queue, Taker(a_door(engine), TENANT), wait=timedelta())


def emptied(reader: Reader) -> Consumed:
    return reader.run(once=True, told=lambda _: None)


def test_what_is_there_is_taken_once_and_leaves_the_queue(engine: Engine, queue: MemoryQueue) -> None:
    told = [*ORDERS, ORDERS[0], by_sns(ORDERS[1]), an_order_change(by="AFN"), {"hello": 1}]
    queue.send([encoded(one) for one in told])
    assert emptied(a_reader(engine, queue)) == Consumed(16, 12, 2, 1, 1)
    assert (len(queue), on_hand(engine, "SHIRT")) == (0, 88)
    assert [letter.place.shard for letter in letters_of(engine).waiting(TENANT)] == ["queue"]


@pytest.mark.parametrize("fate", ["lost", "unanswered"])
def test_what_the_store_does_not_take_stays_in_the_queue(
    engine: Engine, store: FlakyStore, queue: MemoryQueue, fate: Any
) -> None:
    queue.send([encoded(one) for one in ORDERS[:3]])
    store.log.meet(["works", "works", fate])
    first = emptied(a_reader(engine, queue))
    assert (first.messages, first.waits is not None, len(queue)) == (1, True, 2)
    assert emptied(a_reader(engine, queue)).waits is None
    assert (len(queue), on_hand(engine, "SHIRT")) == (0, 97)


def test_what_breaks_the_program_comes_again_and_is_kept_in_the_end(
    engine: Engine, queue: MemoryQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Heard:
        raise ZeroDivisionError("by nought")

    queue.send([encoded(ORDERS[0])])
    door = a_door(engine)
    monkeypatch.setattr(door, "take", broken)
    reader = Reader(queue, Taker(door, TENANT), wait=timedelta())
    consumed = emptied(reader)
    assert (consumed.quarantined, len(queue)) == (1, 0)
    [letter] = letters_of(engine).waiting(TENANT)
    assert letter.error == "ZeroDivisionError: by nought"
    assert a_door(engine).redrive(letter) is None
    assert on_hand(engine, "SHIRT") == 99


def test_what_broke_and_is_left_is_told(engine: Engine, queue: MemoryQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Heard:
        raise ZeroDivisionError

    monkeypatch.setattr(notifications, "TROUBLED", timedelta(minutes=1))
    queue.send([encoded(ORDERS[0]), encoded({"hello": 1})])
    door = a_door(engine)
    monkeypatch.setattr(door, "take", broken)
    consumed = emptied(Reader(queue, Taker(door, TENANT), wait=timedelta()))
    assert (consumed.messages, len(queue)) == (0, 2)
    assert consumed.waits == "a message broke the program and comes again: see the log"
    assert POISON_AFTER > 1


def test_a_stop_ends_after_the_message_under_way_and_shows_the_others_again(engine: Engine, queue: MemoryQueue) -> None:
    queue.send([encoded(one) for one in ORDERS[:5]])
    door = a_door(engine)
    reader: Reader

    class Stopping(Taker):
        def take(self, body: bytes, deliveries: int) -> Heard | None:
            reader.stop()
            return super().take(body, deliveries)

    reader = Reader(queue, Stopping(door, TENANT), wait=timedelta())
    assert reader.run(once=False, told=lambda _: None).messages == 1
    assert [message.deliveries for message in queue.receive()] == [2, 2, 2, 2]


def test_what_takes_long_is_hidden_for_longer(
    engine: Engine, queue: MemoryQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(0, 1000, 6))
    monkeypatch.setattr(notifications, "monotonic", lambda: float(next(seconds)))
    hidden: list[int] = []
    hide = queue.hide

    def noted(messages: Sequence[Message], during: timedelta) -> None:
        hidden.append(len(messages))
        assert during == notifications.HELD
        hide(messages, during)

    monkeypatch.setattr(queue, "hide", noted)
    queue.send([encoded(one) for one in ORDERS[:6]])
    assert emptied(a_reader(engine, queue)).messages == 6
    assert hidden == [5, 3, 1]


def test_a_queue_that_is_not_there_ends_it_at_once(engine: Engine) -> None:
    class Nowhere(MemoryQueue):
        def receive(self, most: int = 10, wait: timedelta = timedelta()) -> list[Message]:
            raise StoreUnavailable(f"receive {most} messages in {wait}", "the queue does not exist")

    for once in (True, False):
        reader = a_reader(engine, Nowhere())
        assert "does not exist" in (reader.run(once=once, told=lambda _: None).waits or "")


def test_a_queue_that_fails_later_is_asked_again(engine: Engine, queue: MemoryQueue) -> None:
    receive: Callable[..., list[Message]] = queue.receive
    fails = iter([False, True, False])
    reader: Reader

    def moody(*given: Any, **named: Any) -> list[Message]:
        if next(fails, None):
            raise StoreUnavailable("receive messages", "for a moment")
        return receive(*given, **named)

    def told(consumed: Consumed) -> None:
        if consumed.messages == 2:
            reader.stop()
        else:
            queue.send([encoded(a_quantity_change())])

    queue.receive = moody  # type: ignore[method-assign]
    queue.send([encoded(ORDERS[0])])
    reader = a_reader(engine, queue)
    assert reader.run(once=False, told=told).messages == 2
    assert len(queue) == 0
