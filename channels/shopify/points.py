"""The points a shop lets this app spend: a bucket that fills steadily, as "GraphQL Admin API rate limits" tells.

Shopify holds the most a request can cost before it runs it, and gives back what it did not take. So do we. Until it has
told how full the bucket is, requests go one at a time: one that comes too early is answered all the same, and harmless.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import ceil
from threading import Lock
from time import monotonic as system_monotonic

import msgspec

from channels.errors import Throttled, Unreachable
from channels.limits import Monotonic
from channels.shopify.documents import Operation
from channels.shopify.wire import Cost

MAX_WAIT = timedelta(minutes=5)
_MAX_SECONDS = MAX_WAIT.total_seconds()
TURN_SECONDS = 0.1
"""How long a request waits for one that is to tell how full the bucket is."""


class Bucket(msgspec.Struct, frozen=True):
    """So many points at most, so many more a second."""

    maximum: float
    restore: float


STANDARD = Bucket(2000, 100)
"""What a shop on the standard plan grants; larger plans say so in their first answer."""


class Charge(msgspec.Struct):
    """The points held for one request, and what its answer told: of the bucket, or just to wait."""

    points: float
    number: int
    alone: bool
    cost: Cost | None = None
    wait: timedelta | None = None


class Points:
    """One app's points at one shop. For any number of threads."""

    def __init__(self, bucket: Bucket = STANDARD, monotonic: Monotonic = system_monotonic) -> None:
        self._bucket, self._monotonic, self._lock = bucket, monotonic, Lock()
        self._available, self._filled = 0.0, monotonic()
        self._told = False
        self._prices: dict[tuple[str, int], float] = {}
        self._under_way = 0.0
        self._began = 0

    @property
    def available(self) -> float:
        """How many points may be spent now."""
        with self._lock:
            self._fill()
            return self._available

    @contextmanager
    def charged(self, what: str, operation: Operation, rows: int = 1) -> Iterator[Charge]:
        """Hold the points of a request about `rows` while it is under way.

        Raises Throttled, with the time to wait, where they are not there: then nothing may be sent.
        """
        price = (operation.name, rows)
        charge = self._hold(what, self._prices.get(price, operation.points * rows))
        sent = True
        try:
            yield charge
        except Unreachable as error:
            sent = error.sent
            raise
        finally:
            self._settle(price, charge, sent=sent)

    def _hold(self, what: str, price: float) -> Charge:
        with self._lock:
            points = min(price, self._bucket.maximum)
            lacking = self._lacking(points)
            if lacking > 0:
                # Rounded up: a wait that ends a microsecond early would end in another wait.
                raise Throttled(what, timedelta(microseconds=ceil(min(lacking, _MAX_SECONDS) * 1e6)))
            self._available -= points
            self._began += 1
            charge = Charge(points, self._began, alone=not self._under_way)
            self._under_way += points
            return charge

    def _lacking(self, points: float) -> float:
        """Return for how many seconds `points` cannot be spent yet."""
        closed = self._fill()
        if not self._told:
            return closed or (TURN_SECONDS if self._under_way else 0.0)
        return closed + max(0.0, points - self._available) / self._bucket.restore

    def _settle(self, price: tuple[str, int], charge: Charge, *, sent: bool) -> None:
        """Give back what was not taken, and believe the shop.

        What it says while several requests are under way does not tell of those that it has not seen yet.
        """
        with self._lock:
            self._fill()
            self._under_way = max(0.0, self._under_way - charge.points)
            cost = charge.cost
            if not sent:
                self._available += charge.points
            elif cost is not None:
                status = cost.status
                self._bucket, self._told = Bucket(status.maximum, status.restore), True
                self._prices[price] = cost.requested
                estimate = self._available + charge.points - (cost.actual or 0.0)
                alone = charge.alone and charge.number == self._began
                told = status.available - self._under_way
                self._available = told if alone else min(estimate, told)
            if charge.wait is not None:
                self._available = min(self._available, 0.0)
                self._filled = max(self._filled, self._monotonic() + charge.wait.total_seconds())
            self._available = min(self._available, self._bucket.maximum)

    def _fill(self) -> float:
        """Add what has dripped in; answer for how many seconds nothing may be asked at all."""
        now = self._monotonic()
        if now < self._filled:
            return self._filled - now
        grown = self._available + (now - self._filled) * self._bucket.restore
        self._available = min(self._bucket.maximum, grown)
        self._filled = now
        return 0.0


def pause_of(cost: Cost | None) -> timedelta | None:
    """Return how long the shop's bucket needs to hold what was asked, None where it does not say."""
    if cost is None:
        return None
    lacking = max(0.0, min(cost.requested, cost.status.maximum) - cost.status.available)
    return timedelta(seconds=min(lacking / cost.status.restore, _MAX_SECONDS))
