"""How often a caller may ask: a token bucket each, in memory, and no more of them than are in use."""

from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from time import monotonic as system_monotonic

from channels.limits import Rate

MAX_BUCKETS = 10_000


class Rates:
    """A bucket per name, full at first. For one event loop, or one thread.

    At most MAX_BUCKETS are kept: the one unused for longest goes, and would be full again by then or nearly so.
    """

    def __init__(self, rate: Rate, monotonic: Callable[[], float] = system_monotonic, most: int = MAX_BUCKETS) -> None:
        self._rate, self._monotonic, self._most = rate, monotonic, most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> int:
        """Take one token and return 0, or take none and return in how many whole seconds there will be one."""
        wait = self.wait(name)
        if not wait:
            self.spend(name)
        return wait

    def wait(self, name: str) -> int:
        """Return in how many whole seconds `name` has a token; 0 where it has one now."""
        lacking = 1 - self._tokens(name)
        return ceil(lacking / self._rate.per_second) if lacking > 0 else 0

    def spend(self, name: str) -> None:
        """Take a token, there or not."""
        self._buckets[name] = (self._tokens(name) - 1, self._monotonic())
        self._buckets.move_to_end(name)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)

    def __len__(self) -> int:
        return len(self._buckets)

    def _tokens(self, name: str) -> float:
        kept = self._buckets.get(name)
        if kept is None:
            return float(self._rate.burst)
        tokens, at = kept
        return min(float(self._rate.burst), tokens + (self._monotonic() - at) * self._rate.per_second)
