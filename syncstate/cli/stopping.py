"""Ending a command that works until it is stopped."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

from syncstate.serving import STOPPED_BY_KEYBOARD


class Stop:
    """Set by a signal; `code` is what the command then ends with."""

    def __init__(self) -> None:
        self.event, self.code = Event(), 0

    def __call__(self, number: int, _: FrameType | None) -> None:
        """Take note of the signal: this is its handler."""
        self.code = STOPPED_BY_KEYBOARD if number == signal.SIGINT else 0
        self.event.set()


@contextmanager
def stopping() -> Iterator[Stop]:
    """Yield what SIGTERM and SIGINT set. What is under way is finished first; a second Ctrl-C is not needed."""
    stop = Stop()
    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
