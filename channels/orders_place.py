"""How far a channel's orders are asked for, and how often that was: a register, so that a restart repeats little."""

from datetime import timedelta

import msgspec

from channels.limits import Rate
from processor.clock import Instant, later
from processor.registers import Registers
from stock.identities import Channel

EVERY = timedelta(minutes=3)
"""How often orders are asked for: one request in three minutes is what Amazon lets a seller ask in the long run."""

HELD_BACK = timedelta(minutes=3)
"""Amazon tells nothing of the newest two minutes: a question about these alone is none. Another for its clock."""

OVERLAP = timedelta(minutes=5)
"""A run asks again for so much of the one before: two servers of a channel need not agree on the time."""


class Place(msgspec.Struct, frozen=True):
    """One run through the orders changed at `since` or later, in pages.

    Orders made before `first` are known by the opening count, unless the log tells of them. `token` leads to the next
    page, and `until` is what the first page of the run was told up to; both are None before it. `read` is `until` of
    the newest run that came to its end, which is when the next run is due after EVERY: it `began` then. `free_at` is
    when a bucket of requests would be full again.
    """

    first: Instant
    since: Instant
    began: Instant = Instant("")
    token: str | None = None
    until: Instant | None = None
    read: Instant | None = None
    free_at: Instant = Instant("")

    def due(self, now: Instant) -> bool:
        """Whether a page is to be asked for: of this run, or of the next one."""
        return self.under_way or now >= (later(self.began, EVERY) if self.began else later(self.since, HELD_BACK))

    @property
    def under_way(self) -> bool:
        """Whether a run began and has not come to its end."""
        return bool(self.began) and (self.until is None or self.token is not None)

    def admits(self, rate: Rate, now: Instant) -> bool:
        """Whether a request may be made now, within `rate`."""
        return self.free_at <= later(now, timedelta(seconds=(rate.burst - 1) / rate.per_second))

    def asked(self, rate: Rate, now: Instant) -> "Place":
        """Return the place once a request is made: of a run that begins with it, where none is under way."""
        free_at = later(max(self.free_at, now), timedelta(seconds=1 / rate.per_second))
        if self.under_way:
            return msgspec.structs.replace(self, free_at=free_at)
        return msgspec.structs.replace(self, free_at=free_at, began=now, token=None, until=None)

    def turned(self, token: str | None, until: Instant | None) -> "Place":
        """Return the place once all of a page is in the log; `token` None tells that it was the last."""
        until = self.until or until or self.since
        if token is not None:
            return msgspec.structs.replace(self, token=token, until=until)
        since = max(self.since, later(until, -OVERLAP))
        return msgspec.structs.replace(self, token=None, until=until, since=since, read=until)

    def again(self) -> "Place":
        """Return the place with this run from its beginning: its token is no longer taken."""
        return msgspec.structs.replace(self, token=None, until=None)


class Places:
    """The places of one channel's tenants: the register `polled/<tenant>/<channel>`. Raises StoreUnavailable."""

    def __init__(self, registers: Registers, channel: Channel) -> None:
        self._registers, self._channel = registers, channel

    def read(self, tenant: str, now: Instant) -> tuple[Place, int]:
        """Return the place and the revision to save it by; the first begins `now`, of revision 0, and is not saved."""
        register = self._registers.read(self._name(tenant))
        if register is None:
            return Place(now, now), 0
        return msgspec.json.decode(register.value, type=Place), register.revision

    def save(self, tenant: str, place: Place, revision: int) -> bool:
        """Keep the place; False, having changed nothing, where another has since."""
        return self._registers.write(self._name(tenant), msgspec.json.encode(place), revision)

    def _name(self, tenant: str) -> str:
        return f"polled/{tenant}/{self._channel}"
