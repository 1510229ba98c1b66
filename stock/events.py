"""What can happen. Each class is one event type at its newest schema; `codec` reads the older ones.

Events hold no customer data: ids, quantities and codes only. Constraints are checked when an event is read back and
by `facts.fact` before one is written, so an impossible event never enters the log.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from processor.clock import Instant
from stock.dispositions import Disposition, Pool
from stock.identities import MAX_QUANTITY, Channel

Quantity = Annotated[int, Meta(ge=1, le=MAX_QUANTITY)]
Level = Annotated[int, Meta(ge=0, le=MAX_QUANTITY)]
Delta = Annotated[int, Meta(ge=-MAX_QUANTITY, le=MAX_QUANTITY)]
Shown = Annotated[int, Meta(ge=0, le=1_000_000_000_000)]
"""What a channel shows: a sum of levels, so it may pass one level's bound."""

Signed = Annotated[int, Meta(ge=-1_000_000_000_000, le=1_000_000_000_000)]
"""What a shop that counts below zero has, or a change of it."""

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Code = Annotated[str, Meta(max_length=200)]
SkuText = Annotated[str, Meta(max_length=200)]
ANY_PRODUCT = "PRODUCT"
"""Amazon's product type of a listing whose type does not matter (Listings Items API, 2021-08-01)."""

ReasonCode = Literal["opening", "correction", "damage", "loss", "found", "transfer", "other"]


class SaleRecorded(Struct, frozen=True, gc=False, omit_defaults=True):
    """Units were promised to a buyer."""

    quantity: Quantity
    order: Id | None = None
    line: Id | None = None


class SaleCancelled(Struct, frozen=True, gc=False, omit_defaults=True):
    """Units promised to a buyer are free again."""

    quantity: Quantity
    order: Id | None = None
    line: Id | None = None


class ReturnReceived(Struct, frozen=True, gc=False, omit_defaults=True):
    """Units came back, to the merchant's shelf or to Amazon's (`pool` fba)."""

    quantity: Quantity
    pool: Pool
    disposition: Disposition
    order: Id | None = None
    reason: Code | None = None


class StockAdjusted(Struct, frozen=True, gc=False, omit_defaults=True):
    """Stock was found to differ by `delta`, or opened (`reason` opening: it adds)."""

    delta: Delta
    reason: ReasonCode


class StockCounted(Struct, frozen=True, gc=False, omit_defaults=True):
    """Stock was counted: `count` units not promised to an order, absolute at this event's version."""

    count: Level


class BufferSet(Struct, frozen=True, gc=False, omit_defaults=True):
    """So many units are held back from every channel."""

    buffer: Level


class LowStockThresholdSet(Struct, frozen=True, gc=False, omit_defaults=True):
    """At or below so many physical units stock is low; None: never."""

    threshold: Level | None = None


class ListingMapped(Struct, frozen=True, gc=False, omit_defaults=True):
    """The SKU is sold on `channel` under `listing` (Amazon: the seller SKU; Shopify: the inventory item)."""

    channel: Channel
    listing: Id
    asin: Code | None = None
    product_type: Code = ANY_PRODUCT


class ListingUnmapped(Struct, frozen=True, gc=False, omit_defaults=True):
    """The SKU is no longer sold on `channel`."""

    channel: Channel


class OrderLine(Struct, frozen=True, gc=False, omit_defaults=True):
    """One line of an order: `quantity` as the shop states it; `sku` None where none is known yet.

    `removed` is how many of them have left the line, by an edit, a refund or a cancellation, and `refunded` how many
    the shop's own list of refunds names. Neither changes stock.
    """

    line: Id
    quantity: Level
    sku: SkuText | None = None
    variant: Code | None = None
    removed: Level = 0
    refunded: Level = 0


class OrderSeen(Struct, frozen=True, gc=False, omit_defaults=True):
    """A shop's snapshot of an order. `amazon_order` is set where it is a copy of an Amazon order."""

    lines: tuple[OrderLine, ...]
    amazon_order: Code | None = None


class RefundLine(Struct, frozen=True, gc=False, omit_defaults=True):
    """Units of order line `line` that a refund names, once more under an identity of their own, `id`.

    `restock` is the shop's word for what became of them; empty where it told none.
    """

    id: Id
    line: Id
    quantity: Level
    restock: Code = ""
    sku: SkuText | None = None
    variant: Code | None = None


class RefundSeen(Struct, frozen=True, gc=False, omit_defaults=True):
    """A shop refunded units of an order. What that means for stock follows in the SKUs' streams."""

    refund: Id
    lines: tuple[RefundLine, ...] = ()


class LineDelta(Struct, frozen=True, gc=False, omit_defaults=True):
    """So many units more, or fewer, of an order's line."""

    line: Id
    delta: Level


