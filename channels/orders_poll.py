"""Asking a channel for its orders: what no notification told is found, and how far orders are read is known.

Orders come into the log as notifications bring them, under the same identities, so both ways count once.
"""

from datetime import timedelta
from typing import Protocol

import msgspec
import structlog

from channels.amazon.orders.client import FulfilledBy, Order, OrdersPage
from channels.amazon.rates import PUBLISHED
from channels.decisions import backoff
from channels.errors import ChannelError, Refused, Throttled
from channels.evidence import OrdersRead
from channels.limits import Rate
from channels.orders_place import EVERY, Place, Places
from channels.tenure import Tenure
from ingest.amazon.telling import AmazonOrders
from processor.clock import Clock, Instant, later
from stock.events import AmazonOrderLine, AmazonOrderSeen

MERCHANT: FulfilledBy = "MERCHANT"
LONGEST_PAUSE = timedelta(minutes=15)

LOOK_AGAIN = timedelta(seconds=5)
"""How often the place is read to see whether it is time."""

RATE = Rate(PUBLISHED["searchOrders"].per_second, PUBLISHED["searchOrders"].burst // 2)
"""Half of the burst is left to whoever else asks for the seller."""

_log = structlog.get_logger("channels.orders")


class OrderReads(Protocol):
    """A channel's orders by the time of their change: see `channels.amazon.orders.client.Orders.changed`."""

    def changed(
        self, since: Instant, token: str | None = None, fulfilled_by: FulfilledBy | None = MERCHANT
    ) -> OrdersPage:
        """Return a page of orders changed at `since` or later. Raises ChannelError."""
        ...


class OrdersPoll:
    """Asks for one seller's orders while he is held, whatever may be sent. For one thread."""

    def __init__(  # noqa: PLR0913 - whom to ask, and where to write down what he says
        self,
        tenant: str,
        reads: OrderReads,
        orders: AmazonOrders,
        *,
        places: Places,
        progress: OrdersRead,
        tenure: Tenure,
        clock: Clock,
    ) -> None:
        self._tenant, self._reads, self._orders = tenant, reads, orders
        self._places, self._progress, self._tenure, self._clock = places, progress, tenure, clock
        self._rate, self._failures, self._rests = RATE, 0, Instant("")
        self._next = Instant("")

    def forget(self) -> None:
        """Know nothing, as at the beginning of a tenure."""
        self._failures, self._rests, self._next = 0, Instant(""), Instant("")

    def step(self) -> None:
        """Ask for one page where that is due, and write down what it tells.

        The request is counted before it is made, and the page is left behind only once all of it is durable. Raises
        LeaseLost, and Retryable where the store failed: the page is asked for again.
        """
        now = self._clock()
        if now < max(self._rests, self._next):
            return
        place, revision = self._places.read(self._tenant, now)
        if not revision:
            self._places.save(self._tenant, place, revision)
        if not place.due(now) or not place.admits(self._rate, now):
            self._next = later(now, LOOK_AGAIN)
            return
        self._tenure.ensure()
        asked = place.asked(self._rate, now)
        if not self._places.save(self._tenant, asked, revision):
            return
        try:
            page = self._reads.changed(asked.since, asked.token)
        except ChannelError as error:
            self._failed(error, asked, revision + 1)
        else:
            self._heard(page, asked, revision + 1)

    def _heard(self, page: OrdersPage, asked: Place, revision: int) -> None:
        self._failures = 0
        self._granted(page.granted)
        news = self._take(page, asked.first)
        turned = asked.turned(page.token, page.until)
        if turned.token is None and asked.read is not None:
            # One that was changed twice since is told in the next run: what a run before was told up to is sure.
            self._progress.advance(self._tenant, asked.read)
        self._places.save(self._tenant, turned, revision)
        _log.info("orders.read", tenant=self._tenant, orders=len(page.orders), news=news, until=page.until)

    def _take(self, page: OrdersPage, first: Instant) -> int:
        """Let the log tell the page's orders; answer how many were news."""
        merchant = [order for order in page.orders if order.fulfilled_by == MERCHANT]
        older = {order.order for order in merchant if order.created_at < first}
        known = self._orders.seen(self._tenant, older) if older else {}
        news = 0
        for order in merchant:
            if order.order in older and order.order not in known:
                continue
            seen = _seen(order)
            if seen is None:
                _log.error("orders.unreadable", tenant=self._tenant, order=order.order[:100])
                continue
            at = min(order.updated_at, self._clock())
            news += self._orders.take(self._tenant, order.order, seen, at)
        return news

    def _failed(self, error: ChannelError, asked: Place, revision: int) -> None:
        self._granted(error.granted)
        self._failures += 1
        pause = backoff(self._failures, longest=LONGEST_PAUSE)
        if isinstance(error, Throttled):
            pause = max(pause, error.retry_after or EVERY)
        self._rests = later(self._clock(), pause)
        if isinstance(error, Refused) and asked.token is not None:
            self._places.save(self._tenant, asked.again(), revision)
        _log.warning("orders.unread", tenant=self._tenant, reason=str(error), pause=pause.total_seconds())

    def _granted(self, per_second: float | None) -> None:
        """Keep to the rate that is granted; never above the published one."""
        if per_second is not None and per_second > 0:
            self._rate = Rate(min(per_second, RATE.per_second), RATE.burst)


def _seen(order: Order) -> AmazonOrderSeen | None:
    """Return the order as an event holds it, None where no event could."""
    lines = tuple(
        AmazonOrderLine(line.item, 0 if line.cancelled else line.ordered, line.sku, line.fulfilled or 0)
        for line in order.lines
    )
    seen = AmazonOrderSeen(order.status or "UNKNOWN", lines)
    try:
        return msgspec.convert(msgspec.to_builtins(seen), AmazonOrderSeen)
    except msgspec.ValidationError:
        return None
