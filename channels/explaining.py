"""What a listing shows that it was not told: a sale of the channel's own, or drift. Pure, as `decisions` is."""

from datetime import timedelta

import msgspec

from processor.clock import Instant, later
from projections.broadcasts.documents import Listing
from stock.events import BroadcastsStopped, ChannelOrdersRead, DriftFound, DriftReason

ORDERS_PATIENCE = timedelta(hours=1)
"""Less than was told, and no orders read for so long: somebody should know."""

Noted = ChannelOrdersRead | DriftFound | BroadcastsStopped


class Evidence(msgspec.Struct, frozen=True):
    """What explains that a channel shows something else than it was told.

    `sold`: units of the channel's own orders that came into the SKU's stream since that quantity was computed. Some of
    them may have been sold before it was shown, some after the look, and some may be offered again: any part of them
    may be missing. `returned`: units of its own orders that it may offer again, of late. `orders_read`: all orders
    made up to then are known, None where nobody notes how far they are read.
    """

    sold: int = 0
    returned: int = 0
    orders_read: Instant | None = None


NOTHING_ELSE = Evidence()


class Ask(msgspec.Struct, frozen=True):
    """Look at `listing`: what it shows explains what was told of it, or confirms what it was told."""

    listing: str


class Note(msgspec.Struct, frozen=True):
    """What is known is to be told by the log, in the SKU's stream of the channel, under the identity `tx`."""

    fact: Noted
    tx: str


def unexplained(listing: Listing, wanted: int, now: Instant, evidence: Evidence) -> Ask | Note | None:
    """Return what to do first about a listing that shows what it was not told; None where that is nothing."""
    if listing.accepted is None or listing.accepted_listing != listing.listing:
        return None
    if listing.limit is not None and listing.limit_at is not None:
        return _limited(listing, listing.limit, listing.limit_at, now, evidence)
    seen, at = listing.observed, listing.observed_at
    if not listing.known or listing.drifted or seen is None or at is None or seen in (listing.accepted, wanted):
        return None
    if listing.accepted - evidence.sold <= seen <= listing.accepted + evidence.returned:
        return None
    expected = listing.accepted - evidence.sold if seen < listing.accepted else listing.accepted
    return _drift(listing, expected, seen, at) if listing.read_at == at else Ask(listing.listing or "")


def _limited(listing: Listing, limit: int, at: Instant, now: Instant, evidence: Evidence) -> Note | None:
    """Answer for a listing that may have sold what no order told yet."""
    if evidence.sold >= listing.missing or (evidence.orders_read is not None and evidence.orders_read >= at):
        return Note(ChannelOrdersRead(at), f"orders:{at}")
    if listing.drifted or now < later(at, ORDERS_PATIENCE):
        return None
    return _drift(listing, limit + listing.missing - evidence.sold, limit, at, "orders_unread")


def _drift(listing: Listing, expected: int, seen: int, at: Instant, reason: DriftReason = "foreign") -> Note:
    return Note(DriftFound(expected, seen, at, reason), f"drift:{reason}:{listing.attempt}:{at}:{seen}")