class OrderEdited(Struct, frozen=True, gc=False, omit_defaults=True):
    """A shop's order was edited. Never stock by itself: snapshots and refunds tell the same units."""

    edit: Id
    additions: tuple[LineDelta, ...] = ()
    removals: tuple[LineDelta, ...] = ()


class LineResolved(Struct, frozen=True, gc=False, omit_defaults=True):
    """The SKU of an order's line became known by the line's variant. It is fixed by that."""

    line: Id
    sku: SkuText


class ProductVariant(Struct, frozen=True, gc=False, omit_defaults=True):
    """One variant of a shop's product: its SKU and its inventory item, each None where it has none."""

    variant: Id
    sku: SkuText | None = None
    item: Code | None = None


class ProductSeen(Struct, frozen=True, gc=False, omit_defaults=True):
    """A shop's snapshot of a product. The newest in a product's stream is the last."""

    variants: tuple[ProductVariant, ...] = ()


class ProductUnchanged(Struct, frozen=True, gc=False, omit_defaults=True):
    """A later snapshot of a product told the same as version `seen` of its stream, the newest snapshot there."""

    seen: Annotated[int, Meta(ge=1)]


class SkuLinked(Struct, frozen=True, gc=False, omit_defaults=True):
    """A shop's variant, or inventory item, has this SKU, or none, since version `seen` of its product's stream."""

    product: Id
    seen: Annotated[int, Meta(ge=1)]
    sku: SkuText | None = None


class SkuAssigned(Struct, frozen=True, gc=False, omit_defaults=True):
    """An operator says which SKU a shop's variant, or inventory item, has; None takes back what was said before."""

    sku: SkuText | None = None


class LineWaiting(Struct, frozen=True, gc=False, omit_defaults=True):
    """A line of an order waits for the SKU of its variant."""

    order: Id
    line: Id


class LineServed(Struct, frozen=True, gc=False, omit_defaults=True):
    """A line of an order waits no longer."""

    order: Id
    line: Id


ReviewReason = Literal[
    "unmapped_line",
    "conflict",
    "unexplained_removal",
    "over_refunded",
    "unknown_restock",
    "app_uninstalled",
    "shop_redact",
]


class ReviewRequested(Struct, frozen=True, gc=False, omit_defaults=True):
    """A person must decide: an order line without SKU, a conflict that a vendor sent, a shop that left."""

    reason: ReviewReason
    subject: Id
    detail: Annotated[str, Meta(max_length=500)] = ""


class ReviewSettled(Struct, frozen=True, gc=False, omit_defaults=True):
    """Nobody needs to decide any more: what the stream's event of `tx_id` `review` asked for has become known."""

    review: Id


class AlertAcknowledged(Struct, frozen=True, gc=False, omit_defaults=True):
    """A person has read an alert; appended to the stream that the alert arose from."""

    alert: Annotated[str, Meta(min_length=1, max_length=900)]


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


class AmazonOrderLine(Struct, frozen=True, gc=False, omit_defaults=True):
    """One item of an Amazon order: `quantity` as Amazon states it now, `shipped` of them on their way.

    `listing` is the seller SKU it was bought under, None where none is told.
    """

    line: Id
    quantity: Level
    listing: Id | None = None
    shipped: Level = 0


class AmazonOrderSeen(Struct, frozen=True, gc=False, omit_defaults=True):
    """Amazon told of an order that the merchant fulfils: items of it, perhaps not all, and the order's status."""

    status: Code
    lines: tuple[AmazonOrderLine, ...] = ()

    @property
    def cancelled(self) -> bool:
        """Whether the order is off: nothing of it will be shipped any more."""
        return self.status.lower() in _CANCELLED


_CANCELLED = frozenset({"canceled", "cancelled"})


class FbaLevelObserved(Struct, frozen=True, gc=False, omit_defaults=True):
    """Amazon was seen holding `quantity` fulfillable units of its own stock at `event_time`. Never the merchant's."""

    notification: Id
    quantity: Shown
    event_time: Instant


class ListingStatusObserved(Struct, frozen=True, gc=False, omit_defaults=True):
    """The channel was seen giving a listing these `statuses` at `event_time`, by its clock; what is absent is not so.

    Amazon's are BUYABLE, DISCOVERABLE and DELETED.
    """

    notification: Id
    statuses: tuple[Code, ...]
    event_time: Instant
    listing: Id | None = None


class FeedFinished(Struct, frozen=True, gc=False, omit_defaults=True):
    """The channel finished with a feed at `event_time`: `status` DONE, CANCELLED or FATAL. What it did is asked for."""

    feed: Id
    status: Code
    event_time: Instant


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


