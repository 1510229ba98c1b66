"""Asking a channel no faster than it lets: within the rate at first, and after a pause where it says so."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from channels.decisions import backoff
from channels.errors import Throttled, Unreachable
from channels.limits import Monotonic, Rate

Value = TypeVar("Value")

TRIES = 5
"""So often a question is asked that was not answered: reading changes nothing."""

THROTTLED, LONGEST = timedelta(seconds=2), timedelta(minutes=1)
MOST_THROTTLED = 30

Sleep = Callable[[float], object]


class Pace:
    """Spaces the requests of one operation: `burst` at once, then so many a second. For one thread."""

    def __init__(self, rate: Rate, monotonic: Monotonic = time.monotonic, sleep: Sleep = time.sleep) -> None:
        self._every, self._slack = 1 / rate.per_second, (rate.burst - 1) / rate.per_second
        self._monotonic, self._sleep = monotonic, sleep
        self._next = monotonic()

    def ask(self, question: Callable[[], Value]) -> Value:
        """Ask as soon as the rate lets, and again where the channel was too busy, or did not answer.

        For questions alone: what changes something may have been done. Raises what `question` does in the end.
        """
        throttled = unanswered = 0
        while True:
            self._wait()
            try:
                return question()
            except Throttled as error:
                throttled += 1
                if throttled > MOST_THROTTLED:
                    raise
                self._sleep((error.retry_after or backoff(throttled, THROTTLED, LONGEST)).total_seconds())
            except Unreachable:
                unanswered += 1
                if unanswered >= TRIES:
                    raise
                self._sleep(backoff(unanswered, timedelta(seconds=0.5), timedelta(seconds=8)).total_seconds())
            finally:
                # The channel's own bucket was full until the request arrived, which may be now.
                self._next = max(self._next, self._monotonic()) + self._every

    def _wait(self) -> None:
        early = self._next - self._slack - self._monotonic()
        if early > 0:
            self._sleep(early)
