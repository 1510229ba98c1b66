"""From a fact to an event the log can hold: checked, encoded, identified, digested."""

from hashlib import blake2b

import msgspec

from processor.clock import Instant
from processor.events import Event
from processor.streams import bounded_tx
from stock.codec import schema_of
from stock.events import (
    ANY_PRODUCT,
    AlertAcknowledged,
    AmazonOrderLine,
    AmazonOrderSeen,
    BroadcastAccepted,
    BroadcastRejected,
    BroadcastsResumed,
    BroadcastsStopped,
    BufferSet,
    ChannelModeSet,
    ChannelOrdersRead,
    ChannelPaused,
    ChannelQuantityObserved,
    ChannelResumed,
    DeltaApplied,
    DeltaDecided,
    DeltaInDoubt,
    DeltaIntended,
    DeltaRefused,
    DriftFound,
    FbaLevelObserved,
    FeedFinished,
    LevelCompared,
    LevelDecided,
    LevelUnexplained,
    LineResolved,
    LineServed,
    LineWaiting,
    ListingMapped,
    ListingStatusObserved,
    ListingUnmapped,
    LowStockThresholdSet,
    OrderEdited,
    OrderSeen,
    ProductSeen,
    ProductUnchanged,
    RefundLine,
    RefundSeen,
    ReturnReceived,
    ReviewRequested,
    ReviewSettled,
    SaleCancelled,
    SaleRecorded,
    SkuAssigned,
    SkuLinked,
    StockAdjusted,
    StockCounted,
    StockEvent,
)

BUSINESS_FIELDS: dict[type[StockEvent], tuple[str, ...]] = {
    SaleRecorded: ("quantity",),
    SaleCancelled: ("quantity",),
    ReturnReceived: ("quantity", "disposition", "pool"),
    StockAdjusted: ("delta", "reason"),
    StockCounted: ("count",),
    BufferSet: ("buffer",),
    LowStockThresholdSet: ("threshold",),
    ListingMapped: ("channel", "listing", "asin", "product_type"),
    ListingUnmapped: ("channel",),
    OrderSeen: ("lines", "amazon_order"),
    RefundSeen: ("refund", "lines"),
    OrderEdited: ("edit", "additions", "removals"),
    LineResolved: ("line", "sku"),
    ProductSeen: ("variants",),
    ProductUnchanged: ("seen",),
    SkuLinked: ("product", "seen", "sku"),
    SkuAssigned: ("sku",),
    LineWaiting: ("order", "line"),
    LineServed: ("order", "line"),
    ReviewRequested: ("reason", "subject"),
    ReviewSettled: ("review",),
    AlertAcknowledged: ("alert",),
    BroadcastAccepted: ("attempt", "quantity"),
    BroadcastRejected: ("attempt", "quantity"),
    ChannelQuantityObserved: ("quantity",),
    AmazonOrderSeen: ("status", "lines"),
    FbaLevelObserved: ("quantity",),
    ListingStatusObserved: ("statuses",),
    FeedFinished: ("feed", "status"),
    ChannelOrdersRead: ("up_to",),
    DriftFound: ("expected", "observed", "seen", "reason"),
    DeltaIntended: ("number", "delta", "change_from", "key", "item", "location"),
    DeltaApplied: ("number",),
    DeltaRefused: ("number", "code"),
    DeltaInDoubt: ("number", "delta"),
    DeltaDecided: ("number", "applied"),
    LevelCompared: ("item", "available", "moved", "at"),
    LevelUnexplained: ("number", "difference"),
    LevelDecided: ("number", "adopted"),
    BroadcastsStopped: ("attempt", "quantity", "cause_version", "repeats"),
    BroadcastsResumed: (),
    ChannelModeSet: ("mode",),
    ChannelPaused: ("reason", "zeroed", "listings"),
    ChannelResumed: (),
}
"""What makes two tellings of one `tx_id` the same fact. Never schema, source, times, free text or what we computed."""


def digest(fact: StockEvent) -> str:
    """Return 32 hex digits over the fact's kind and business fields. The SKU is in the stream that claims the key.

    The lines of an order are a set: a shop that tells them in another order tells the same. So are the lines of a
    refund, whose SKU and variant are their order line's. A listing of no special type is told by the other fields.
    """
    kind = type(fact)
    if isinstance(fact, OrderSeen) and len(fact.lines) > 1:
        fact = msgspec.structs.replace(fact, lines=tuple(sorted(fact.lines, key=lambda line: line.line)))
    elif isinstance(fact, AmazonOrderSeen) and len(fact.lines) > 1:
        fact = msgspec.structs.replace(fact, lines=tuple(sorted(fact.lines, key=_whole)))
    elif isinstance(fact, ListingStatusObserved):
        fact = msgspec.structs.replace(fact, statuses=tuple(sorted(fact.statuses)))
    elif isinstance(fact, RefundSeen):
        bare = (RefundLine(line.id, line.line, line.quantity, line.restock) for line in fact.lines)
        fact = RefundSeen(fact.refund, tuple(sorted(bare, key=lambda line: line.id)))
    fields = [kind.__name__, *(getattr(fact, name) for name in BUSINESS_FIELDS[kind])]
    if isinstance(fact, ListingMapped) and fact.product_type == ANY_PRODUCT:
        fields.pop()
    return blake2b(msgspec.json.encode(fields), digest_size=16).hexdigest()


def _whole(line: AmazonOrderLine) -> tuple[str, int, int]:
    """Order items of an order in one way, though one be told twice."""
    return line.line, line.quantity, line.shipped


def fact(  # noqa: PLR0913 - the envelope's own fields
    happened: StockEvent,
    *,
    tx: str,
    at: Instant,
    source: str,
    causation: str | None = None,
    correlation: str | None = None,
    digested: str | None = None,
) -> Event:
    """Return `happened` in its envelope. `tx` is the source's identity of it; `at` when, by the source's clock.

    `digested` is its digest, where the caller has it already.

    Raises msgspec.ValidationError (a ValueError) where a field is out of its bounds, and ValueError for an empty `tx`.
    """
    kind = type(happened)
    data = msgspec.json.encode(happened)
    msgspec.json.decode(data, type=kind)
    return Event(
        kind.__name__,
        schema_of(kind.__name__),
        data,
        bounded_tx(tx),
        digested or digest(happened),
        at,
        source,
        causation,
        correlation,
    )
