"""Whom not to ask for a while: SKUs that wait, and a channel that is down or refuses our credentials.

Kept in memory by whoever holds the seller. What must outlive a process is in the log and in the delivery rows.
"""

from datetime import timedelta

from channels.decisions import backoff
from processor.clock import Clock, Instant, later, moment
from stock.identities import Sku

RECONSIDER = timedelta(seconds=30)
"""No SKU is left out for longer without being looked at: its quantity may have fallen meanwhile."""

UNREACHED = timedelta(seconds=2)
LONGEST_UNREACHED = timedelta(minutes=1)
DOWN_AFTER = 3
"""So many calls in a row without an answer, and the channel is taken to be down: the whole seller pauses."""

UNAUTHORISED = timedelta(minutes=1)
LONGEST_UNAUTHORISED = timedelta(minutes=15)


class Patience:
    """One seller's. For one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[Sku, Instant] = {}
        self._unreached: dict[Sku, int] = {}
        self._silent = self._unauthorised = 0
        self._resumes = Instant("")

    def waiting(self) -> set[Sku]:
        """Return the SKUs to leave out now."""
        now = self._clock()
        self._waiting = {sku: until for sku, until in self._waiting.items() if now < until}
        return set(self._waiting)

    @property
    def pause(self) -> timedelta:
        """How long the whole seller is to be left alone; zero for not at all."""
        now = self._clock()
        return moment(self._resumes) - moment(now) if now < self._resumes else timedelta()

    def wait(self, sku: Sku, until: Instant) -> None:
        """Leave `sku` out until then, or RECONSIDER at most."""
        self._waiting[sku] = min(until, later(self._clock(), RECONSIDER))

    def reconsider(self, sku: Sku) -> None:
        """Leave `sku` out no longer."""
        self._waiting.pop(sku, None)

    def reconsider_all(self) -> None:
        """Leave no SKU out any longer."""
        self._waiting.clear()

    def answered(self, sku: Sku) -> None:
        """Take note that the channel spoke, yes or no."""
        self._silent = self._unauthorised = 0
        self._unreached.pop(sku, None)

    def unreached(self, sku: Sku) -> None:
        """Take note that the channel was asked about `sku` and did not answer."""
        self._silent += 1
        failures = self._unreached[sku] = self._unreached.get(sku, 0) + 1
        self.wait(sku, later(self._clock(), backoff(failures, UNREACHED, LONGEST_UNREACHED)))
        if self._silent >= DOWN_AFTER:
            self._rest(backoff(self._silent - DOWN_AFTER + 1, UNREACHED, LONGEST_UNREACHED))

    def unauthorised(self) -> None:
        """Take note that the channel refused our credentials."""
        self._unauthorised += 1
        self._rest(backoff(self._unauthorised, UNAUTHORISED, LONGEST_UNAUTHORISED))

    def _rest(self, pause: timedelta) -> None:
        self._resumes = later(self._clock(), pause)
