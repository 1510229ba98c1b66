"""A queue in a register: what is sent is delivered until it is deleted, whoever asks."""

from datetime import timedelta

import pytest

from processor.adapters.memory import MemoryStore
from processor.errors import Misuse, StoreUnavailable
from processor.queues import MAX_BODY_BYTES
from processor.waiting import HIDDEN, MAX_BYTES, RegisterQueue
from tests.contracts.threads import at_once
from tests.stores import FixedClock

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def store(clock: FixedClock) -> MemoryStore:
    return MemoryStore(clock)


@pytest.fixture
def queue(store: MemoryStore, clock: FixedClock) -> RegisterQueue:
    return RegisterQueue(store.registers, "redo", clock)


def bodies(queue: RegisterQueue, most: int = 10) -> list[bytes]:
    return [message.body for message in queue.receive(most)]


def test_what_is_sent_is_there_for_another_process(store: MemoryStore, clock: FixedClock, queue: RegisterQueue) -> None:
    queue.send([b"a", "ß".encode()])
    other = RegisterQueue(store.registers, "redo", clock)
    assert bodies(other) == [b"a", "ß".encode()]
    assert bodies(RegisterQueue(store.registers, "another", clock)) == []


def test_nothing_comes_before_its_time(clock: FixedClock, queue: RegisterQueue) -> None:
    queue.send([b"later"], MINUTE)
    assert bodies(queue) == []
    clock.advance(MINUTE)
    assert bodies(queue) == [b"later"]


def test_what_is_not_deleted_comes_again_and_is_counted(clock: FixedClock, queue: RegisterQueue) -> None:
    queue.send([b"a"])
    assert bodies(queue) == [b"a"]
    assert bodies(queue) == [], "hidden"
    clock.advance(HIDDEN)
    (again,) = queue.receive()
    assert again.deliveries == 2
    queue.delete([again])
    clock.advance(HIDDEN)
    assert bodies(queue) == []
    assert len(queue) == 0


def test_an_old_receipt_deletes_nothing(clock: FixedClock, queue: RegisterQueue) -> None:
    queue.send([b"a"])
    old = queue.receive()
    clock.advance(HIDDEN)
    queue.receive()
    queue.delete(old)
    assert len(queue) == 1


def test_what_waits_already_is_not_kept_twice_unless_it_is_under_way(queue: RegisterQueue) -> None:
    queue.send([b"a", b"a"])
    queue.send([b"a"])
    assert len(queue) == 1
    (taken,) = queue.receive()
    queue.send([b"a"])
    queue.delete([taken])
    assert bodies(queue) == [b"a"], "sent while the first was worked on: it may have come too late for that"


def test_at_most_so_many_are_received(queue: RegisterQueue) -> None:
    queue.send([b"a", b"b", b"c"])
    assert len(queue.receive(2)) == 2
    assert len(queue.receive(2)) == 1


def test_a_full_queue_says_so_and_takes_again_once_there_is_room(queue: RegisterQueue) -> None:
    body = b"x" * 50_000
    for number in range(3):
        queue.send([body + b"%d" % number])
    with pytest.raises(StoreUnavailable, match="full"):
        queue.send([body + b"one more"])
    assert 3 * len(body) < MAX_BYTES
    queue.delete(queue.receive(1))
    queue.send([body + b"one more"])


def test_a_body_that_is_too_long_is_a_misuse(queue: RegisterQueue) -> None:
    with pytest.raises(Misuse):
        queue.send([b"x" * (MAX_BODY_BYTES + 1)])


def test_many_at_once_lose_nothing_and_share_nothing(queue: RegisterQueue) -> None:
    at_once(5, lambda number: queue.send([b"%d" % number]))
    found = at_once(5, lambda _: bodies(queue, 1))
    assert sorted(body for bodies in found for body in bodies) == [b"%d" % number for number in range(5)]
