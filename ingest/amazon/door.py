"""The door for Amazon's notifications: each is taken once, set aside, or kept whole. None is lost."""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from hashlib import blake2b
from typing import Any, Literal

import msgspec

from ingest.amazon.envelopes import Aside, Notification, Unreadable, opened
from ingest.amazon.listings import Listings
from ingest.amazon.observations import Observations, Verdict
from ingest.amazon.orders import AMAZON
from ingest.amazon.payloads import FbaChange, FeedFinish, OfASeller, OrderChange, QuantityChange, StatusChange
from ingest.amazon.telling import AmazonOrders
from ingest.outcome import Refused
from ingest.reading import check
from ingest.shopify.histories import Seen
from processor.arrivals import Arrival, Place
from processor.clock import Clock, Instant, instant, moment
from processor.deadletters import DeadLetter, DeadLetters
from processor.log import EventLog
from processor.logs import Logger
from processor.receipts import FactRecorder

Way = Literal["http", "queue"]
"""How a message came: from a caller who speaks for one tenant, or through the queue that Amazon itself fills."""

AHEAD = timedelta(days=1)
"""So far Amazon's clock may be ahead of ours: what is said to happen later would stand against all that follows."""

_DATED = (QuantityChange, StatusChange, FbaChange)
"""What is an observation: of two the later one counts, so its time must be known."""

_log = Logger("ingest.amazon")


class Heard(msgspec.Struct, frozen=True):
    """What became of one message.

    `kept` names the dead letter of one that could not be taken, and `why` says what was wrong with it; of one that is
    `ignored`, why it is of no interest. `type` and `id` are the notification's, None where they cannot be read.
    """

    status: Literal["recorded", "duplicate", "ignored", "quarantined"]
    type: str | None = None
    id: str | None = None
    why: str | None = None
    kept: str | None = None


class _Unfit(Exception):
    """A message that cannot be taken now; it is `tenant`'s to see."""

    def __init__(self, tenant: str, why: str, told: Notification | None = None) -> None:
        super().__init__(why)
        self.tenant, self.why, self.told = tenant, why, told


