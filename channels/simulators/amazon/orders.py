"""What the small Amazon's customers ordered."""

from collections.abc import Mapping
from itertools import count
from random import Random
from threading import RLock
from typing import Literal

import msgspec

from channels.simulators.amazon.notices import Notices
from channels.simulators.amazon.payloads import OrderLineTold, OrderStatus, OrderTold
from channels.simulators.amazon.shelf import MERCHANT, Shelf
from channels.simulators.amazon.time import SimulatedTime
from processor.clock import Instant

Status = Literal["PENDING", "UNSHIPPED", "SHIPPED", "CANCELLED"]

_TOLD: dict[Status, OrderStatus] = {
    "PENDING": "Pending",
    "UNSHIPPED": "Unshipped",
    "SHIPPED": "Shipped",
    "CANCELLED": "Canceled",
}
_NEXT: dict[Status, frozenset[Status]] = {
    "PENDING": frozenset({"UNSHIPPED", "CANCELLED"}),
    "UNSHIPPED": frozenset({"SHIPPED", "CANCELLED"}),
    "SHIPPED": frozenset(),
    "CANCELLED": frozenset(),
}


class NotOffered(Exception):
    """A customer asked for what the listing does not offer. Nothing was ordered."""


class NoSuchStep(Exception):
    """An order cannot go from where it is to where it was told to."""


class SimulatedOrderLine(msgspec.Struct, frozen=True):
    """One item of an order."""

    item: str
    sku: str
    quantity: int


class SimulatedOrder(msgspec.Struct):
    """An order of one kind of fulfilment; `merchant` tells which."""

    order: str
    merchant: bool
    created: Instant
    updated: Instant
    status: Status
    lines: tuple[SimulatedOrderLine, ...]


class Orders:
    """Customers who buy what listings offer, and what becomes of their orders. Safe for several threads."""

    def __init__(self, lock: RLock, time: SimulatedTime, random: Random, shelf: Shelf, notices: Notices) -> None:
        self._lock, self._time, self._random, self._shelf, self._notices = lock, time, random, shelf, notices
        self._orders: dict[str, SimulatedOrder] = {}
        self._items = count(40_000_000_000_001)

    def all(self) -> list[SimulatedOrder]:
        """Return a copy of every order, by the time of its newest change."""
        with self._lock:
            return sorted(map(msgspec.structs.replace, self._orders.values()), key=lambda o: (o.updated, o.order))

    def order(self, order: str) -> SimulatedOrder | None:
        """Return a copy of an order."""
        with self._lock:
            found = self._orders.get(order)
            return msgspec.structs.replace(found) if found else None

    def buy(self, lines: Mapping[str, int], *, pending: bool = False) -> str:
        """Let a customer order units of listings; the listings offer so many fewer, and that is told first.

        Returns the order's id. Raises NotOffered, having changed nothing, where they offer fewer or unlike fulfilment.
        """
        with self._lock:
            merchant = self._offering(lines)
            for sku, quantity in lines.items():
                self._shelf.move(sku, -quantity)
            now = self._time.now()
            ordered = tuple(SimulatedOrderLine(str(next(self._items)), sku, units) for sku, units in lines.items())
            order = SimulatedOrder(self._id(), merchant, now, now, "PENDING" if pending else "UNSHIPPED", ordered)
            self._orders[order.order] = order
            self._tell(order, "Order placed")
            return order.order

    def step(self, order: str, status: Status, *, restock: bool = True) -> None:
        """Let an order be paid (UNSHIPPED), shipped or cancelled. Raises KeyError or NoSuchStep.

        `restock` tells whether the listings offer a cancelled order's units again.
        """
        with self._lock:
            found = self._orders[order]
            if status not in _NEXT[found.status]:
                raise NoSuchStep(f"order {order} is {found.status}: it cannot become {status}")
            found.status, found.updated = status, self._time.now()
            if status == "CANCELLED" and restock:
                for line in found.lines:
                    self._shelf.move(line.sku, line.quantity)
            self._tell(found, "Order cancelled" if status == "CANCELLED" else "Order status changed")

    def reduce(self, order: str, lines: Mapping[str, int], *, restock: bool = True) -> None:
        """Let units of an order be cancelled, not all of it. Raises KeyError or NoSuchStep, having changed nothing."""
        with self._lock:
            found = self._orders[order]
            ordered = {line.sku: line.quantity for line in found.lines}
            left = {sku: ordered[sku] - units for sku, units in lines.items()}
            if (
                "CANCELLED" not in _NEXT[found.status]
                or min(left.values()) < 0
                or not any({**ordered, **left}.values())
            ):
                raise NoSuchStep(
                    f"order {order} is {found.status}, of {ordered}: {dict(lines)} is not a part to cancel"
                )
            found.lines = tuple(
                SimulatedOrderLine(line.item, line.sku, left.get(line.sku, line.quantity)) for line in found.lines
            )
            found.updated = self._time.now()
            if restock:
                for sku, units in lines.items():
                    self._shelf.move(sku, units)
            self._tell(found, "Items cancelled")

    def _offering(self, lines: Mapping[str, int]) -> bool:
        """Tell who fulfils what `lines` ask for."""
        channels = set()
        for sku, quantity in lines.items():
            listing = self._shelf.listing(sku)
            channel = listing.channel if listing else None
            offered = listing.available.get(channel) if listing and channel else None
            if (offered or 0) < quantity:
                raise NotOffered(f"{sku} offers {offered or 0}, not {quantity}")
            channels.add(channel)
        if len(channels) != 1:
            raise NotOffered("an order has lines of one kind of fulfilment, and one line at least")
        return channels == {MERCHANT}

    def _tell(self, order: SimulatedOrder, reason: str) -> None:
        lines = tuple(OrderLineTold(line.item, line.sku, line.quantity) for line in order.lines)
        told = OrderTold(order.order, _TOLD[order.status], order.merchant, order.created, reason, lines)
        self._notices.order_change(told, order.updated)

    def _id(self) -> str:
        while True:
            digits = f"{self._random.randrange(10**17):017d}"
            order = f"{digits[:3]}-{digits[3:10]}-{digits[10:]}"
            if order not in self._orders:
                return order
