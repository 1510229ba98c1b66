"""One fact of every type, with another value for each of its fields."""

from typing import Any, NamedTuple

from processor.clock import Instant
from stock.dispositions import Disposition
from stock.events import (
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
    LineDelta,
    LineResolved,
    LineServed,
    LineWaiting,
    ListingMapped,
    ListingStatusObserved,
    ListingUnmapped,
    LowStockThresholdSet,
    OrderEdited,
    OrderLine,
    OrderSeen,
    ProductSeen,
    ProductUnchanged,
    ProductVariant,
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
from tests.factories import MORNING, NOON


class Sample(NamedTuple):
    """A fact; `business` gives other values to the fields that make it the fact it is, `beside` to the rest."""

    fact: StockEvent
    business: dict[str, Any]
    beside: dict[str, Any]


_LINES = (OrderLine("l1", 2, "T/RED #1", "v1"), OrderLine("l2", 0))

SAMPLES = (
    Sample(SaleRecorded(3, "o1", "l1"), {"quantity": 4}, {"order": "o2", "line": None}),
    Sample(SaleCancelled(3, "o1", "l1"), {"quantity": 4}, {"order": None, "line": "l2"}),
    Sample(
        ReturnReceived(3, "merchant", Disposition.SELLABLE, "o1", "TOO_SMALL"),
        {"quantity": 4, "pool": "fba", "disposition": Disposition.UNKNOWN},
        {"order": None, "reason": "TOO_LARGE"},
    ),
    Sample(StockAdjusted(-3, "loss"), {"delta": 3, "reason": "damage"}, {}),
    Sample(StockCounted(3), {"count": 0}, {}),
    Sample(BufferSet(3), {"buffer": 0}, {}),
    Sample(LowStockThresholdSet(3), {"threshold": None}, {}),
    Sample(
        ListingMapped("amazon", "T-RED", "B000000001", "SHIRT"),
        {"channel": "shopify", "listing": "T-BLUE", "asin": None, "product_type": "PRODUCT"},
        {},
    ),
    Sample(ListingUnmapped("amazon"), {"channel": "shopify"}, {}),
    Sample(OrderSeen(_LINES, "123-1234567-1234567"), {"lines": _LINES[:1], "amazon_order": None}, {}),
    Sample(
        RefundSeen("r1", (RefundLine("rl1", "l1", 2, "return"), RefundLine("rl2", "l1", 1, "no_restock"))),
        {"refund": "r2", "lines": (RefundLine("rl1", "l1", 2, "no_restock"),)},
        {},
    ),
    Sample(
        OrderEdited("e1", (LineDelta("l1", 1),), (LineDelta("l2", 1),)),
        {"edit": "e2", "additions": (LineDelta("l1", 2),), "removals": ()},
        {},
    ),
    Sample(LineResolved("l1", "T/RED #1"), {"line": "l2", "sku": "T-BLUE"}, {}),
    Sample(ProductSeen((ProductVariant("v1", "T/RED #1", "i1"), ProductVariant("v2"))), {"variants": ()}, {}),
    Sample(ProductUnchanged(1), {"seen": 2}, {}),
    Sample(SkuLinked("p1", 1, "T/RED #1"), {"product": "p2", "seen": 2, "sku": None}, {}),
    Sample(SkuAssigned("T/RED #1"), {"sku": None}, {}),
    Sample(LineWaiting("o1", "l1"), {"order": "o2", "line": "l2"}, {}),
    Sample(LineServed("o1", "l1"), {"order": "o2", "line": "l2"}, {}),
    Sample(
        ReviewRequested("unmapped_line", "shopify:1", "line 2 has no SKU"),
        {"reason": "conflict", "subject": "shopify:2"},
        {"detail": ""},
    ),
    Sample(ReviewSettled("unmapped:1"), {"review": "unmapped:2"}, {}),
    Sample(AlertAcknowledged("a1"), {"alert": "a2"}, {}),
    Sample(BroadcastAccepted(1, 3, 7), {"attempt": 2, "quantity": 0}, {"cause_version": 8, "listing": "SHIRT-2"}),
    Sample(
        BroadcastRejected(1, 3, 7, "INVALID", retry=False),
        {"attempt": 2, "quantity": 0},
        {"cause_version": 8, "code": "QuotaExceeded", "retry": True},
    ),
    Sample(
        ChannelQuantityObserved("n1", -3, Instant(MORNING), "T-RED"),
        {"quantity": 3},
        {"notification": "n2", "event_time": NOON, "listing": None, "looked": True},
    ),
    Sample(
        AmazonOrderSeen("Unshipped", (AmazonOrderLine("i1", 2, "T-RED", 1), AmazonOrderLine("i2", 0))),
        {"status": "Canceled", "lines": (AmazonOrderLine("i1", 2, "T-RED", 2),)},
        {},
    ),
    Sample(FbaLevelObserved("n1", 3, Instant(MORNING)), {"quantity": 0}, {"notification": "n2", "event_time": NOON}),
    Sample(
        ListingStatusObserved("n1", ("BUYABLE", "DISCOVERABLE"), Instant(MORNING), "T-RED"),
        {"statuses": ("DISCOVERABLE",)},
        {"notification": "n2", "event_time": NOON, "listing": None},
    ),
    Sample(FeedFinished("f1", "DONE", Instant(MORNING)), {"feed": "f2", "status": "FATAL"}, {"event_time": NOON}),
    Sample(ChannelOrdersRead(MORNING), {"up_to": NOON}, {}),
    Sample(
        DeltaIntended(1, -2, 9, "k1", "43729076001", "48752903", 7, 2),
        {"number": 2, "delta": 3, "change_from": 8, "key": "k2", "item": "43729076002", "location": "48752904"},
        {"cause_version": 8, "since": 3},
    ),
    Sample(DeltaApplied(1, 7), {"number": 2}, {"available": None, "retried": True}),
    Sample(DeltaRefused(1, "INVALID_LOCATION", retry=False), {"number": 2, "code": "402"}, {"retry": True}),
    Sample(DeltaInDoubt(1, -2, "STALE"), {"number": 2, "delta": 3}, {"code": ""}),
    Sample(DeltaDecided(1, applied=True), {"number": 2, "applied": False}, {}),
    Sample(
        LevelCompared("43729076001", 9, -1, 2, MORNING),
        {"item": "43729076002", "available": 8, "moved": -2, "at": NOON},
        {"since": 3},
    ),
    Sample(LevelUnexplained(1, -2, 7), {"number": 2, "difference": 3}, {"available": 8}),
    Sample(LevelDecided(1, adopted=True), {"number": 2, "adopted": False}, {}),
    Sample(BroadcastsStopped(9, 3, 7, 5), {"attempt": 10, "quantity": 4, "cause_version": 8, "repeats": 6}, {}),
    Sample(BroadcastsResumed(), {}, {}),
    Sample(ChannelModeSet("live"), {"mode": "off"}, {}),
    Sample(ChannelPaused("zeroing", 12, 40), {"reason": "operator", "zeroed": 13, "listings": 41}, {}),
    Sample(ChannelResumed(), {}, {}),
    Sample(DriftFound(3, 4, MORNING), {"expected": 2, "observed": 5, "seen": NOON, "reason": "orders_unread"}, {}),
)

IDS = [type(sample.fact).__name__ for sample in SAMPLES]
