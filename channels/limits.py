"""How often a channel may be asked."""

from collections.abc import Callable
from datetime import timedelta
from math import ceil
from time import monotonic as system_monotonic

import msgspec

Monotonic = Callable[[], float]
"""Answers seconds that only grow, from any beginning."""


class Rate(msgspec.Struct, frozen=True):
    """So many requests a second in the long run, and at most `burst` at once."""

    per_second: float
    burst: int

    def __post_init__(self) -> None:
        """Refuse a rate at which nothing could ever be asked."""
        if self.per_second <= 0 or self.burst < 1:
            raise ValueError(f"a rate lets something through: {self}")


class TokenBucket:
    """One token a request. Starts empty: whoever asked before us may have used up the burst. For one thread."""

    def __init__(self, rate: Rate, monotonic: Monotonic = system_monotonic) -> None:
        self._rate, self._monotonic = rate, monotonic
        self._per_second = rate.per_second
        self._tokens = 0.0
        self._filled = monotonic()

    def take(self) -> bool:
        """Take a token if there is one."""
        if self.wait():
            return False
        self._tokens -= 1
        return True

    def wait(self) -> timedelta:
        """Return how long until `take` succeeds; zero where it does now."""
        closed = self._fill()
        lacking = max(0.0, 1 - self._tokens) / self._per_second
        # Rounded up: a wait that ends a microsecond early would end in another wait.
        return timedelta(microseconds=ceil((closed + lacking) * 1e6))

    @property
    def burst(self) -> int:
        """How many requests may be made at once, at most."""
        return self._rate.burst

    @property
    def tokens(self) -> int:
        """How many requests may be made now."""
        return 0 if self._fill() else max(0, int(self._tokens))

    def charge(self, requests: int) -> None:
        """Pay for requests that were made without asking, going into debt if need be."""
        self._fill()
        self._tokens -= requests

    def know(self, tokens: float) -> None:
        """Take note that at least so many requests may be made now, by what is known of those before."""
        self._fill()
        self._tokens = max(self._tokens, min(tokens, self._rate.burst))

    def landed(self) -> None:
        """Take note that a request was answered: it arrived at some moment since it was made, perhaps only now.

        A channel's own bucket was full until then if ours was, so ours must not be full again so soon.
        """
        self._fill()
        self._tokens = min(self._tokens, self._rate.burst - 1)

    def grant(self, per_second: float | None) -> None:
        """Keep to the rate that the channel grants; never above the rate this bucket was built with."""
        if per_second is not None and per_second > 0:
            self._fill()
            self._per_second = min(per_second, self._rate.per_second)

    def close(self, pause: timedelta) -> None:
        """Let nothing through for `pause`, and be empty then."""
        self._tokens = min(self._tokens, 0.0)
        self._filled = max(self._filled, self._monotonic() + pause.total_seconds())

    def _fill(self) -> float:
        """Add what has dripped in; answer for how many seconds the bucket is still closed."""
        now = self._monotonic()
        if now < self._filled:
            return self._filled - now
        self._tokens = min(self._rate.burst, self._tokens + (now - self._filled) * self._per_second)
        self._filled = now
        return 0.0
