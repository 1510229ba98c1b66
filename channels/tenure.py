"""Holding a seller: a fenced lease that outlasts all that is sent under it."""

from datetime import timedelta

from channels.errors import LeaseLost
from channels.offers import SENT_WITHIN
from processor.clock import Clock, moment
from processor.leases import Lease, Leases

LENGTH = timedelta(seconds=25)
OUTLASTS = SENT_WITHIN + timedelta(seconds=2)
"""A call begins only while the lease lasts longer than a call can send, and machines' clocks differ: so whoever takes
over an expired lease can be sure that the holder before has sent his last."""


class Tenure:
    """One name, held or not. For one thread."""

    def __init__(self, leases: Leases, name: str, holder: str, clock: Clock) -> None:
        """`holder` is unique among processes that may live at the same time."""
        self._leases, self._name, self._holder, self._clock = leases, name, holder, clock
        self._lease: Lease | None = None
        self._left = -1
        self.resumed = False
        """Whether nobody else held the name since this one left it: what was known of the seller is still all true."""

    def take(self) -> bool:
        """Hold the name if nobody else does; answer whether it is held. Raises LeaseLost where it was and is not."""
        if self._lease is not None:
            self.ensure()
            return True
        self._lease = self._leases.acquire(self._name, self._holder, LENGTH)
        self.resumed = self.fence == self._left + 1
        return self._lease is not None

    @property
    def held(self) -> bool:
        """Whether this was the holder when last looked."""
        return self._lease is not None

    @property
    def fence(self) -> int:
        """The number of this tenure; a later holder's is higher. 0 where nothing is held."""
        return self._lease.fence if self._lease is not None else 0

    def ensure(self) -> None:
        """Make sure that the lease outlasts a call begun now. Raises LeaseLost where it does not: stop at once."""
        lease = self._lease
        if lease is not None and moment(lease.expires) - moment(self._clock()) < OUTLASTS:
            self._lease = self._leases.renew(lease, LENGTH)
        if self._lease is None:
            raise LeaseLost(self._name, lease.fence if lease is not None else 0)

    def lost(self) -> LeaseLost:
        """Let go of a name that another was seen to hold, and return what to raise."""
        fence, self._lease = self.fence, None
        return LeaseLost(self._name, fence)

    def leave(self) -> None:
        """Let another take over at once."""
        if self._lease is not None:
            self._leases.release(self._lease)
            self._left, self._lease = self._lease.fence, None
