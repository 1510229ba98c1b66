"""The queue in a register, where it is asked to hide what it delivered."""

from datetime import timedelta

from processor.adapters.memory import MemoryStore
from processor.waiting import RegisterQueue
from tests.stores import FixedClock

LONG = timedelta(minutes=5)


def test_what_is_hidden_for_longer_comes_later_and_what_is_shown_comes_at_once() -> None:
    clock = FixedClock()
    queue = RegisterQueue(MemoryStore().registers, "redo", clock)
    queue.send([b"one", b"two"])
    one, two = queue.receive()
    queue.hide([one], LONG)
    queue.hide([two], timedelta())
    assert [message.body for message in queue.receive()] == [b"two"]
    clock.advance(timedelta(seconds=61))
    assert [message.body for message in queue.receive()] == [b"two"]
    clock.advance(LONG)
    assert sorted(message.body for message in queue.receive()) == [b"one", b"two"]


def test_hiding_what_is_gone_is_no_error() -> None:
    queue = RegisterQueue(MemoryStore().registers, "redo", FixedClock())
    queue.send([b"one"])
    found = queue.receive()
    queue.delete(found)
    queue.hide(found, LONG)
    assert len(queue) == 0
