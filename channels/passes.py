"""How far the walk over all of a tenant's listings is: a register, so that any process goes on where one stopped."""

from datetime import timedelta

import msgspec

from channels.requests import Requests
from processor.clock import Clock, Instant, later
from processor.registers import Registers
from stock.identities import Channel

FIRST_AFTER = timedelta(minutes=15)
EVERY = timedelta(hours=6)
"""When the first walk begins after a seller is first tended, and how long after the beginning of one the next does."""


class Pass(msgspec.Struct, frozen=True):
    """One walk. It `began`, or is to begin, then; `after` is the place in the order of SKUs, None at either end.

    `looked` listings were asked, `differed` of them showed what was not known. `ended` tells when it was through.
    Requests for one SKU up to `served` are done with, those for every listing up to `asked` are taken up.
    """

    began: Instant
    after: str | None = None
    looked: int = 0
    differed: int = 0
    ended: Instant | None = None
    served: Instant = Instant("")
    asked: Instant = Instant("")

    def due(self, requests: Requests, now: Instant) -> bool:
        """Whether there is something to walk for now."""
        asked = requests.every > self.asked or any(request.at > self.served for request in requests.skus)
        return asked or now >= (self.began if self.ended is None else later(self.began, EVERY))

    def walking(self, now: Instant) -> bool:
        """Whether the walk is under way."""
        return self.ended is None and now >= self.began

    def renewed(self, requests: Requests, now: Instant) -> "Pass":
        """Return this pass, or the next one where that is to begin."""
        if requests.every > self.asked or (self.ended is not None and now >= later(self.began, EVERY)):
            return Pass(now, served=self.served, asked=requests.every)
        return self


class Passes:
    """The passes of one channel's tenants: the register `reconcile/<tenant>/<channel>`. Raises StoreUnavailable."""

    def __init__(self, registers: Registers, channel: Channel, clock: Clock) -> None:
        self._registers, self._channel, self._clock = registers, channel, clock

    def read(self, tenant: str) -> tuple[Pass, int]:
        """Return the pass and the revision to save it by; the first is still to begin, and not saved."""
        register = self._registers.read(self._name(tenant))
        if register is None:
            return Pass(later(self._clock(), FIRST_AFTER)), 0
        return msgspec.json.decode(register.value, type=Pass), register.revision

    def save(self, tenant: str, pass_: Pass, revision: int) -> bool:
        """Keep how far the pass is; False, having changed nothing, where another has since."""
        return self._registers.write(self._name(tenant), msgspec.json.encode(pass_), revision)

    def _name(self, tenant: str) -> str:
        return f"reconcile/{tenant}/{self._channel}"
