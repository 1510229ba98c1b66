"""The simulator's own time: the machine's, and as much further as it was told to be."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count

from channels.limits import Monotonic
from processor.clock import Clock, Instant, instant, moment


class SimulatedTime:
    """A clock and a count of seconds, which move together. Used under the simulator's lock."""

    def __init__(self, clock: Clock, monotonic: Monotonic) -> None:
        self._clock, self._monotonic = clock, monotonic
        self._ahead = 0.0
        self._pinned: float | None = None

    def seconds(self) -> float:
        """Return seconds that only grow."""
        return self._pinned if self._pinned is not None else self._monotonic() + self._ahead

    def now(self) -> Instant:
        """Return the present moment."""
        if self._pinned is not None:
            return self.at(self._pinned)
        present = self._clock()
        return instant(moment(present) + timedelta(seconds=self._ahead)) if self._ahead else present

    def at(self, seconds: float) -> Instant:
        """Return the moment at which `seconds` was or will be the time."""
        later = timedelta(seconds=seconds - self._monotonic())
        return instant(moment(self._clock()) + later)

    def advance(self, by: timedelta) -> None:
        """Be so much further ahead of the machine."""
        self._ahead += by.total_seconds()

    @contextmanager
    def pinned(self, seconds: float) -> Iterator[None]:
        """Let it be `seconds` within the block: what happens there happened then."""
        self._pinned = seconds
        try:
            yield
        finally:
            self._pinned = None


class Agenda:
    """What is to happen later, each thing at its time. Used under the simulator's lock."""

    def __init__(self, time: SimulatedTime) -> None:
        self._time = time
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def after(self, delay: timedelta, act: Callable[[], None]) -> float:
        """Plan `act` for `delay` from now. Returns the time of it in seconds."""
        at = self._time.seconds() + delay.total_seconds()
        heappush(self._due, (at, next(self._numbers), act))
        return at

    def run(self) -> None:
        """Do what is due, in order of time; what it plans in turn is done too if it is due."""
        now = self._time.seconds()
        while self._due and self._due[0][0] <= now:
            at, _, act = heappop(self._due)
            with self._time.pinned(at):
                act()
