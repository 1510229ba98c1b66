"""Delivering doorbells: every stream is rung once, and none is forgotten, whatever stands in its way."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from time import monotonic

import pytest

from processor.adapters.memory.queues import MemoryQueue
from processor.delivery import LONGEST_PAUSE, Delivery, pause
from processor.errors import Misuse, StoreUnavailable
from processor.letters import redo_in
from processor.models import Commit
from processor.queues import NOW
from processor.runner import Runner
from processor.source import Doorbell
from processor.streams import StreamId
from tests.factories import a_stream, an_append
from tests.properties.program import a_novelty
from tests.unit.processor.mending import SHIRT, Workshop


class Redo(MemoryQueue):
    """A queue that keeps what it was sent, and when it wanted to be seen again; it is down on command."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.sent: list[tuple[list[StreamId], int, timedelta]] = []

    def send(self, bodies: Sequence[bytes], delay: timedelta = NOW) -> None:
        if self.down:
            raise StoreUnavailable("send messages", "of a test")
        self.sent += [(*redo_in(body), delay) for body in bodies]
        super().send(bodies, delay)


class Desk:
    """A delivery over a workshop."""

    def __init__(self) -> None:
        self.shop, self.redo = Workshop(), Redo()
        engine = self.shop.engine
        self.rings: list[list[StreamId]] = []
        self.delivery = Delivery(engine.runner, engine.quarantine, self.redo)
        self.without = Delivery(engine.runner, engine.quarantine, None)

    def streams(self, number: int, events: int = 1) -> list[StreamId]:
        made = [a_stream() for _ in range(number)]
        self.shop.append(*made, number=events)
        return made


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.shop.engine.close()


def bells(streams: Sequence[StreamId]) -> list[Doorbell]:
    return [Doorbell(stream) for stream in streams]


def breaks_commits(
    monkeypatch: pytest.MonkeyPatch, desk: Desk, *broken: StreamId, by: Exception | None = None
) -> list[StreamId]:
    """Let the commits of these streams fail (all, where none is named); answer the list of what is tried."""
    tried, commit = list[StreamId](), desk.shop.store.models.commit

    def breaking(commits: Sequence[Commit]) -> list[bool]:
        tried.extend(one.key for one in commits)
        if not broken or any(one.key in broken for one in commits):
            raise by or StoreUnavailable("commit", "of a test")
        return commit(commits)

    monkeypatch.setattr(desk.shop.store.models, "commit", breaking)
    return tried


