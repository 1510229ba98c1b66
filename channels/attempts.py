"""What was tried on a channel: a delivery row per SKU, written before the channel is asked.

A row is the register `delivery/<tenant>/<channel>/<sku>`, changed by compare-and-set. It is written ahead of the call
and again when the outcome is in the log:

    row (attempt n, outcome unknown)  ->  call  ->  event `attempt:n` in the channel's stream  ->  row (outcome)

A crash after the first step leaves an outcome that nobody knows. The next holder of the seller's lease finds the row
and tells the channel the quantity of that moment under a **new** number: a number names one content for ever, so that
`attempt:n` can never be two facts, and an absolute quantity may be told twice. Numbers without an event are gaps.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from channels.evidence import forget_orders
from processor.clock import Instant
from processor.registers import Registers
from stock.identities import Channel, Sku

PREFIX = "delivery/"
"""What the names of all delivery rows begin with."""

Outcome = Literal["unknown", "accepted", "refused", "untaken"]
"""`untaken`: the channel cannot have acted upon the attempt, and the log does not tell of it (throttled, no route)."""


class Check(msgspec.Struct, frozen=True):
    """What the channel said of who fulfils `listing`, when it was asked."""

    listing: str
    merchant: bool
    at: Instant


class Carried(msgspec.Struct, frozen=True):
    """The SKU's line in a feed that is not over: `quantity` may be shown at any moment, whatever is told meanwhile."""

    feed: int
    attempt: int
    quantity: int


class Delivery(msgspec.Struct, frozen=True):
    """The newest attempt for one SKU. Number 0 stands for none so far.

    `suspect` tells that the outcome of an attempt before this one is unknown, and none was accepted since: then too
    the channel may show what the log does not tell. `carried`: a feed is under way that tells the SKU's listing too.
    `landed`: nothing up to that attempt is on its way any more, though nobody may have seen what the channel shows.
    """

    attempt: int = 0
    listing: str = ""
    quantity: int = 0
    cause_version: int = 0
    fence: int = 0
    at: Instant = Instant("")
    outcome: Outcome = "untaken"
    suspect: bool = False
    check: Check | None = None
    carried: Carried | None = None
    landed: int = 0

    @property
    def doubtful(self) -> bool:
        """Whether the channel may show a quantity that the log does not tell of."""
        return self.suspect or self.outcome == "unknown" or self.carried is not None

    def let_go(self) -> "Delivery":
        """Return the row once no feed carries it any more, and nobody knows what came of it."""
        newest = self.carried is not None and self.carried.attempt == self.attempt
        landed, outcome = (self.attempt, "untaken") if newest else (self.landed, self.outcome)
        return msgspec.structs.replace(self, outcome=outcome, suspect=True, carried=None, landed=landed)

    def ended(self, outcome: Outcome) -> "Delivery":
        """Return the row once the outcome is known. What was accepted overwrote all that was in doubt but a feed."""
        return msgspec.structs.replace(self, outcome=outcome, suspect=self.suspect and outcome != "accepted")


def doubt_all(registers: Registers) -> int:
    """Put every delivery row in doubt, and return how many there are; how far orders were read is forgotten.

    After an older copy of the store was brought back, channels may show what was told since: each listing is then
    told its quantity anew, in live mode, once. Orders that were read since are not in the copy.
    """
    forget_orders(registers)
    doubted = 0
    for name, register in list(registers.scan(PREFIX)):
        delivery = msgspec.json.decode(register.value, type=Delivery)
        doubtful = msgspec.structs.replace(delivery, suspect=True)
        doubted += registers.write(name, msgspec.json.encode(doubtful), register.revision)
    return doubted


class Entry(msgspec.Struct, frozen=True):
    """A delivery row as it was read or written, for the next compare-and-set."""

    name: str
    delivery: Delivery
    revision: int


class Attempts:
    """The delivery rows of one channel, over registers. Raises StoreUnavailable as they do."""

    def __init__(self, registers: Registers, channel: Channel) -> None:
        self._registers, self._channel = registers, channel

    def entry(self, tenant: str, sku: Sku) -> Entry:
        """Return the SKU's row, a new one where nothing was ever tried. Strongly consistent."""
        name = f"{self._prefix(tenant)}{sku}"
        register = self._registers.read(name)
        if register is None:
            return Entry(name, Delivery(), 0)
        return Entry(name, msgspec.json.decode(register.value, type=Delivery), register.revision)

    def write(self, entry: Entry, delivery: Delivery) -> Entry | None:
        """Replace the row; None, having changed nothing, where another has written since `entry` or holds it now.

        A row of a higher fence belongs to a later holder of the lease: the writer was overtaken.
        """
        if entry.delivery.fence > delivery.fence:
            return None
        if not self._registers.write(entry.name, msgspec.json.encode(delivery), entry.revision):
            return None
        return Entry(entry.name, delivery, entry.revision + 1)

    def doubtful(self, tenant: str) -> Iterator[Sku]:
        """Yield the SKUs whose channel may show what the log does not tell. May be eventually consistent."""
        prefix = self._prefix(tenant)
        for name, register in self._registers.scan(prefix):
            if msgspec.json.decode(register.value, type=Delivery).doubtful:
                yield Sku(name[len(prefix) :])

    def _prefix(self, tenant: str) -> str:
        return f"{PREFIX}{tenant}/{self._channel}/"
