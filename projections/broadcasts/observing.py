"""What a channel's answers and observations mean: pure changes of one channel's side of a SKU, by event time.

An observation of the newest quantity confirms it. One of a quantity told before may be late, and anything else may be
somebody's edit: only a look (an observation of ours) tells. Less than was told may be the channel's own sale, whose
order is still to come: until then no more than that is offered. Nothing here changes stock.
"""

from datetime import timedelta

from processor.clock import Instant, later
from projections.broadcasts.documents import Listing
from stock.events import BroadcastAccepted, ChannelOrdersRead, ChannelQuantityObserved

EARLY = timedelta(seconds=20)
"""An observation so long before the newest quantity was taken tells nothing of it: a call's length, and two clocks."""

PROCESSING = timedelta(minutes=15)
"""So long a channel may take to show what it took; after that what is seen is no older quantity of ours."""

REPEATED_WITHIN = timedelta(hours=24)
"""Telling the same again later than that is no repetition."""

REMEMBERED = 8
"""So many superseded quantities are kept; what is older is explained by a look, as everything unexpected is."""


def take(listing: Listing, fact: BroadcastAccepted, at: Instant) -> None:
    """Note that the channel took a quantity, at `at` by our clock."""
    if fact.listing != listing.accepted_listing:
        listing.superseded, listing.repeats, listing.limit, listing.limit_at = (), 0, None, None
    else:
        before = (listing.accepted, listing.observed if listing.known else None, *listing.superseded)
        shown = dict.fromkeys(number for number in before if number is not None and number != fact.quantity)
        listing.superseded = tuple(shown)[:REMEMBERED]
        again = fact.cause_version == listing.cause and fact.quantity == listing.accepted
        soon = listing.accepted_at is not None and at < later(listing.accepted_at, REPEATED_WITHIN)
        listing.repeats = listing.repeats + 1 if again and soon else 0
    listing.attempt, listing.accepted, listing.accepted_at = fact.attempt, fact.quantity, at
    listing.accepted_listing, listing.cause = fact.listing, fact.cause_version
    listing.refused, listing.refusals = None, 0
    listing.flying, listing.known, listing.ask, listing.drifted = True, False, False, False
    listing.read_at, listing.cleared, listing.stopped = None, None, False


def observe(listing: Listing, fact: ChannelQuantityObserved, recorded_at: Instant) -> None:
    """Note what the channel showed, unless something newer is known.

    Nothing is seen after it was recorded: a channel's clock that is ahead must not outlast what comes later.
    """
    if (
        not fact.looked
        and None not in {fact.listing, listing.accepted_listing}
        and fact.listing != listing.accepted_listing
    ):
        return  # of a listing that the SKU had before, or has since
    quantity, seen = fact.quantity, min(fact.event_time, recorded_at)
    if listing.observed_at is not None and seen < listing.observed_at:
        return
    if listing.accepted_at is not None and seen < later(listing.accepted_at, -EARLY):
        return
    listing.observed, listing.observed_at = quantity, seen
    if fact.looked:
        listing.read_at, listing.observed_listing = seen, fact.listing
    if listing.accepted is None:
        listing.known = listing.observed_listing is not None
    elif quantity == listing.accepted:
        listing.known, listing.flying, listing.ask, listing.drifted = True, False, False, False
        listing.superseded, listing.cleared = (), None
    else:
        _unexpected(listing, listing.accepted, quantity, asked=fact.looked)


def read_orders(listing: Listing, fact: ChannelOrdersRead) -> None:
    """Note that the channel's orders are known up to a moment: what it shows less than it should by then is no sale."""
    if listing.limit_at is not None and fact.up_to >= listing.limit_at:
        listing.cleared, listing.limit, listing.limit_at, listing.drifted = listing.limit, None, None, False


def resume(listing: Listing) -> None:
    """Note that an operator says that all is right: nothing is stopped, and nothing is waited for."""
    listing.repeats, listing.stopped = 0, False
    listing.cleared, listing.limit, listing.limit_at = listing.limit, None, None


def _unexpected(listing: Listing, accepted: int, quantity: int, *, asked: bool) -> None:
    """Note an observation that is not the newest quantity. With nothing `flying` it stands, once a look has seen it."""
    ours = listing.flying and not _processed(listing)
    if quantity < accepted and quantity not in listing.superseded:
        if quantity not in (listing.limit, listing.cleared):
            _limit(listing, accepted - quantity)
        listing.known, listing.ask = not listing.flying or (asked and not ours), False
    elif ours and quantity <= max((accepted, *listing.superseded)):
        listing.known, listing.ask = False, not asked
    else:
        listing.known, listing.ask = asked, not asked
    if listing.known:
        listing.flying = False
    if quantity != listing.cleared:
        listing.cleared = None


def _limit(listing: Listing, missing: int) -> None:
    """Offer no more than was seen. Units missed already, of a quantity told before, are missed still.

    Not where the same was seen before: what orders explain it was made until then.
    """
    if listing.limit is not None and listing.missing_since != listing.cause:
        listing.missing += missing
    else:
        listing.missing, listing.missing_since = missing, listing.cause
    listing.limit, listing.limit_at = listing.observed, listing.observed_at


def _processed(listing: Listing) -> bool:
    """Whether the newest quantity would be shown by the time of the newest observation."""
    if listing.accepted_at is None or listing.observed_at is None:
        return True
    return listing.observed_at >= later(listing.accepted_at, PROCESSING)