def test_all_bells_of_a_stream_are_one_ring(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.shop.append(SHIRT, number=3)
    events, commits, commit = list(desk.shop.store.log.read(SHIRT)), list[int](), desk.shop.store.models.commit

    def counting(made: Sequence[Commit]) -> list[bool]:
        commits.append(len(made))
        return commit(made)

    monkeypatch.setattr(desk.shop.store.models, "commit", counting)
    told = desk.delivery.deliver([Doorbell(SHIRT, (event,)) for event in events])
    assert (told.streams, told.folded, told.later, told.failed) == (1, 9, (), ())
    assert desk.shop.at("inventory") == 3
    assert commits == [3], "a row per projection, once"


def test_a_stream_whose_store_fails_waits_and_its_neighbours_do_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, broken, last = desk.streams(3)
    breaks_commits(monkeypatch, desk, broken)
    told = desk.delivery.deliver(bells([first, broken, last]))
    assert (told.later, told.failed) == ((broken,), ())
    assert desk.redo.sent == [([broken], 1, timedelta(seconds=1))]
    assert [desk.shop.at("inventory", stream) for stream in (first, broken, last)] == [1, 0, 1]


def test_a_defect_of_the_program_holds_one_stream_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, *others = desk.streams(5)
    breaks_commits(monkeypatch, desk, broken, by=Misuse("of a test"))
    assert desk.delivery.deliver(bells([broken, *others])).later == (broken,)
    assert all(desk.shop.at("inventory", stream) == 1 for stream in others)


def test_a_store_that_is_down_is_not_asked_for_every_stream(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = desk.streams(50)
    tried = breaks_commits(monkeypatch, desk)
    assert set(desk.delivery.deliver(bells(streams)).later) == set(streams)
    assert len(set(tried[len(streams) :])) < len(streams), "the first ring asks for all, then some are asked alone"
    assert sum(len(streams) for streams, _, _ in desk.redo.sent) == 50


def test_only_what_the_redo_queue_does_not_take_is_told_as_failed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, whole = desk.streams(2)
    breaks_commits(monkeypatch, desk, broken)
    desk.redo.down = True
    assert desk.delivery.deliver(bells([broken, whole])).failed == (broken,)
    assert desk.without.deliver(bells([broken, whole])).failed == (broken,)


def test_each_failure_doubles_the_wait_of_the_next(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.shop.append(SHIRT)
    breaks_commits(monkeypatch, desk)
    desk.delivery.deliver(bells([SHIRT]))
    for _ in range(11):
        (message,) = _all(desk.redo)
        told = desk.delivery.redo(message)
        assert told.later == (SHIRT,)
    waits = [delay for _, _, delay in desk.redo.sent]
    assert waits[:4] == [timedelta(seconds=number) for number in (1, 2, 4, 8)]
    assert waits[-1] == LONGEST_PAUSE
    assert pause(10**6) == LONGEST_PAUSE
    assert [tries for _, tries, _ in desk.redo.sent] == list(range(1, 13))


def test_what_waited_is_folded_once_the_store_is_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.shop.append(SHIRT)
    with monkeypatch.context() as trouble:
        breaks_commits(trouble, desk)
        desk.delivery.deliver(bells([SHIRT]))
    told = desk.delivery.redo(_all(desk.redo)[-1])
    assert (told.folded, told.later) == (3, ())
    assert desk.shop.at("inventory") == 1


def test_an_event_of_a_newer_release_waits_and_is_never_held(desk: Desk) -> None:
    desk.shop.append(SHIRT)
    desk.shop.store.log.append([an_append(SHIRT, a_novelty("n", of_known_type=False))])
    for _ in range(10):
        assert desk.delivery.deliver(bells([SHIRT])).later == (SHIRT,)
    assert desk.shop.at("inventory") == 1
    assert not desk.shop.row("inventory").held


def test_poison_is_held_within_one_delivery_and_is_no_failure(desk: Desk) -> None:
    other = desk.streams(1)[0]
    desk.shop.bugs.introduce("inventory", SHIRT, 2, "raises")
    desk.shop.append(SHIRT, number=3)
    told = desk.delivery.deliver(bells([SHIRT, other]))
    assert (told.later, told.failed) == ((), ())
    assert set(desk.shop.row("inventory").held) == {SHIRT}
    assert (desk.shop.at("inventory"), desk.shop.at("scribbles"), desk.shop.at("inventory", other)) == (1, 3, 1)
    assert desk.shop.told("inventory") == [("stopped", 2)]
    assert desk.delivery.deliver(bells([SHIRT])).later == ()


def test_poison_that_cannot_be_marked_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.shop.bugs.introduce("inventory", SHIRT, 1, "raises")
    desk.shop.append(SHIRT)

    def refused(_: object) -> list[object]:
        raise StoreUnavailable("append", "of a test")

    monkeypatch.setattr(desk.shop.store.log, "append", refused)
    assert desk.delivery.deliver(bells([SHIRT])).later == (SHIRT,)


def test_more_than_time_allows_goes_on_at_once_with_a_clean_record() -> None:
    desk = Desk()
    engine, store = desk.shop.engine, desk.shop.store
    runner = Runner(store.log, store.models, engine.generations, list(engine.runner.projections.values()), str, page=4)
    delivery = Delivery(runner, engine.quarantine, desk.redo)
    desk.shop.append(SHIRT, number=10)
    told = delivery.deliver(bells([SHIRT]), tries=5, deadline=monotonic())
    assert told.later == (SHIRT,)
    assert desk.redo.sent == [([SHIRT], 0, NOW)]
    engine.close()


def test_past_the_deadline_nothing_is_begun_stream_by_stream(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = desk.streams(4)
    breaks_commits(monkeypatch, desk, streams[0])
    told = desk.delivery.deliver(bells(streams), deadline=monotonic() - 1)
    assert set(told.later) == set(streams)


def test_nothing_delivered_is_nothing_done(desk: Desk) -> None:
    assert desk.delivery.deliver([]).streams == 0
    assert desk.redo.sent == []


def test_a_letter_of_another_kind_is_told_as_such(desk: Desk) -> None:
    for letter in (b"", b"{}", b'{"facts":[]}', b'{"streams":["no stream"]}'):
        with pytest.raises(ValueError, match=r"."):
            desk.delivery.redo(letter)


def _all(queue: MemoryQueue) -> list[bytes]:
    """Return every body in the queue, due or not, and let go of them."""
    kept = [kept.body for kept in queue._kept]  # noqa: SLF001 - a real queue would make the test wait
    queue._kept.clear()  # noqa: SLF001
    return kept