class DeltaIntended(Struct, frozen=True, gc=False, omit_defaults=True):
    """The shop is to be told, under `key`, that `location` has `delta` units more of `item` than `change_from`.

    Appended before the first try; every retry repeats key, delta and `change_from` exactly. It brings the shop up to
    the SKU's event `cause_version`, as mapped at its event `since`.
    """

    number: Annotated[int, Meta(ge=1)]
    delta: Signed
    change_from: Signed
    key: Id
    item: Id
    location: Id
    cause_version: Annotated[int, Meta(ge=0)]
    since: Annotated[int, Meta(ge=1)]


class DeltaApplied(Struct, frozen=True, gc=False, omit_defaults=True):
    """The shop made change `number`: once. `available` is what it had then, None where it did not say.

    `retried`: an earlier try had no known outcome, so a request that was given up may still be on its way.
    """

    number: Annotated[int, Meta(ge=1)]
    available: Signed | None = None
    retried: bool = False


class DeltaRefused(Struct, frozen=True, gc=False, omit_defaults=True):
    """Change `number` was not made, for certain. `retry` tells whether another one can be."""

    number: Annotated[int, Meta(ge=1)]
    code: Code
    retry: bool = True


STALE = "STALE"
"""The code of a change that was not made because the shop had another quantity by then: another one is made at once."""


class DeltaInDoubt(Struct, frozen=True, gc=False, omit_defaults=True):
    """Nobody knows whether change `number` was made. It is never sent again: an operator finds out."""

    number: Annotated[int, Meta(ge=1)]
    delta: Signed
    code: Code = ""


class DeltaDecided(Struct, frozen=True, gc=False, omit_defaults=True):
    """An operator says whether change `number`, which was in doubt, was made. If not, it is owed again."""

    number: Annotated[int, Meta(ge=1)]
    applied: bool


class LevelCompared(Struct, frozen=True, gc=False, omit_defaults=True):
    """We looked at `at`, by our clock: the shop has `available` of `item`, where we know of `moved` units.

    `moved` are the shop's own events and our changes that it made, from the SKU's event `since`, which mapped it.
    """

    item: Id
    available: Signed
    moved: Signed
    since: Annotated[int, Meta(ge=1)]
    at: Instant


class LevelUnexplained(Struct, frozen=True, gc=False, omit_defaults=True):
    """The shop has `difference` units more (below zero: fewer) than is explained, and did so for long.

    Question `number`: are they there? It replaces the one before; 0 takes that back. Never changes stock by itself.
    """

    number: Annotated[int, Meta(ge=1)]
    difference: Signed
    available: Signed


class LevelDecided(Struct, frozen=True, gc=False, omit_defaults=True):
    """Question `number` is answered: the units are `adopted` as stock, or taken back from the shop."""

    number: Annotated[int, Meta(ge=1)]
    adopted: bool


def adoption_tx(number: int) -> str:
    """Return the identity of the adjustment that makes the units of question `number` stock."""
    return f"adopted:shopify:{number}"


class BroadcastsStopped(Struct, frozen=True, gc=False, omit_defaults=True):
    """The same quantity was told `repeats` times more since `cause_version`: nothing more is told for that cause."""

    attempt: Annotated[int, Meta(ge=1)]
    quantity: Shown
    cause_version: Annotated[int, Meta(ge=0)]
    repeats: Annotated[int, Meta(ge=1)]


class BroadcastsResumed(Struct, frozen=True, gc=False, omit_defaults=True):
    """An operator says that the SKU may be told of again, whatever its channel showed before."""


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


StockEvent = (
    SaleRecorded
    | SaleCancelled
    | ReturnReceived
    | StockAdjusted
    | StockCounted
    | BufferSet
    | LowStockThresholdSet
    | ListingMapped
    | ListingUnmapped
    | OrderSeen
    | RefundSeen
    | OrderEdited
    | LineResolved
    | ProductSeen
    | ProductUnchanged
    | SkuLinked
    | SkuAssigned
    | LineWaiting
    | LineServed
    | ReviewRequested
    | ReviewSettled
    | AlertAcknowledged
    | BroadcastAccepted
    | BroadcastRejected
    | ChannelQuantityObserved
    | AmazonOrderSeen
    | FbaLevelObserved
    | ListingStatusObserved
    | FeedFinished
    | ChannelOrdersRead
    | DriftFound
    | DeltaIntended
    | DeltaApplied
    | DeltaRefused
    | DeltaInDoubt
    | DeltaDecided
    | LevelCompared
    | LevelUnexplained
    | LevelDecided
    | BroadcastsStopped
    | BroadcastsResumed
    | ChannelModeSet
    | ChannelPaused
    | ChannelResumed
)
