"""Queues in memory: `Queue` as its port documents it."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from threading import Condition
from time import monotonic as system_monotonic

import msgspec

from processor.errors import Misuse
from processor.queues import MAX_BODY_BYTES, MAX_RECEIVED, NOW, Message

_LONG = 3600.0


class _Kept(msgspec.Struct):
    body: bytes
    due: float
    deliveries: int = 0
    receipt: str = ""


class MemoryQueue:
    """A queue that lives as long as its process."""

    def __init__(
        self, hidden: timedelta = timedelta(seconds=30), monotonic: Callable[[], float] = system_monotonic
    ) -> None:
        """`hidden` is how long a delivered message is out of others' sight."""
        self._hidden, self._monotonic = hidden.total_seconds(), monotonic
        self._changed = Condition()
        self._kept: list[_Kept] = []
        self._receipts = count(1)

    def send(self, bodies: Sequence[bytes], delay: timedelta = NOW) -> None:
        """See `Queue.send`."""
        if any(len(body) > MAX_BODY_BYTES for body in bodies):
            raise Misuse(f"a message holds at most {MAX_BODY_BYTES:,} bytes")
        due = self._monotonic() + delay.total_seconds()
        with self._changed:
            self._kept += [_Kept(body, due) for body in bodies]
            self._changed.notify_all()

    def receive(self, most: int = 10, wait: timedelta = NOW) -> list[Message]:
        """See `Queue.receive`."""
        until = self._monotonic() + wait.total_seconds()
        with self._changed:
            while not self._due() and (left := until - self._monotonic()) > 0:
                self._changed.wait(min(left, self._pause()))
            return [self._deliver(kept) for kept in self._due()[: min(most, MAX_RECEIVED)]]

    def hide(self, messages: Sequence[Message], during: timedelta) -> None:
        """See `Queue.hide`."""
        named = {message.receipt for message in messages}
        with self._changed:
            for kept in self._kept:
                if kept.receipt in named:
                    kept.due = self._monotonic() + during.total_seconds()
            self._changed.notify_all()

    def delete(self, messages: Sequence[Message]) -> None:
        """See `Queue.delete`."""
        gone = {message.receipt for message in messages}
        with self._changed:
            self._kept = [kept for kept in self._kept if kept.receipt not in gone]

    def __len__(self) -> int:
        with self._changed:
            return len(self._kept)

    def _due(self) -> list[_Kept]:
        now = self._monotonic()
        return [kept for kept in self._kept if kept.due <= now]

    def _pause(self) -> float:
        """Return the seconds until the next message is due."""
        return max(0.001, min((kept.due for kept in self._kept), default=_LONG) - self._monotonic())

    def _deliver(self, kept: _Kept) -> Message:
        kept.due, kept.receipt = self._monotonic() + self._hidden, str(next(self._receipts))
        kept.deliveries += 1
        return Message(kept.body, kept.receipt, kept.deliveries)
