"""What each channel should show of a SKU, what it was told, what it showed: one row per SKU holds all its channels."""

import msgspec

from processor.clock import Instant
from processor.models import IndexKey, Keys
from projections.broadcasts.deltas import Deltas
from stock.balance import Balance
from stock.identities import CHANNELS, Channel

INDEXES = (*CHANNELS, "asked")
"""One index per channel: the SKUs that are due there, riskiest first; and those that wait for word, longest first.

And one of the SKUs about which an operator is to decide something.
"""

DUE, AWAITED, ASKED = "due", "awaited", "asked"
_MINUTE = len("2026-11-20T10:00")


class Listing(msgspec.Struct, array_like=True, gc=False):
    """One channel's side of a SKU. Fed by two streams: the mapping by the SKU's, the rest by the channel's.

    `attempt` is the newest attempt with a known outcome; `accepted` the newest quantity the channel took, for
    `accepted_listing`, because of the SKU's event `cause`; `repeats` how often that same was told again, soon after
    each other. `refused` is the quantity refused where the newest outcome was a refusal, and `refusals` how many there
    were in a row. `mapped_version` is the SKU's event that set `listing`, None included, recorded at `mapped_at`.

    `observed` is what the channel showed at `observed_at`, by its clock or (`read_at`) by ours when we asked, for
    `observed_listing`. It is `known` where that is what it shows as far as anybody knows. The newest quantity told is
    `flying` until it was seen; meanwhile `superseded` holds quantities that may still be shown. `ask`: something was
    told that only a look can explain. `limit`: at most so many, until orders are read past `limit_at`; `missing` units
    were not shown then, of what was computed at the SKU's event `missing_since`. Orders are read past the moment at
    which the channel came to show `cleared`. `drifted`: the log tells that what is shown is not explained; `stopped`:
    that the listing is told no more, until the cause of what it was told last has moved.
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
    cause: int = 0
    repeats: int = 0
    superseded: tuple[int, ...] = ()
    flying: bool = False
    known: bool = False
    ask: bool = False
    read_at: Instant | None = None
    observed_listing: str | None = None
    limit: int | None = None
    limit_at: Instant | None = None
    missing: int = 0
    missing_since: int = 0
    cleared: int | None = None
    drifted: bool = False
    stopped: bool = False

    @property
    def shows(self) -> int | None:
        """What the channel shows, or will: what it was seen showing, else what it took. None where nobody knows."""
        if self.accepted is None:
            return self.observed if self.known and self.observed_listing == self.listing else None
        if self.accepted_listing != self.listing:
            return None
        return self.observed if self.known else self.accepted

    @property
    def awaited_since(self) -> Instant | None:
        """Since when word is awaited: that the newest quantity is shown, or that orders are read. None for neither."""
        return (self.read_at or self.accepted_at) if self.flying else self.limit_at


class Broadcasts(msgspec.Struct, array_like=True, gc=False):
    """A SKU on all its channels. `desired` is what each should show, since event `cause_version` of its stream.

    The channels' parts change by their own streams alone, so the interleaving of streams cannot matter. Shopify keeps a
    count of its own: what it is owed is in `deltas`, and of `desired` it is told nothing.
    """

    balance: Balance = msgspec.field(default_factory=Balance)
    desired: int = 0
    cause_version: int = 0
    changed_at: Instant = Instant("")
    channels: dict[Channel, Listing] = msgspec.field(default_factory=dict)
    deltas: Deltas | None = None

    def wanted(self, channel: Channel) -> int:
        """Return what the channel is to show now: `desired`, or less while it may have sold what nobody told yet."""
        listing = self.channels.get(channel)
        if listing is None or listing.limit is None or listing.accepted_listing != listing.listing:
            return self.desired
        return max(0, min(self.desired, listing.limit))

    def sold_on(self, channel: Channel) -> bool:
        """Whether the SKU is mapped there, and counted: only then is the channel ever told of it."""
        listing = self.channels.get(channel)
        return listing is not None and listing.listing is not None and self.balance.counted

    def zeroing(self, channel: Channel) -> bool:
        """Whether the channel is to be told zero where it shows more, or was told something and may show it yet."""
        listing = self.channels.get(channel)
        if listing is None or not self.sold_on(channel) or self.wanted(channel):
            return False
        return listing.attempt > 0 if listing.shows is None else listing.shows > 0

    def due(self, channel: Channel) -> bool:
        """Whether the channel is to be told, or asked at once: mapped, counted, and not known to show what it should.

        A refusal is due where it is worth another try.
        """
        if channel == "shopify":
            return self.deltas is not None and self.deltas.due(counted=self.balance.counted)
        listing = self.channels.get(channel)
        if listing is None or not self.sold_on(channel) or self.stopped(channel):
            return False
        if listing.refused is not None:
            return listing.retry or listing.refused != self.wanted(channel)
        return listing.ask or listing.shows != self.wanted(channel)

    def stopped(self, channel: Channel) -> bool:
        """Whether the channel is told no more what it was told again and again."""
        listing = self.channels.get(channel)
        if listing is None or listing.accepted_listing != listing.listing:
            return False
        return listing.stopped and listing.cause == self.cause_version

    def awaited(self, channel: Channel) -> Instant | None:
        """Return since when word of the channel is awaited, None where it is not, or where it is to be told first."""
        listing = self.channels.get(channel)
        if listing is None or not self.sold_on(channel) or self.due(channel):
            return None
        if channel == "shopify":
            return self.deltas.look_at if self.deltas is not None else None
        return listing.awaited_since

    def settled(self, channel: Channel) -> bool:
        """Whether the channel took the desired quantity for the listing that is mapped, or shows it anyway."""
        listing = self.channels.get(channel)
        return listing is not None and listing.listing is not None and not self.due(channel)

    def keys(self) -> Keys:
        """Return the row's places in the indexes: due ones by lower quantity, then older change; others by their wait.

        Quantities are taken by their number of binary digits and times to the minute: a key that stays the same at
        most sales of a busy SKU need not be written. Who acts on a page of it sorts that page exactly.
        """
        if not self.channels:
            return ()
        keys = tuple(self._key(channel) for channel in CHANNELS)
        return (*keys, IndexKey(ASKED, ASKED)) if self.deltas is not None and self.deltas.asks else keys

    def _key(self, channel: Channel) -> IndexKey | None:
        if channel not in self.channels and self.deltas is None:
            return None
        if self.due(channel):
            return IndexKey(DUE, f"{self.wanted(channel).bit_length():02d}|{self.changed_at[:_MINUTE]}")
        since = self.awaited(channel)
        return None if since is None else IndexKey(AWAITED, since[:_MINUTE])
