"""Facts that waited in a queue: whatever is redelivered, lost or delivered late, each counts once."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.latecomers import Arrival, Latecomers
from ingest.operators.door import FactDoor
from ingest.outcome import Outcome, Taken
from processor.adapters.memory.queues import MemoryQueue
from processor.buffering import Buffering
from processor.clock import system_clock
from processor.engine import Engine
from processor.errors import Contended, Retryable, StoreUnavailable
from processor.events import Event
from processor.letters import facts_in
from processor.log import Append, Duplicate
from processor.queues import Message
from processor.receipts import Buffered
from projections import PROJECTIONS
from projections.broadcasts.queries import BroadcastQueries
from stock.codec import decode
from stock.events import ReviewRequested, SaleRecorded
from stock.waiting import may_wait
from tests.payloads import a_line, a_refund_body, a_refund_line, an_order_body, shopify_headers
from tests.unit.ingest.conftest import TENANT, a_shopify_door
from tests.unit.ingest.flaky import Fate, FlakyStore
from tests.unit.ingest.stock_of import facts_of, reviews_of, snapshots_of

_AT_ONCE = timedelta(microseconds=1)


class Shop:
    """An engine whose busy log lets facts wait, the queue, and who takes them out of it."""

    def __init__(self, store: FlakyStore, engine: Engine, queue: MemoryQueue) -> None:
        self.store, self.engine, self.queue = store, engine, queue
        self.door = a_shopify_door(engine)
        self.rung: list[object] = []
        self.latecomers = Latecomers(store.log, self.rung.extend)

    def deliver(self, body: bytes, *coming: Fate, topic: str = "orders/create") -> Outcome | None:
        """Deliver as the HTTP route does: the short way, then the long one. None where it must come again."""
        self.store.log.meet(coming)
        headers = shopify_headers(body, topic=topic)
        try:
            prepared = self.door.prepare(headers, body)
            done = (
                None if prepared is None or isinstance(prepared, Outcome) else prepared.recorded(self.engine.recorder)
            )
            return done or self.door.receive(headers, body)
        except Retryable:
            return None
        finally:
            self.store.log.meet(())

    def absorb(self, *coming: Fate, deleted: bool = True) -> list[Arrival]:
        """Take a batch out of the queue, and delete what is done with: unless that is forgotten."""
        messages = self.queue.receive()
        self.store.log.meet(coming)
        arrivals = self.latecomers.take([facts_in(message.body) for message in messages])
        self.store.log.meet(())
        done: list[Message] = [message for message, one in zip(messages, arrivals, strict=True) if not one.failure]
        if deleted:
            self.queue.delete(done)
        return arrivals

    def sold(self, line: int) -> int:
        found = facts_of(self.engine, f"SKU-{line}")
        return sum(one.quantity for one in found if isinstance(one, SaleRecorded))


@contextmanager
def a_shop(rest: timedelta = timedelta()) -> Iterator[Shop]:
    """Yield a shop; a stream that was busy is left alone for `rest`."""
    store, queue = FlakyStore(), MemoryQueue(_AT_ONCE)
    buffering = Buffering(store.log, queue, may_wait, rest=rest)
    with closing(Engine(store, PROJECTIONS, decode, watch="inventory", append=buffering.append)) as engine:
        yield Shop(store, engine, queue)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with a_shop() as shop:
        yield shop


def body_of(quantities: dict[int, int]) -> bytes:
    return an_order_body(line_items=[a_line(line, f"SKU-{line}", quantity) for line, quantity in quantities.items()])


fates = st.lists(st.sampled_from(["works", "lost", "unanswered", "busy", "half_busy"]), max_size=4)
snapshots = st.dictionaries(st.integers(1, 3), st.integers(0, 4), max_size=3)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("deliver"), snapshots, fates),
        st.tuples(st.sampled_from(["absorb", "absorb and forget"]), st.just({}), fates),
    ),
    min_size=1,
    max_size=12,
)


@given(steps, st.sampled_from([timedelta(), timedelta(hours=1)]), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_once_all_is_acknowledged_and_the_queue_is_empty_each_line_has_sold_its_largest_quantity(
    plan: Sequence[tuple[str, dict[int, int], list[Fate]]], rest: timedelta, order: Random
) -> None:
    with a_shop(rest) as shop:
        told: list[dict[int, int]] = []
        unacknowledged: list[dict[int, int]] = []
        for step, snapshot, coming in plan:
            if step == "deliver":
                told.append(snapshot)
                if shop.deliver(body_of(snapshot), *coming) is None:
                    unacknowledged.append(snapshot)
            else:
                shop.absorb(*coming, deleted=step == "absorb")
        order.shuffle(unacknowledged)
        for snapshot in unacknowledged:
            assert shop.deliver(body_of(snapshot)) is not None
        while len(shop.queue):
            shop.absorb()
        for line in (1, 2, 3):
            assert shop.sold(line) == max((snapshot.get(line, 0) for snapshot in told), default=0)
        assert reviews_of(shop.engine, "4501") == []


def test_a_busy_log_s_sales_wait_and_are_acknowledged(shop: Shop) -> None:
    taken = shop.deliver(body_of({1: 2, 2: 1}), "works", "busy")
    assert isinstance(taken, Taken)
    assert [item.status for item in taken.items] == ["buffered", "buffered"]
    assert all(isinstance(receipt.outcome, Buffered) and receipt.pending for i in taken.items for receipt in i.receipts)
    assert len(snapshots_of(shop.engine, "4501")) == 1
    assert (shop.sold(1), len(shop.queue)) == (0, 1)
    assert [arrival.appended for arrival in shop.absorb()] == [2]
    assert (shop.sold(1), shop.sold(2), len(shop.queue)) == (2, 1, 0)


def test_what_a_busy_log_had_taken_already_is_known_when_it_comes_out(shop: Shop) -> None:
    shop.deliver(body_of({1: 2, 2: 1}), "works", "half_busy")
    assert shop.sold(1) == 2
    [arrival] = shop.absorb()
    assert (arrival.appended, arrival.known) == (1, 1)
    assert (shop.sold(1), shop.sold(2)) == (2, 1)


def test_a_redelivery_overtakes_what_waits(shop: Shop) -> None:
    shop.deliver(body_of({1: 2}), "works", "busy")
    shop.deliver(body_of({1: 2}))
    shop.deliver(body_of({1: 3}))
    assert shop.sold(1) == 3
    assert [arrival.known for arrival in shop.absorb()] == [1]
    assert shop.sold(1) == 3


def test_a_gate_never_waits(shop: Shop) -> None:
    assert shop.deliver(body_of({1: 2}), "busy", "busy", "busy") is None
    assert len(shop.queue) == 0
    assert snapshots_of(shop.engine, "4501") == []


def test_a_refund_may_come_before_its_sale(shop: Shop) -> None:
    shop.deliver(an_order_body(a_line(1, "SKU-1", 3)), "works", "busy")
    shop.deliver(a_refund_body(a_refund_line(901, sku="SKU-1")), topic="refunds/create")
    shop.absorb()
    assert [type(found).__name__ for found in facts_of(shop.engine, "SKU-1")] == ["SaleRecorded", "ReturnReceived"]


def test_a_message_that_fails_comes_again_and_its_neighbours_are_done_with(shop: Shop) -> None:
    for line in (1, 2, 3):
        shop.deliver(an_order_body(a_line(line, f"SKU-{line}", 1), id_=4500 + line), "works", "busy")
    arrivals = shop.absorb("lost", "works", "lost")
    assert [arrival.failure is None for arrival in arrivals] == [True, False, True]
    assert [arrival.failure is None for arrival in shop.absorb()] == [True]
    assert [shop.sold(line) for line in (1, 2, 3)] == [1, 1, 1]


def test_a_store_that_is_down_is_not_asked_for_every_stream(shop: Shop) -> None:
    for line in range(1, 9):
        shop.deliver(an_order_body(a_line(line, f"SKU-{line}", 1), id_=4500 + line), "works", "busy")
    asked: list[Fate] = ["lost"] * 4
    arrivals = shop.absorb(*asked)
    assert [isinstance(arrival.failure, StoreUnavailable) for arrival in arrivals] == [True] * 8
    assert [arrival.appended for arrival in shop.absorb()] == [1] * 8


def test_a_conflict_that_nobody_hears_of_asks_a_person_once(shop: Shop) -> None:
    shop.deliver(body_of({1: 2}), "works", "busy")
    shop.deliver(body_of({1: 2}))
    [message] = shop.queue.receive()
    [append] = facts_in(message.body)
    [event] = append.events
    other = Append(append.stream, (_with_digest(event, "another"),))
    for _ in range(2):
        [arrival] = shop.latecomers.take([[other]])
        assert (arrival.conflicts, arrival.failure) == (1, None)
    [review] = reviews_of(shop.engine, "4501")
    assert isinstance(review, ReviewRequested)
    assert (review.reason, review.subject) == ("conflict", "shopify:4501")
    assert "SKU-1" in review.detail
    assert shop.sold(1) == 2


def test_a_conflict_whose_question_fails_comes_again(shop: Shop) -> None:
    shop.deliver(body_of({1: 2}), "works", "busy")
    shop.deliver(body_of({1: 2}))
    [message] = shop.queue.receive()
    [append] = facts_in(message.body)
    other = [[Append(append.stream, (_with_digest(append.events[0], "another"),))]]
    shop.store.log.meet(["works", "lost"])
    [arrival] = shop.latecomers.take(other)
    assert isinstance(arrival.failure, StoreUnavailable)
    assert reviews_of(shop.engine, "4501") == []
    assert shop.latecomers.take(other)[0].failure is None
    assert len(reviews_of(shop.engine, "4501")) == 1


def _with_digest(event: Event, digest: str) -> Event:
    return msgspec.structs.replace(event, digest=digest)


def test_what_a_person_states_never_waits(shop: Shop) -> None:
    store = shop.engine.store
    broadcasts = BroadcastQueries(store.models, lambda: shop.engine.live("broadcasts"))
    door = FactDoor(shop.engine.recorder, store.log, broadcasts, system_clock)
    for kind, body in (
        ("count", b'{"sku":"A","count":5}'),
        ("adjustment", b'{"sku":"A","delta":5,"reason":"found"}'),
        ("buffer", b'{"sku":"A","bufferQty":5}'),
        ("threshold", b'{"sku":"A","threshold":5}'),
    ):
        shop.store.log.meet(["busy"])
        with pytest.raises(Contended):
            door.receive(TENANT, kind, body)  # type: ignore[arg-type]
    shop.store.log.meet(["busy"])
    told = door.receive(TENANT, "return", b'{"sku":"A","quantity":1,"disposition":"SELLABLE","tx":"t"}')
    assert getattr(told, "status", None) == "buffered"
    assert (len(shop.queue), facts_of(shop.engine, "A")) == (1, [])


def test_streams_that_were_appended_to_are_rung(shop: Shop) -> None:
    shop.deliver(body_of({1: 2}), "works", "busy")
    shop.absorb(deleted=False)
    assert [str(stream) for stream in shop.rung] == [f"{TENANT}/sku/SKU-1"]
    shop.absorb()
    assert len(shop.rung) == 1


def test_an_outcome_of_the_log_stays_what_it_is(shop: Shop) -> None:
    shop.deliver(body_of({1: 2}))
    again = shop.deliver(body_of({1: 2}))
    assert isinstance(again, Taken)
    assert isinstance(again.items[0].receipts[0].outcome, Duplicate)


def test_a_stream_that_was_busy_is_left_alone_for_a_while_and_its_neighbours_are_not() -> None:
    with a_shop(timedelta(hours=1)) as shop:
        shop.deliver(an_order_body(a_line(1, "SKU-1", 1), id_=1), "works", "busy")
        shop.deliver(an_order_body(a_line(2, "SKU-1", 1), a_line(3, "SKU-2", 1), id_=2))
        assert (shop.sold(1), shop.sold(2), len(shop.queue)) == (0, 1, 2)
        while len(shop.queue):
            shop.absorb()
        assert (shop.sold(1), shop.sold(2)) == (2, 1)
