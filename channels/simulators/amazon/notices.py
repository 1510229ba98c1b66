"""What the small Amazon tells of itself: notifications, late and repeated as its plan and seed want it."""

from collections import deque
from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from random import Random
from threading import RLock
from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from channels.simulators.amazon import payloads
from channels.simulators.amazon.time import Agenda, SimulatedTime
from processor.clock import Instant

_REMEMBERED = 100_000


class NoticePlan(BaseModel):
    """How notifications travel: after between `soonest` and `latest` seconds, some of them again, some never.

    `repeated` and `lost` are probabilities; a repetition carries the same id and travels by itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    soonest: float = Field(default=0.0, ge=0, le=86400)
    latest: float = Field(default=0.0, ge=0, le=86400)
    repeated: float = Field(default=0.0, ge=0, le=1)
    lost: float = Field(default=0.0, ge=0, le=1)


class Notice(msgspec.Struct, frozen=True):
    """A notification on arrival; `number` counts arrivals from 1."""

    number: int
    arrived: Instant
    body: Mapping[str, Any]


class Notices:
    """Notifications on their way and arrived. Safe for several threads."""

    def __init__(  # noqa: PLR0913 - what a notification is made of
        self, lock: RLock, time: SimulatedTime, agenda: Agenda, random: Random, *, seller_id: str, marketplace: str
    ) -> None:
        self._lock, self._time, self._agenda, self._random = lock, time, agenda, random
        self._seller_id, self._marketplace = seller_id, marketplace
        self.plan = NoticePlan()
        self._arrived: deque[Notice] = deque(maxlen=_REMEMBERED)
        self._number = 0
        self._last: dict[str, float] = {}
        self._subscriptions: dict[str, str] = {}

    def arrived(self, after: int = 0) -> tuple[Notice, ...]:
        """Return what arrived after the notification of that number, in order."""
        with self._lock:
            self._agenda.run()
            if after >= self._number:
                return ()
            forgotten = self._number - len(self._arrived)
            return tuple(islice(self._arrived, max(0, after - forgotten), None))

    def merchant_quantity(self, sku: str, quantity: int) -> None:
        """Tell what a merchant's listing offers now."""
        self._of_listing(sku, payloads.merchant_quantity(self._seller_id, sku, quantity))

    def amazons_stock(self, sku: str, quantity: int) -> None:
        """Tell what Amazon's own warehouses hold of a listing."""
        self._of_listing(sku, payloads.amazons_stock(self._seller_id, self._marketplace, sku, quantity))

    def listing_status(self, sku: str, created: Instant, *, buyable: bool) -> None:
        """Tell that a listing can be bought now, or no longer."""
        self._send(payloads.listing_status(self._seller_id, self._marketplace, sku, created, buyable=buyable))

    def order_change(self, order: payloads.OrderTold, changed: Instant) -> None:
        """Tell how an order stands. It never overtakes what was told before of the quantities of its listings."""
        behind = max((self._last.get(line.sku, 0.0) for line in order.lines), default=0.0)
        self._send(payloads.order_change(self._seller_id, self._marketplace, order, changed), behind)

    def feed_finished(self, feed: str, feed_type: str, status: str, result: str | None) -> None:
        """Tell that a feed is over."""
        self._send(payloads.feed_finished(self._seller_id, feed, feed_type, status, result))

    def _of_listing(self, sku: str, message: payloads.Message) -> None:
        self._last[sku] = max(self._last.get(sku, 0.0), self._send(message))

    def _send(self, message: payloads.Message, behind: float = 0.0) -> float:
        """Send a notification on its way, to arrive no sooner than `behind`. Returns when it does; 0 for never."""
        body = message.envelope(self._time.now(), self._subscription(message.kind), self._id())
        if self._random.random() < self.plan.lost:
            return 0.0
        delay = max(self._random.uniform(self.plan.soonest, self.plan.latest), behind - self._time.seconds())
        arrives = self._agenda.after(timedelta(seconds=delay), lambda: self._arrive(body))
        if self._random.random() < self.plan.repeated:
            again = delay + self._random.uniform(self.plan.soonest, self.plan.latest)
            self._agenda.after(timedelta(seconds=again), lambda: self._arrive(body))
        return arrives

    def _subscription(self, kind: str) -> str:
        return self._subscriptions.setdefault(kind, self._id())

    def _arrive(self, body: Mapping[str, Any]) -> None:
        self._number += 1
        self._arrived.append(Notice(self._number, self._time.now(), body))

    def _id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))
