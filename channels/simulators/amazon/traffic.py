"""Customers and strangers who act by themselves: sales, cancellations and foreign edits, the same for the same seed."""

from datetime import timedelta
from random import Random
from threading import RLock

from pydantic import BaseModel, ConfigDict, Field

from channels.simulators.amazon.orders import Orders
from channels.simulators.amazon.shelf import Shelf
from channels.simulators.amazon.time import Agenda


class TrafficPlan(BaseModel):
    """How lively it is: `per_minute` orders on average, of 1 to `most_units` units of one listing.

    `cancelled` is the share of orders that are cancelled within ten minutes, wholly or in part; `edits` the number of
    foreign edits an order, on average, each setting a listing to 0 to `most_edited` units.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_minute: float = Field(default=0.0, ge=0, le=60_000)
    most_units: int = Field(default=1, ge=1, le=1000)
    cancelled: float = Field(default=0.0, ge=0, le=1)
    edits: float = Field(default=0.0, ge=0, le=1)
    most_edited: int = Field(default=100, ge=0)


CANCELLED_WITHIN = 600.0
"""Seconds."""


class Traffic:
    """A stream of customers. Safe for several threads."""

    def __init__(self, lock: RLock, agenda: Agenda, random: Random, shelf: Shelf, orders: Orders) -> None:
        self._lock, self._agenda, self._random, self._shelf, self._orders = lock, agenda, random, shelf, orders
        self._plan = TrafficPlan()
        self._round = 0

    def follow(self, plan: TrafficPlan) -> None:
        """Let traffic flow by `plan` from now on, and by no older one."""
        with self._lock:
            self._plan = plan
            self._round += 1
            self._next(self._round)

    def _next(self, current: int) -> None:
        if self._plan.per_minute and current == self._round:
            pause = self._random.expovariate(self._plan.per_minute / 60)
            self._agenda.after(timedelta(seconds=pause), lambda: self._visit(current))

    def _visit(self, current: int) -> None:
        if current != self._round:
            return
        if self._random.random() < self._plan.edits:
            self._edit()
        self._buy()
        self._next(current)

    def _buy(self) -> None:
        offering = [listing for listing in self._shelf.listings() if listing.buyable]
        if not offering:
            return
        listing = self._random.choice(offering)
        offered = listing.available[listing.channel or ""] or 0
        units = min(self._random.randint(1, self._plan.most_units), offered)
        if not units:
            return
        order = self._orders.buy({listing.sku: units})
        if self._random.random() < self._plan.cancelled:
            later = timedelta(seconds=self._random.uniform(0, CANCELLED_WITHIN))
            self._agenda.after(later, lambda: self._cancel(order))

    def _cancel(self, order: str) -> None:
        """Cancel an order, or of several units now and then a part."""
        found = self._orders.order(order)
        if found is None or found.status != "UNSHIPPED":
            return
        (line,) = found.lines
        part = self._random.randint(1, line.quantity)
        if part < line.quantity:
            self._orders.reduce(order, {line.sku: part})
        else:
            self._orders.step(order, "CANCELLED")

    def _edit(self) -> None:
        listings = [listing.sku for listing in self._shelf.listings() if listing.channel is not None]
        if listings:
            self._shelf.edit(self._random.choice(listings), self._random.randint(0, self._plan.most_edited))
