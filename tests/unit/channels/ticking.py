"""Time that moves when it is told to: a clock and a count of seconds, together."""

from datetime import timedelta

from tests.stores import FixedClock


class Ticking:
    """A `Clock` in `clock` and a `Monotonic` in `monotonic`."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self._seconds = 1000.0

    def monotonic(self) -> float:
        return self._seconds

    def pass_(self, by: timedelta) -> None:
        """Let so much time pass on both."""
        self.clock.advance(by)
        self._seconds += by.total_seconds()
