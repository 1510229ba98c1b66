"""What each channel should show of a SKU, and what it was told: one row per SKU holds all its channels."""

import msgspec

from processor.clock import Instant
from processor.models import IndexKey, Keys
from stock.balance import Balance
from stock.identities import CHANNELS, Channel

INDEXES = CHANNELS
"""One index per channel: the SKUs that are due there, riskiest first."""

DUE = "due"
_MINUTE = len("2026-11-20T10:00")


class Listing(msgspec.Struct, array_like=True, gc=False):
    """One channel's side of a SKU. Fed by two streams: the mapping by the SKU's, the rest by the channel's.

    `attempt` is the newest attempt with a known outcome; `accepted` the newest quantity the channel took, for
    `accepted_listing`; `refused` the quantity refused where the newest outcome was a refusal, and `refusals` how many
    there were in a row. `mapped_version` is the SKU's event that set `listing`, None included, recorded at `mapped_at`.
    """

    listing: str | None = None
    asin: str | None = None
    product_type: str = "PRODUCT"
    attempt: int = 0
    accepted: int | None = None
    accepted_at: Instant | None = None
    refused: int | None = None
    retry: bool = False
    refusals: int = 0
    refused_at: Instant | None = None
    accepted_listing: str | None = None
    observed: int | None = None
    observed_at: Instant | None = None
    mapped_version: int = 0
    mapped_at: Instant | None = None


class Broadcasts(msgspec.Struct, array_like=True, gc=False):
    """A SKU on all its channels. `desired` is what each should show, since event `cause_version` of its stream.

    The channels' parts change by their own streams alone, so the interleaving of streams cannot matter.
    """

    balance: Balance = msgspec.field(default_factory=Balance)
    desired: int = 0
    cause_version: int = 0
    changed_at: Instant = Instant("")
    channels: dict[Channel, Listing] = msgspec.field(default_factory=dict)

    def due(self, channel: Channel) -> bool:
        """Whether the channel is to be told: mapped, counted, and showing something else or a refusal to retry."""
        listing = self.channels.get(channel)
        if listing is None or listing.listing is None or not self.balance.counted:
            return False
        if listing.refused is not None:
            return listing.retry or listing.refused != self.desired
        return listing.accepted != self.desired or listing.accepted_listing != listing.listing

    def settled(self, channel: Channel) -> bool:
        """Whether the channel took the desired quantity for the listing that is mapped."""
        listing = self.channels.get(channel)
        return listing is not None and listing.listing is not None and not self.due(channel)

    def keys(self) -> Keys:
        """Return the row's places in the due indexes: lower quantities first, then older changes.

        Quantities are taken by their number of binary digits and times to the minute: a key that stays the same at
        most sales of a busy SKU need not be written. Who acts on a page of it sorts that page exactly.
        """
        if not self.channels:
            return ()
        place = IndexKey(DUE, f"{self.desired.bit_length():02d}|{self.changed_at[:_MINUTE]}")
        return tuple(place if self.due(channel) else None for channel in CHANNELS)
