"""Every queue, held to what `processor.queues` promises."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Timer

import pytest

from processor.errors import Misuse
from processor.queues import MAX_BODY_BYTES, MAX_RECEIVED, Message, Queue
from tests.queues import HIDDEN, KINDS, fresh_queue

LONG = timedelta(minutes=5)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    asked: str = request.param
    return asked


@pytest.fixture
def queue(kind: str) -> Iterator[Queue]:
    """An empty queue whose messages stay with who received them."""
    with fresh_queue(kind, LONG) as queue:
        yield queue


@pytest.fixture
def forgetful(kind: str) -> Iterator[Queue]:
    """An empty queue that soon delivers again what was not deleted."""
    with fresh_queue(kind) as queue:
        yield queue


def received(queue: Queue, number: int, seconds: float = 10.0) -> list[Message]:
    """Receive until there are `number` messages."""
    found: list[Message] = []
    until = time.monotonic() + seconds
    while len(found) < number and time.monotonic() < until:
        found += queue.receive(wait=timedelta(seconds=1))
    return found


def bodies(messages: list[Message]) -> list[bytes]:
    return sorted(message.body for message in messages)


def test_what_is_sent_is_received_for_the_first_time(queue: Queue) -> None:
    queue.send([b"one", "zwei: ä 日本 👍🏽".encode()])
    found = received(queue, 2)
    assert bodies(found) == sorted([b"one", "zwei: ä 日本 👍🏽".encode()])
    assert [message.deliveries for message in found] == [1, 1]
    assert len({message.receipt for message in found}) == 2


def test_an_empty_queue_has_nothing_and_sending_nothing_changes_nothing(queue: Queue) -> None:
    queue.send([])
    queue.delete([])
    assert queue.receive() == []


def test_what_was_received_is_out_of_others_sight(queue: Queue) -> None:
    queue.send([b"one"])
    assert len(received(queue, 1)) == 1
    assert queue.receive() == []


def test_what_is_not_deleted_comes_again_and_is_counted(forgetful: Queue) -> None:
    forgetful.send([b"one"])
    deliveries = []
    for _ in range(3):
        [message] = received(forgetful, 1)
        deliveries.append(message.deliveries)
    assert deliveries == [1, 2, 3]


def test_what_is_deleted_does_not_come_again(forgetful: Queue) -> None:
    forgetful.send([b"done", b"left"])
    found = received(forgetful, 2)
    forgetful.delete([message for message in found if message.body == b"done"])
    time.sleep(HIDDEN.total_seconds() + 0.2)
    assert bodies(received(forgetful, 1)) == [b"left"]
    assert forgetful.receive() == []


def test_deleting_twice_or_after_another_delivery_is_no_error(forgetful: Queue) -> None:
    forgetful.send([b"one"])
    first = received(forgetful, 1)
    again = received(forgetful, 1)
    forgetful.delete(first)
    forgetful.delete(again)
    forgetful.delete(again)
    time.sleep(HIDDEN.total_seconds() + 0.2)
    assert forgetful.receive() == []


def test_what_is_hidden_for_longer_stays_with_who_received_it(forgetful: Queue) -> None:
    forgetful.send([b"one"])
    found = received(forgetful, 1)
    forgetful.hide(found, LONG)
    time.sleep(HIDDEN.total_seconds() + 0.2)
    assert forgetful.receive() == []
    forgetful.delete(found)


def test_what_is_shown_again_comes_at_once_and_is_counted(queue: Queue) -> None:
    queue.send([b"one", b"two"])
    found = received(queue, 2)
    queue.hide([message for message in found if message.body == b"one"], timedelta())
    [again] = received(queue, 1)
    assert (again.body, again.deliveries) == (b"one", 2)
    assert queue.receive() == []


def test_hiding_what_is_gone_or_somebody_else_s_is_no_error(forgetful: Queue) -> None:
    forgetful.send([b"one"])
    first = received(forgetful, 1)
    again = received(forgetful, 1)
    forgetful.hide([], LONG)
    forgetful.delete(again)
    forgetful.hide(again, timedelta())
    forgetful.hide(first, timedelta())
    assert forgetful.receive() == []


def test_as_many_are_received_as_asked_for_and_never_more_than_ten(queue: Queue) -> None:
    queue.send([b"%d" % number for number in range(25)])
    assert 1 <= len(queue.receive(most=3)) <= 3
    assert 1 <= len(queue.receive(most=1000)) <= MAX_RECEIVED


def test_many_and_long_bodies_are_all_kept(queue: Queue) -> None:
    sent = [b"%02d" % number + b"x" * (MAX_BODY_BYTES - 2) for number in range(4)] + [b"%d" % n for n in range(40)]
    queue.send(sent)
    assert bodies(received(queue, len(sent))) == sorted(sent)


def test_a_body_that_is_too_long_is_refused_and_none_is_kept(queue: Queue) -> None:
    with pytest.raises(Misuse):
        queue.send([b"fine", b"x" * (MAX_BODY_BYTES + 1)])
    assert queue.receive() == []


def test_what_is_delayed_comes_later(queue: Queue) -> None:
    queue.send([b"later"], delay=timedelta(seconds=1))
    assert queue.receive() == []
    began = time.monotonic()
    assert bodies(queue.receive(wait=timedelta(seconds=10))) == [b"later"]
    assert time.monotonic() - began < 5


def test_waiting_ends_with_the_first_message(queue: Queue) -> None:
    sending = Timer(0.3, queue.send, [[b"one"]])
    sending.start()
    began = time.monotonic()
    assert bodies(queue.receive(wait=timedelta(seconds=10))) == [b"one"]
    assert time.monotonic() - began < 5
    sending.join()


def test_waiting_in_vain_ends(queue: Queue) -> None:
    assert queue.receive(wait=timedelta(seconds=1)) == []


def test_many_receive_at_once_and_nothing_is_left_out(queue: Queue) -> None:
    sent = [b"%d" % number for number in range(60)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(queue.send, [sent[first : first + 15] for first in range(0, 60, 15)]))
        found = [message for part in pool.map(lambda _: received(queue, 60, seconds=1.5), range(4)) for message in part]
    counted = Counter(message.body for message in found)
    assert set(counted) == set(sent)
    assert set(counted.values()) == {1}