class NotificationDoor:
    """Takes notifications for the sellers that are known here."""

    def __init__(
        self,
        recorder: FactRecorder,
        log: EventLog,
        letters: Callable[[], DeadLetters],
        sellers: Mapping[str, str],
        clock: Clock,
    ) -> None:
        """`letters` keeps what cannot be taken; `sellers` tells whose tenant each seller's id is."""
        self._letters, self._sellers, self._clock = letters, sellers, clock
        self._orders = AmazonOrders(recorder, log)
        seen = Observations(recorder, Listings(recorder, log))
        self._kinds: dict[str, tuple[type[OfASeller], Callable[[str, Notification, Any, Instant], Verdict]]] = {
            "LISTINGS_ITEM_MFN_QUANTITY_CHANGE": (QuantityChange, seen.quantity),
            "LISTINGS_ITEM_STATUS_CHANGE": (StatusChange, seen.status),
            "LISTINGS_ITEM_STATUS_CHANGED": (StatusChange, seen.status),  # as the published schema has it
            "FBA_INVENTORY_AVAILABILITY_CHANGES": (FbaChange, seen.fba),
            "FEED_PROCESSING_FINISHED": (FeedFinish, seen.feed),
            "ORDER_CHANGE": (OrderChange, self._order),
        }

    def take(self, owner: str, data: bytes, way: Way = "http") -> Heard:
        """Take the message `data`, whatever is around the notification in it: it is durable then.

        `owner` is the tenant whose caller sent it, and who alone it may speak for; of a queue, whose tenant sees what
        nobody else's is. Raises Retryable where the store failed: then it must come again.
        """
        try:
            return self._taken(owner, data, way)
        except _Unfit as unfit:
            return self.keep(unfit.tenant, data, way, unfit.why, unfit.told)

    def keep(self, owner: str, data: bytes, way: Way, why: str, told: Notification | None = None) -> Heard:
        """Keep a message that cannot be taken as a dead letter of `owner`'s. Raises Retryable."""
        place = Place(AMAZON, "notifications", way, blake2b(data, digest_size=16).hexdigest())
        letter = self._letters().keep(owner, Arrival(place, data, self._clock()), why)
        type_, id_ = (None, None) if told is None else (told.type, told.id)
        return Heard("quarantined", type_, id_, why, letter.id)

    def orders(self, tenant: str, orders: Collection[str]) -> dict[str, Seen]:
        """Return what was told of each of `orders`; one of which nothing was is absent."""
        return self._orders.seen(tenant, orders)

    def redrive(self, letter: DeadLetter) -> str | None:
        """Take a dead letter again; answer why it still cannot be, or None: then it is released.

        Raises Retryable, or LookupError where the letter was released meanwhile.
        """
        letters = self._letters()
        record = letters.record(letter)
        try:
            self._taken(letter.tenant, record.data, "queue" if letter.place.shard == "queue" else "http")
        except _Unfit as unfit:
            letters.failed(letter, unfit.why)
            return unfit.why
        letters.release(letter)
        return None

    def _taken(self, owner: str, data: bytes, way: Way) -> Heard:
        try:
            told = opened(data)
        except Unreadable as error:
            raise _Unfit(owner, str(error)) from error
        if isinstance(told, Aside):
            return _ignored(told.what, None, "a subscription is confirmed by whoever made it")
        kind = self._kinds.get(told.type)
        if kind is None:
            return _ignored(told.type, told.id, "notifications of this type are not used")
        model, take = kind
        change = check(model, told.payload)
        if isinstance(change, Refused):
            raise _Unfit(self._whose(owner, told, way), change.message, told)
        tenant = self._sellers.get(change.seller)
        if tenant is None or (tenant != owner and way == "http"):
            raise _Unfit(owner, f"the seller {change.seller} is not registered here: see SYNCSTATE_AMAZON_SELLER", told)
        at = self._moment(tenant, told) if model in _DATED else self._about(told.at)
        verdict = take(tenant, told, change, at)
        return Heard(verdict.status, told.type, told.id, verdict.why)

    def _order(self, tenant: str, _: Notification, change: OrderChange, at: Instant) -> Verdict:
        """Take an order as it stands: what the merchant sends from the shelf is promised to a buyer, or free again."""
        if change.summary.fulfilled_by == "AFN":
            return Verdict("ignored", "Amazon fulfils the order from its own stock")
        news = self._orders.take(tenant, change.order, change.seen, self._about(change.trigger.at or at))
        return Verdict("recorded" if news else "duplicate")

    def _moment(self, tenant: str, told: Notification) -> Instant:
        """Return when it happened. Raises _Unfit where that is unknown, or lies ahead."""
        if told.at is None:
            raise _Unfit(tenant, "EventTime: must be a time in ISO 8601 with its zone", told)
        if told.at > self._latest():
            raise _Unfit(tenant, f"EventTime: {told.at} lies in the future", told)
        return told.at

    def _about(self, at: Instant | None) -> Instant:
        """Return when something happened of which the time decides nothing: now, where it cannot be right."""
        return at if at is not None and at <= self._latest() else self._clock()

    def _latest(self) -> Instant:
        return instant(moment(self._clock()) + AHEAD)

    def _whose(self, owner: str, told: Notification, way: Way) -> str:
        """Return whose tenant should see what is wrong with a notification, of which its seller may be readable."""
        seller = told.payload.get("sellerid")
        return self._sellers.get(seller, owner) if way == "queue" and isinstance(seller, str) else owner


def _ignored(type_: str, id_: str | None, why: str) -> Heard:
    """Set aside what nobody asked for, and log it: a subscription too many."""
    _log.info("amazon.ignored", type=type_[:100], notification=id_, why=why)
    return Heard("ignored", type_, id_, why)
