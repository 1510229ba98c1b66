"""What Amazon shows of listings and feeds: noted, each notification once. None of it is merchant stock."""

from typing import Literal

import msgspec

from ingest.amazon.envelopes import Notification
from ingest.amazon.listings import Listings
from ingest.amazon.orders import AMAZON
from ingest.amazon.payloads import DEFAULT_CHANNEL, FbaChange, FeedFinish, QuantityChange, StatusChange
from ingest.recording import record
from processor.clock import Instant
from processor.log import Conflict, Duplicate
from processor.receipts import FactRecorder
from processor.streams import StreamId
from stock.events import (
    ChannelQuantityObserved,
    FbaLevelObserved,
    FeedFinished,
    ListingStatusObserved,
    ReviewRequested,
    StockEvent,
)
from stock.facts import fact
from stock.identities import Sku, channel_stream, feed_stream, review_stream, sku_stream

Status = Literal["recorded", "duplicate", "ignored"]


class Verdict(msgspec.Struct, frozen=True):
    """What became of a notification that was understood; `why` says why one is of no interest."""

    status: Status
    why: str | None = None


class Observations:
    """Takes all that is no order. What is told of a listing without a SKU is of no interest: nothing is compared."""

    def __init__(self, recorder: FactRecorder, listings: Listings) -> None:
        self._recorder, self._listings = recorder, listings

    def quantity(self, tenant: str, told: Notification, change: QuantityChange, at: Instant) -> Verdict:
        """Note what a listing shows: an echo of ours, Amazon's own sale, or another's edit. Never stock."""
        if change.channel.upper() != DEFAULT_CHANNEL:
            return Verdict("ignored", f"the quantity is of the fulfillment channel {change.channel}, not of DEFAULT")
        sku = self._sku(tenant, change.listing)
        if sku is None:
            return _unmapped(change.listing)
        seen = ChannelQuantityObserved(told.id, change.quantity, at, change.listing)
        return self._note(tenant, told, channel_stream(tenant, AMAZON, sku), seen, at)

    def status(self, tenant: str, told: Notification, change: StatusChange, at: Instant) -> Verdict:
        """Note which statuses a listing has."""
        sku = self._sku(tenant, change.listing)
        if sku is None:
            return _unmapped(change.listing)
        seen = ListingStatusObserved(told.id, change.statuses, at, change.listing)
        return self._note(tenant, told, channel_stream(tenant, AMAZON, sku), seen, at)

    def fba(self, tenant: str, told: Notification, change: FbaChange, at: Instant) -> Verdict:
        """Note what Amazon holds of a SKU in its own stock."""
        sku = self._sku(tenant, change.listing)
        if sku is None:
            return _unmapped(change.listing)
        return self._note(tenant, told, sku_stream(tenant, sku), FbaLevelObserved(told.id, change.fulfillable, at), at)

    def feed(self, tenant: str, told: Notification, finish: FeedFinish, at: Instant) -> Verdict:
        """Note that Amazon is done with a feed."""
        finished = FeedFinished(finish.feed, finish.status, at)
        return self._note(tenant, told, feed_stream(tenant, AMAZON, finish.feed), finished, at)

    def _sku(self, tenant: str, listing: str) -> Sku | None:
        return self._listings.of_lines(tenant, [listing]).get(listing)

    def _note(self, tenant: str, told: Notification, stream: StreamId, seen: StockEvent, at: Instant) -> Verdict:
        """Append it under the notification's identity; a second telling that differs is a person's to look at."""
        tx = f"{AMAZON}:notification:{told.id}"
        [receipt] = record(self._recorder, [(stream, fact(seen, tx=tx, at=at, source=AMAZON, correlation=told.id))])
        if isinstance(receipt.outcome, Conflict):
            subject = f"{AMAZON}:{stream.key.partition(':')[2] or stream.key}"
            asked = ReviewRequested("conflict", subject, f"notification {told.id} of {stream}"[:500])
            review = fact(asked, tx=f"conflict:{tx}", at=at, source=AMAZON)
            record(self._recorder, [(review_stream(tenant, subject), review)])
        return Verdict("duplicate" if isinstance(receipt.outcome, Duplicate | Conflict) else "recorded")


def _unmapped(listing: str) -> Verdict:
    return Verdict("ignored", f"no SKU is mapped to the listing {listing}, and none is called so")
