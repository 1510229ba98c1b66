"""Whether a channel is to be told, and what: pure, from the read model, the delivery row and the time."""

from datetime import timedelta

import msgspec

from channels.attempts import Delivery, Outcome
from processor.clock import Instant, instant, moment
from projections.broadcasts.documents import Broadcasts, Listing
from stock.identities import Channel

BACKOFF = timedelta(seconds=30)
MAX_BACKOFF = timedelta(hours=1)
LAG = timedelta(seconds=60)
"""How long the read model may take to learn of an outcome before the channel is told again."""


class Tell(msgspec.Struct, frozen=True):
    """Tell the channel `quantity`, under the number `attempt`, which was never used."""

    listing: str
    product_type: str
    quantity: int
    cause_version: int
    attempt: int


class Wait(msgspec.Struct, frozen=True):
    """There is something to tell, but not before `until`."""

    until: Instant


class Settle(msgspec.Struct, frozen=True):
    """The log tells the outcome of the newest attempt; its delivery row does not say so yet."""

    outcome: Outcome


class Rest(msgspec.Struct, frozen=True):
    """There is nothing to tell, or nobody: unmapped, uncounted, refused for good.

    `doubtful` tells that the channel may nevertheless show what the log does not tell.
    """

    doubtful: bool = False


Decision = Tell | Wait | Settle | Rest


def decide(state: Broadcasts | None, channel: Channel, delivery: Delivery, now: Instant) -> Decision:
    """Decide about one SKU. The newest quantity is the only one ever told.

    After a refusal the same quantity, or a higher one, waits out a backoff; a lower one is told at once, since what
    the channel shows can then be sold twice.
    """
    listing = state.channels.get(channel) if state else None
    if state is None or listing is None:
        return Rest()
    recorded = _recorded(listing, delivery)
    if recorded is not None:
        return Settle(recorded)
    if listing.listing is None or not state.balance.counted:
        return Rest(delivery.doubtful)
    early = _refused(listing, delivery, state.desired, now) or _lagging(listing, delivery, state.desired, now)
    if early is not None:
        return early
    if _told(listing, delivery) == state.desired:
        return Rest()
    return Tell(
        listing.listing,
        listing.product_type,
        state.desired,
        state.cause_version,
        max(delivery.attempt, listing.attempt) + 1,
    )


def backoff(times: int, first: timedelta = BACKOFF, longest: timedelta = MAX_BACKOFF) -> timedelta:
    """Return the pause after `times` failures in a row (from 1): doubling, never above `longest`."""
    return min(longest, first * (1 << min(times - 1, 30)))


def later(at: Instant, by: timedelta) -> Instant:
    """Return the moment `by` after `at`."""
    return instant(moment(at) + by)


def _recorded(listing: Listing, delivery: Delivery) -> Outcome | None:
    """Return the outcome of the row's attempt where the log tells it and the row does not."""
    if delivery.outcome != "unknown" or delivery.attempt != listing.attempt:
        return None
    if listing.refused is not None:
        return "refused" if listing.refused == delivery.quantity else None
    return "accepted" if listing.accepted == delivery.quantity else None


def _refused(listing: Listing, delivery: Delivery, desired: int, now: Instant) -> Decision | None:
    """Answer for a listing whose newest attempt was refused."""
    if listing.refused is None or listing.refused_at is None or listing.attempt < delivery.attempt:
        return None
    if desired == listing.refused and not listing.retry:
        return Rest(delivery.doubtful)
    until = later(listing.refused_at, backoff(listing.refusals))
    return Wait(until) if desired >= listing.refused and now < until else None


def _lagging(listing: Listing, delivery: Delivery, desired: int, now: Instant) -> Decision | None:
    """Answer for an attempt whose outcome is in the log, by its row, but not yet in the read model."""
    if delivery.outcome not in ("accepted", "refused") or delivery.attempt <= listing.attempt:
        return None
    if delivery.quantity != desired or delivery.listing != listing.listing:
        return None
    until = later(delivery.at, LAG)
    return Wait(until) if now < until else None


def _told(listing: Listing, delivery: Delivery) -> int | None:
    """Return the quantity that the channel was last told and took; None where that is not certain."""
    remapped = delivery.attempt > 0 and delivery.listing != listing.listing
    ahead = delivery.outcome == "accepted" and delivery.attempt > listing.attempt
    if delivery.doubtful or remapped or ahead or listing.refused is not None:
        return None
    return listing.accepted
