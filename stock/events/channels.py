"""What channels were told and showed, and how far they are trusted."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from processor.clock import Instant
from stock.events.kinds import Code, Id, Shown


class BroadcastAccepted(Struct, frozen=True, gc=False, omit_defaults=True):
    """The channel took attempt number `attempt`: `quantity` for `listing`, computed at the SKU's `cause_version`."""

    attempt: Annotated[int, Meta(ge=1)]
    quantity: Shown
    cause_version: Annotated[int, Meta(ge=0)]
    listing: Id | None = None


class BroadcastRejected(Struct, frozen=True, gc=False, omit_defaults=True):
    """The channel refused attempt number `attempt`. `retry` tells whether trying again can help."""

    attempt: Annotated[int, Meta(ge=1)]
    quantity: Shown
    cause_version: Annotated[int, Meta(ge=0)]
    code: Code
    retry: bool = True


class BroadcastsStopped(Struct, frozen=True, gc=False, omit_defaults=True):
    """The same quantity was told `repeats` times more since `cause_version`: nothing more is told for that cause."""

    attempt: Annotated[int, Meta(ge=1)]
    quantity: Shown
    cause_version: Annotated[int, Meta(ge=0)]
    repeats: Annotated[int, Meta(ge=1)]


class BroadcastsResumed(Struct, frozen=True, gc=False, omit_defaults=True):
    """An operator says that the SKU may be told of again, whatever its channel showed before."""


class ChannelQuantityObserved(Struct, frozen=True, gc=False, omit_defaults=True):
    """The channel was seen showing `quantity` at `event_time`, by its clock. Never changes stock.

    `listing` is what was seen showing it, where that is told: a SKU may have had another one before. `looked`: we asked
    ourselves, and the time is by our clock.
    """

    notification: Id
    quantity: Annotated[int, Meta(ge=-1_000_000_000_000, le=1_000_000_000_000)]
    event_time: Instant
    listing: Id | None = None
    looked: bool = False


class ListingStatusObserved(Struct, frozen=True, gc=False, omit_defaults=True):
    """The channel was seen giving a listing these `statuses` at `event_time`, by its clock; what is absent is not so.

    Amazon's are BUYABLE, DISCOVERABLE and DELETED.
    """

    notification: Id
    statuses: tuple[Code, ...]
    event_time: Instant
    listing: Id | None = None


class ChannelOrdersRead(Struct, frozen=True, gc=False, omit_defaults=True):
    """The channel's own orders of the stream's SKU are all known that were made up to `up_to`, by its clock.

    Appended where a listing shows less than it was told, which may be a sale whose order is still to come.
    """

    up_to: Instant


DriftReason = Literal["foreign", "orders_unread"]


class DriftFound(Struct, frozen=True, gc=False, omit_defaults=True):
    """The channel showed `observed` at `seen` where `expected` explains all that is known. Never changes stock.

    `foreign`: somebody else set it. `orders_unread`: it is less, and the channel's orders were not read for long.
    """

    expected: Annotated[int, Meta(ge=-1_000_000_000_000, le=1_000_000_000_000)]
    observed: Annotated[int, Meta(ge=-1_000_000_000_000, le=1_000_000_000_000)]
    seen: Instant
    reason: DriftReason = "foreign"


class FeedFinished(Struct, frozen=True, gc=False, omit_defaults=True):
    """The channel finished with a feed at `event_time`: `status` DONE, CANCELLED or FATAL. What it did is asked for."""

    feed: Id
    status: Code
    event_time: Instant


ModeName = Literal["off", "observe", "live"]
PauseReason = Literal["operator", "zeroing"]


class ChannelModeSet(Struct, frozen=True, gc=False, omit_defaults=True):
    """How far the stream's channel is trusted from now on."""

    mode: ModeName


class ChannelPaused(Struct, frozen=True, gc=False, omit_defaults=True):
    """Nothing is sent to the stream's channel until it is resumed.

    `zeroing`: `zeroed` of its `listings` were about to be set to zero at once.
    """

    reason: PauseReason
    zeroed: Annotated[int, Meta(ge=0)] = 0
    listings: Annotated[int, Meta(ge=0)] = 0


class ChannelResumed(Struct, frozen=True, gc=False, omit_defaults=True):
    """What was due to the stream's channel is sent again, what was about to be set to zero included."""
