"""Group commit: what one caller sends neither spoils nor delays what others send."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from threading import Event as Signal
from typing import cast

import pytest

from processor.errors import Misuse, StoreUnavailable
from processor.events import Event
from processor.generations import Generations
from processor.log import Append, Appended, Conflict, Duplicate, Stale
from processor.receipts import Receipt
from processor.recorder import Recorder
from processor.rung import Rung
from processor.runner import Runner
from processor.streams import StreamId
from projections import PROJECTIONS
from projections.inventory.documents import Numbers
from stock.codec import decode
from tests.contracts.threads import at_once
from tests.factories import a_count, a_sale, a_stream, an_append
from tests.properties.faults import Fault, FaultyStore, Kind, Trouble
from tests.stores import FixedClock, fresh_store

NO_EVENT = cast(Event, "no event at all")


class Place:
    """A recorder over a store that can be told to fail, with a gate before every append."""

    def __init__(self, kind: str, stack: ExitStack) -> None:
        self.clock = FixedClock()
        self.real = stack.enter_context(fresh_store(kind, self.clock))
        self.trouble = Trouble()
        self.store = FaultyStore(self.real, self.trouble)
        self.gate, self.waiting = Signal(), Signal()
        self.gate.set()
        self.appends: list[list[Append]] = []
        self.most = 10_000
        self.rungs: list[Rung] = []
        append = self.store.log.append

        def gated(appends: list[Append]) -> object:
            self.waiting.set()
            assert self.gate.wait(20)
            self.appends.append(list(appends))
            if len(appends) > self.most:
                raise StoreUnavailable("append", "that is too much for me")
            return append(appends)

        self.store.log.append = gated  # type: ignore[method-assign,assignment]
        generations = Generations(self.store.registers, self.clock)
        self.runner = Runner(self.store.log, self.store.models, generations, PROJECTIONS, decode)
        self.recorder = Recorder(self.store, self.runner, watch="inventory", on_rung=self.rungs.append, lanes=1)
        stack.callback(self.recorder.close)
        stack.callback(self.gate.set)

    def queue_behind_a_commit(self, *submissions: list[Append]) -> list[Callable[[], list[Receipt]]]:
        """Submit while a commit is under way, so that all are taken as one batch; answer how to wait for each."""
        self.gate.clear()
        self.waiting.clear()
        self.recorder.submit([an_append(a_stream(), a_sale())])
        assert self.waiting.wait(20)
        futures = [self.recorder.submit(submission) for submission in submissions]
        self.gate.set()
        return [partial(future.result, 20) for future in futures]

    def log(self, stream: StreamId) -> list[str]:
        return [event.tx_id for event in self.real.log.read(stream)]


@pytest.fixture(params=["memory", "sqlite"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """One store that joins append and fold into one commit, one that does not; no fold is ever late."""
    monkeypatch.setattr("processor.recorder.INLINE_SECONDS", 60.0)
    with ExitStack() as stack:
        yield Place(request.param, stack)


def test_what_queues_during_a_commit_goes_next_as_one_batch(place: Place) -> None:
    streams = [a_stream() for _ in range(5)]
    waits = place.queue_behind_a_commit(*([an_append(stream, a_sale())] for stream in streams))
    for wait in waits:
        (receipt,) = wait()
        assert isinstance(receipt.outcome, Appended)
    assert [len(appends) for appends in place.appends] == [1, 5]


def test_each_receipt_has_the_numbers_right_after_its_own_event(place: Place) -> None:
    stream = a_stream()
    place.recorder.record([an_append(stream, a_count(10))])
    waits = place.queue_behind_a_commit(*([an_append(stream, a_sale())] for _ in range(4)))
    after = [receipt.after for wait in waits for receipt in wait()]
    assert [numbers.physical for numbers in after if isinstance(numbers, Numbers)] == [9, 8, 7, 6]


def test_receipts_come_one_per_event_in_the_order_asked_with_every_kind_of_outcome(place: Place) -> None:
    one, other = a_stream(), a_stream()
    place.recorder.record([an_append(one, a_sale(tx="old"))])
    receipts = place.recorder.record(
        [
            an_append(one, a_sale(tx="new"), a_sale(tx="old"), a_sale(9, tx="old")),
            an_append(other, a_sale(), expected=7),
        ]
    )
    assert [type(receipt.outcome) for receipt in receipts] == [Appended, Duplicate, Conflict, Stale]
    assert [receipt.stream for receipt in receipts] == [one, one, one, other]
    assert [receipt.pending for receipt in receipts] == [False] * 4
    assert [receipt.after is not None for receipt in receipts] == [True, False, False, False]


def test_what_stands_behind_a_gate_is_appended_only_where_the_gate_is_new(place: Place) -> None:
    order, one, other = a_stream(), a_stream(), a_stream()
    gate = an_append(order, a_sale(tx="gate"), expected=0)
    first = place.recorder.record([an_append(one, a_sale(tx="1"), a_sale(tx="2")), an_append(other, a_sale())], gate)
    assert [receipt.stream for receipt in first] == [order, one, one, other]
    assert all(isinstance(receipt.outcome, Appended) and not receipt.pending for receipt in first)
    again = place.recorder.record([an_append(one, a_sale(tx="3"))], gate)
    moved = an_append(order, a_sale(tx="other gate"), expected=0)
    stale = place.recorder.record([an_append(one, a_sale(tx="4"))], moved)
    assert [type(receipt.outcome) for receipt in (*again, *stale)] == [Duplicate, Stale]
    assert (place.log(order), place.log(one)) == (["gate"], ["1", "2"])


def test_of_a_batch_with_one_gate_twice_one_goes_through(place: Place) -> None:
    order, stream = a_stream(), a_stream()
    place.recorder.record([an_append(stream, a_count(10))])
    gates = [an_append(order, a_sale(tx=tx), expected=0) for tx in ("gate", "gate", "another")]
    place.gate.clear()
    place.waiting.clear()
    place.recorder.submit([an_append(a_stream(), a_sale())])
    assert place.waiting.wait(20)
    futures = [place.recorder.submit([an_append(stream, a_sale())], gate) for gate in gates]
    futures.append(place.recorder.submit([an_append(stream, a_sale())]))
    place.gate.set()
    outcomes = [[type(receipt.outcome) for receipt in future.result(20)] for future in futures]
    assert outcomes == [[Appended, Appended], [Duplicate], [Stale], [Appended]]
    assert len(place.log(stream)) == 3


def test_a_gate_alone_may_be_recorded_and_what_fails_behind_it_is_sent_again(place: Place) -> None:
    gate, stream = an_append(a_stream(), a_sale()), a_stream()
    [receipt] = place.recorder.record([], gate)
    assert isinstance(receipt.outcome, Appended)
    place.most = 1
    with pytest.raises(StoreUnavailable):
        place.recorder.record(
            [an_append(stream, a_sale()), an_append(a_stream(), a_sale())], an_append(a_stream(), a_sale(tx="g"))
        )
    assert place.log(stream) == []


def test_one_bad_submission_spares_the_others_of_its_batch(place: Place) -> None:
    before, bad, after = a_stream(), a_stream(), a_stream()
    waits = place.queue_behind_a_commit(
        [an_append(before, a_sale(tx="b"))], [Append(bad, (NO_EVENT,))], [an_append(after, a_sale(tx="a"))]
    )
    assert [type(receipt.outcome) for receipt in (*waits[0](), *waits[2]())] in (
        [Appended, Appended],
        [Duplicate, Appended],  # a store without joint commits had appended it before it met the bad one
    )
    with pytest.raises((AttributeError, TypeError)):
        waits[1]()
    assert (place.log(before), place.log(bad), place.log(after)) == (["b"], [], ["a"])


def test_the_lane_lives_on_after_a_bad_submission(place: Place) -> None:
    with pytest.raises((AttributeError, TypeError)):
        place.recorder.record([Append(a_stream(), (NO_EVENT,))])
    (receipt,) = place.recorder.record([an_append(a_stream(), a_sale())])
    assert isinstance(receipt.outcome, Appended)


@pytest.mark.parametrize("kind", ["refused", "answer lost"])
def test_sending_again_is_right_after_the_store_failed(place: Place, kind: Kind) -> None:
    stream = a_stream()
    submission = [an_append(stream, a_sale(tx="once"))]
    with place.trouble.coming(Fault(kind)), pytest.raises(StoreUnavailable):
        place.recorder.record(submission)
    (again,) = place.recorder.record(submission)
    assert isinstance(again.outcome, Appended | Duplicate)
    assert place.log(stream) == ["once"]


def test_a_whole_batch_hears_that_the_store_failed(place: Place) -> None:
    place.most = 1
    for wait in place.queue_behind_a_commit(*([an_append(a_stream(), a_sale())] for _ in range(3))):
        with pytest.raises(StoreUnavailable):
            wait()
    assert [len(appends) for appends in place.appends] == [1, 3], "and nobody was tried alone"


@pytest.mark.parametrize("kind", ["refused", "answer lost"])
def test_facts_are_durable_and_pending_where_the_fold_fails(place: Place, kind: Kind) -> None:
    """The second call to the store is the fold's."""
    stream = a_stream()
    place.recorder.record([an_append(stream, a_count(5))])
    place.runner.generations.pointer("inventory", 1)
    with place.trouble.coming(Fault(kind, 1)):
        (receipt,) = place.recorder.record([an_append(stream, a_sale(tx="kept"))])
    assert isinstance(receipt.outcome, Appended)
    assert (receipt.after, receipt.pending) == (None, True)
    assert place.log(stream)[-1] == "kept"
    (next_one,) = place.recorder.record([an_append(stream, a_sale())])
    assert isinstance(next_one.after, Numbers)
    assert next_one.after.physical == 3


