"""Whether a channel is to be told or asked, and what: pure, from the read model, the delivery row and the time."""

from datetime import timedelta

import msgspec

from channels.attempts import Delivery, Outcome
from channels.explaining import NOTHING_ELSE, Ask, Evidence, Note, unexplained
from processor.clock import Instant, later
from projections.broadcasts.documents import Broadcasts, Listing
from stock.events import BroadcastsStopped
from stock.identities import Channel

BACKOFF = timedelta(seconds=30)
MAX_BACKOFF = timedelta(hours=1)
LAG = timedelta(seconds=60)
"""How long the read model may take to learn of an outcome before the channel is told again."""

CONFIRM_AFTER = timedelta(minutes=2)
"""A quantity that was not seen by then is looked for, and again after as long."""


LOOK_AGAIN = timedelta(seconds=30)
"""How often a SKU is looked at whose listing a feed is to change."""

MOST_REPEATS = 5
"""The same quantity, of the same cause, is told again so often; then somebody works against us: a person decides."""


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


Decision = Tell | Ask | Note | Wait | Settle | Rest


def decide(
    state: Broadcasts | None, channel: Channel, delivery: Delivery, now: Instant, evidence: Evidence = NOTHING_ELSE
) -> Decision:
    """Decide about one SKU. The newest quantity is the only one ever told.

    What is shown and not explained is noted before it is overwritten, unless it may be an attempt of ours whose
    outcome is not known here. After a refusal the same quantity, or a higher one, waits out a backoff; a lower one is
    told at once, since what the channel shows can then be sold twice. While a feed carries the SKU, only a lower one is
    told: what the feed carries may come after it, so that it is told again when the feed is over.
    """
    listing = state.channels.get(channel) if state else None
    if state is None or listing is None:
        return Rest()
    recorded = _recorded(listing, delivery)
    if recorded is not None:
        return Settle(recorded)
    if listing.listing is None or not state.balance.counted:
        return Rest(delivery.doubtful)
    wanted = state.wanted(channel)
    early = (
        _under_way(listing, delivery, wanted, now)
        or (unexplained(listing, wanted, now, evidence) if _certain(listing, delivery) else None)
        or _refused(listing, delivery, wanted, now)
        or _lagging(listing, delivery, wanted, now)
    )
    if early is not None:
        return early
    if _shown(listing, delivery) == wanted or _odd(listing, delivery, state.changed_at):
        return Ask(listing.listing) if listing.ask or _unconfirmed(listing, now) else Rest()
    number = max(delivery.attempt, listing.attempt) + 1
    tell = Tell(listing.listing, listing.product_type, wanted, state.cause_version, number)
    return _in_vain(listing, tell, delivery, stopped=state.stopped(channel)) or tell


def backoff(times: int, first: timedelta = BACKOFF, longest: timedelta = MAX_BACKOFF) -> timedelta:
    """Return the pause after `times` failures in a row (from 1): doubling, never above `longest`."""
    return min(longest, first * (1 << min(times - 1, 30)))


def _recorded(listing: Listing, delivery: Delivery) -> Outcome | None:
    """Return the outcome of the row's attempt where the log tells it and the row does not."""
    if delivery.outcome != "unknown" or delivery.attempt != listing.attempt:
        return None
    if delivery.carried is not None and delivery.carried.attempt == delivery.attempt:
        return None  # told when the feed is over
    if listing.refused is not None:
        return "refused" if listing.refused == delivery.quantity else None
    return "accepted" if listing.accepted == delivery.quantity else None


def _under_way(listing: Listing, delivery: Delivery, wanted: int, now: Instant) -> Decision | None:
    """Answer for a SKU that a feed carries, unless less is wanted than may be shown meanwhile."""
    carried = delivery.carried
    if carried is None:
        return None
    taken = delivery.attempt == carried.attempt or delivery.outcome == "accepted"
    lower = wanted < (delivery.quantity if taken else carried.quantity)
    return None if lower and delivery.listing == listing.listing else Wait(later(now, LOOK_AGAIN))


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


def _shown(listing: Listing, delivery: Delivery) -> int | None:
    """Return the quantity that the channel shows, or took last; None where that is not certain."""
    remapped = delivery.attempt > 0 and delivery.listing != listing.listing
    if not _certain(listing, delivery) or remapped or listing.refused is not None:
        return None
    return listing.shows


def _in_vain(listing: Listing, tell: Tell, delivery: Delivery, *, stopped: bool) -> Decision | None:
    """Answer for a listing that was told the same again and again, and does not keep it."""
    if stopped:
        return Rest(delivery.doubtful)
    told = listing.cause, listing.accepted, listing.accepted_listing
    same = told == (tell.cause_version, tell.quantity, tell.listing)
    if not same or listing.repeats < MOST_REPEATS:
        return None
    stop = BroadcastsStopped(listing.attempt, tell.quantity, listing.cause, listing.repeats)
    return Note(stop, f"stopped:{listing.attempt}")


def _certain(listing: Listing, delivery: Delivery) -> bool:
    """Whether the read model knows of all that the channel may have taken."""
    ahead = delivery.outcome == "accepted" and delivery.attempt > listing.attempt
    return not delivery.doubtful and not ahead


def _odd(listing: Listing, delivery: Delivery, changed_at: Instant) -> bool:
    """Whether only a look explains what was seen, and nothing happened since that is more urgent to tell."""
    return listing.ask and _certain(listing, delivery) and changed_at <= (listing.observed_at or "")


def _unconfirmed(listing: Listing, now: Instant) -> bool:
    """Whether the newest quantity should have been seen by now."""
    since = listing.awaited_since if listing.flying else None
    return since is not None and now >= later(since, CONFIRM_AFTER)
