"""What can happen. Each class is one event type at its newest schema; `codec` reads the older ones.

Events hold no customer data: ids, quantities and codes only. Constraints are checked when an event is read back and
by `facts.fact` before one is written, so an impossible event never enters the log.
"""

from stock.events.channels import (
    BroadcastAccepted,
    BroadcastRejected,
    BroadcastsResumed,
    BroadcastsStopped,
    ChannelModeSet,
    ChannelOrdersRead,
    ChannelPaused,
    ChannelQuantityObserved,
    ChannelResumed,
    DriftFound,
    DriftReason,
    FeedFinished,
    ListingStatusObserved,
    ModeName,
    PauseReason,
)
from stock.events.deltas import (
    ADOPTED,
    STALE,
    DeltaApplied,
    DeltaDecided,
    DeltaInDoubt,
    DeltaIntended,
    DeltaRefused,
    LevelCompared,
    LevelDecided,
    LevelUnexplained,
    adoption_tx,
)
from stock.events.kinds import Code, Delta, Id, Level, Quantity, Shown, Signed, SkuText
from stock.events.orders import (
    AmazonOrderLine,
    AmazonOrderSeen,
    LineDelta,
    LineResolved,
    LineServed,
    LineWaiting,
    OrderEdited,
    OrderLine,
    OrderSeen,
    RefundLine,
    RefundSeen,
)
from stock.events.products import ProductSeen, ProductUnchanged, ProductVariant, SkuAssigned, SkuLinked
from stock.events.reviews import AlertAcknowledged, ReviewReason, ReviewRequested, ReviewSettled
from stock.events.stock import (
    ANY_PRODUCT,
    BufferSet,
    FbaLevelObserved,
    ListingMapped,
    ListingUnmapped,
    LowStockThresholdSet,
    ReasonCode,
    ReturnReceived,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
)

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

__all__ = [
    "ADOPTED",
    "ANY_PRODUCT",
    "STALE",
    "AlertAcknowledged",
    "AmazonOrderLine",
    "AmazonOrderSeen",
    "BroadcastAccepted",
    "BroadcastRejected",
    "BroadcastsResumed",
    "BroadcastsStopped",
    "BufferSet",
    "ChannelModeSet",
    "ChannelOrdersRead",
    "ChannelPaused",
    "ChannelQuantityObserved",
    "ChannelResumed",
    "Code",
    "Delta",
    "DeltaApplied",
    "DeltaDecided",
    "DeltaInDoubt",
    "DeltaIntended",
    "DeltaRefused",
    "DriftFound",
    "DriftReason",
    "FbaLevelObserved",
    "FeedFinished",
    "Id",
    "Level",
    "LevelCompared",
    "LevelDecided",
    "LevelUnexplained",
    "LineDelta",
    "LineResolved",
    "LineServed",
    "LineWaiting",
    "ListingMapped",
    "ListingStatusObserved",
    "ListingUnmapped",
    "LowStockThresholdSet",
    "ModeName",
    "OrderEdited",
    "OrderLine",
    "OrderSeen",
    "PauseReason",
    "ProductSeen",
    "ProductUnchanged",
    "ProductVariant",
    "Quantity",
    "ReasonCode",
    "RefundLine",
    "RefundSeen",
    "ReturnReceived",
    "ReviewReason",
    "ReviewRequested",
    "ReviewSettled",
    "SaleCancelled",
    "SaleRecorded",
    "Shown",
    "Signed",
    "SkuAssigned",
    "SkuLinked",
    "SkuText",
    "StockAdjusted",
    "StockCounted",
    "StockEvent",
    "adoption_tx",
]