def test_closing_finishes_what_waits_and_takes_nothing_more(place: Place) -> None:
    streams = [a_stream() for _ in range(3)]
    waits = place.queue_behind_a_commit(*([an_append(stream, a_sale())] for stream in streams))
    place.recorder.close()
    assert all(isinstance(receipt.outcome, Appended) for wait in waits for receipt in wait())
    assert place.recorder.queued == 0
    with pytest.raises(StoreUnavailable):
        place.recorder.record([an_append(a_stream(), a_sale())])


@pytest.mark.parametrize("appends", [[], [Append(a_stream(), ())], [Append(a_stream(), (a_sale(tx="x"),) * 1001)]])
def test_nothing_and_too_much_are_misuse(place: Place, appends: list[Append]) -> None:
    with pytest.raises(Misuse):
        place.recorder.submit(appends)


def test_of_many_sales_at_once_each_gets_its_own_number(place: Place) -> None:
    stream = a_stream()
    place.recorder.record([an_append(stream, a_count(1000))])
    receipts = at_once(40, lambda _: [place.recorder.record([an_append(stream, a_sale())])[0] for _ in range(5)])
    after = [receipt.after for several in receipts for receipt in several]
    assert sorted(numbers.physical for numbers in after if isinstance(numbers, Numbers)) == list(range(800, 1000))


def test_a_backlog_of_thousands_delays_another_tenant_by_one_batch_at_most(place: Place) -> None:
    mine = an_append(a_stream("bob"), a_sale())
    backlog = [[an_append(a_stream("ann", key=f"S{number % 50}"), a_sale())] for number in range(3000)]
    *waits, last = place.queue_behind_a_commit(*backlog, [mine])
    last()
    before_mine = next(place for place, appends in enumerate(place.appends) if mine in appends)
    for wait in waits:
        wait()
    assert before_mine == 1, "after the commit that was under way"
    assert len(place.appends) > 3, "the backlog took several"
