"""What explains that a channel shows something else than it was told: its own orders, as far as we know them."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import msgspec

from channels.explaining import NOTHING_ELSE, Evidence
from processor.clock import Instant, later
from processor.errors import Contended
from processor.log import EventLog
from processor.registers import Register, Registers
from projections.broadcasts.documents import Listing
from stock.codec import decode
from stock.events import SaleCancelled, SaleRecorded
from stock.identities import Channel, Sku, sku_stream

MOST_EVENTS = 10_000
"""No more of a SKU's events are read for it; those of a listing that was confirmed at all are fewer by far."""

PREFIX = "orders/"
"""What the names of the registers begin with that tell how far orders are read."""

CANCELLED_WITHIN = timedelta(hours=24)
"""An order is seldom cancelled later; and what is shown comes before word of the cancellation, or after it."""

LATELY = 500
"""So many of a SKU's newest events are read for what may be offered again."""

_RACES = 20


class OrdersRead:
    """How far a channel's orders are read: the register `orders/<tenant>/<channel>`, which only moves forward.

    Whoever reads orders advances it once all that were made up to then are in the log. Raises StoreUnavailable.
    """

    def __init__(self, registers: Registers, channel: Channel) -> None:
        self._registers, self._channel = registers, channel

    def until(self, tenant: str) -> Instant | None:
        """Return the moment, None where nobody ever noted one."""
        return _moment(self._registers.read(self._name(tenant)))

    def advance(self, tenant: str, until: Instant) -> None:
        """Note that all orders made up to `until` are in the log; an earlier moment changes nothing."""
        for _ in range(_RACES):
            register = self._registers.read(self._name(tenant))
            known = _moment(register)
            if known is not None and known >= until:
                return
            value = msgspec.json.encode(until)
            if self._registers.write(self._name(tenant), value, register.revision if register else 0):
                return
        raise Contended(self._name(tenant), _RACES)

    def _name(self, tenant: str) -> str:
        return f"{PREFIX}{tenant}/{self._channel}"


def forget_orders(registers: Registers) -> None:
    """Know no longer how far any channel's orders are read."""
    for name, register in list(registers.scan(PREFIX)):
        registers.write(name, msgspec.json.encode(None), register.revision)


class Evidences:
    """Finds the evidence for one channel's listings. Raises StoreUnavailable."""

    def __init__(self, log: EventLog, orders: OrdersRead, channel: Channel) -> None:
        self._log, self._orders, self._channel = log, orders, channel

    def of(self, tenant: str, sku: Sku, listing: Listing | None) -> Evidence:
        """Return what explains what `listing` shows. Nothing is read unless it shows what it was not told."""
        if listing is None or listing.accepted is None or listing.observed is None:
            return NOTHING_ELSE
        if listing.limit is not None:
            return Evidence(self._sold(tenant, sku, listing.missing_since), orders_read=self._orders.until(tenant))
        if not listing.known or listing.observed == listing.accepted:
            return NOTHING_ELSE
        if listing.observed < listing.accepted:
            return Evidence(self._sold(tenant, sku, listing.cause))
        return Evidence(returned=self._returned(tenant, sku, listing.observed_at))

    def _sold(self, tenant: str, sku: Sku, after: int) -> int:
        """Count the units sold on the channel after event `after` of the SKU's stream, cancelled since or not."""
        facts = (fact for _, fact in self._own(tenant, sku, after, MOST_EVENTS))
        return sum(fact.quantity for fact in facts if isinstance(fact, SaleRecorded))

    def _returned(self, tenant: str, sku: Sku, seen: Instant | None) -> int:
        """Count the units that the channel may offer again by `seen`: those of its late orders that may be cancelled.

        Whether one was is told by another message than what is shown, so it need not be known.
        """
        since = later(seen, -CANCELLED_WITHIN) if seen is not None else Instant("")
        sold, freed = Counter[str](), Counter[str]()
        stream = sku_stream(tenant, sku)
        head = self._log.heads([stream]).get(stream, 0)
        for at, fact in self._own(tenant, sku, max(0, head - LATELY), LATELY):
            if at >= since and fact.line is not None:
                (sold if isinstance(fact, SaleRecorded) else freed)[fact.line] += fact.quantity
        return sum((sold | freed).values())

    def _own(
        self, tenant: str, sku: Sku, after: int, most: int
    ) -> Iterator[tuple[Instant, SaleRecorded | SaleCancelled]]:
        """Yield what the channel's orders changed after event `after` of the SKU's stream, and when."""
        for event in self._log.read(sku_stream(tenant, sku), after, most):
            if event.tx_id.startswith(f"{self._channel}:"):
                fact = decode(event)
                if isinstance(fact, SaleRecorded | SaleCancelled):
                    yield event.occurred_at, fact


def _moment(register: Register | None) -> Instant | None:
    found = None if register is None else msgspec.json.decode(register.value, type=str | None)
    return None if found is None else Instant(found)
