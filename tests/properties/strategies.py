"""What may be appended, rung and injected."""

from functools import partial
from typing import NamedTuple

from hypothesis import strategies as st

from processor.streams import StreamId
from stock.dispositions import Disposition
from stock.events import (
    AlertAcknowledged,
    BroadcastAccepted,
    BroadcastRejected,
    BufferSet,
    ChannelOrdersRead,
    ChannelQuantityObserved,
    DeltaApplied,
    DeltaDecided,
    DeltaInDoubt,
    DeltaIntended,
    DeltaRefused,
    DriftFound,
    FbaLevelObserved,
    LevelCompared,
    LevelDecided,
    LevelUnexplained,
    ListingMapped,
    ListingStatusObserved,
    ListingUnmapped,
    LowStockThresholdSet,
    OrderLine,
    OrderSeen,
    ReturnReceived,
    ReviewRequested,
    ReviewSettled,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
    StockEvent,
)
from stock.identities import CHANNEL, CHANNELS, ORDER, REVIEW, SKU
from tests.factories import MORNING, NOON
from tests.properties.faults import DEATHS, FAILURES, Fault, Kind
from tests.properties.program import CODEC, PURE

ANN, BOB = TENANTS = ("ann", "bob")
_SKUS = (StreamId(ANN, SKU, "T"), StreamId(BOB, SKU, "T"), StreamId(ANN, SKU, "a/b #%"))
_CHANNELS = (
    StreamId(ANN, CHANNEL, "amazon:T"),
    StreamId(BOB, CHANNEL, "amazon:T"),
    StreamId(ANN, CHANNEL, "shopify:a/b #%"),
)
_OTHERS = (StreamId(ANN, REVIEW, "shopify:1"), StreamId(BOB, REVIEW, "shopify:1"), StreamId(ANN, ORDER, "shopify:1"))
STREAMS = (*_SKUS, *_CHANNELS, *_OTHERS)
"""Two tenants with equal keys; streams with a row of their own, streams that share one, one that feeds nothing."""

_SKU_FACTS: tuple[StockEvent, ...] = (
    *(SaleRecorded(quantity) for quantity in (1, 2, 5)),
    *(SaleCancelled(quantity) for quantity in (1, 4)),
    *(ReturnReceived(2, pool, disposition) for pool in ("merchant", "fba") for disposition in Disposition),
    *(StockAdjusted(delta, "opening") for delta in (0, 3, 9)),
    *(StockAdjusted(delta, "correction") for delta in (-5, 2)),
    *(StockCounted(count) for count in (0, 1, 12)),
    *(BufferSet(level) for level in (0, 2)),
    *(LowStockThresholdSet(level) for level in (None, 0, 4)),
    *(ListingMapped(channel, listing) for channel in CHANNELS for listing in ("L1", "L2")),
    *(ListingUnmapped(channel) for channel in CHANNELS),
    *(FbaLevelObserved("n1", units, at) for units in (0, 7) for at in (MORNING, NOON)),
)
_CHANNEL_FACTS: tuple[StockEvent, ...] = (
    *(BroadcastAccepted(attempt, attempt + 1, 1) for attempt in (1, 2)),
    *(BroadcastRejected(attempt, 3, 1, "THROTTLED", retry) for attempt in (1, 2) for retry in (False, True)),
    *(ChannelQuantityObserved("n1", quantity, at) for quantity in (0, 4) for at in (MORNING, NOON)),
    *(ChannelQuantityObserved("look", quantity, NOON, "L", looked=True) for quantity in (0, 4)),
    *(ChannelOrdersRead(at) for at in (MORNING, NOON)),
    DriftFound(4, 0, NOON),
    *(DeltaIntended(number, 2, 5, f"k{number}", "L1", "48", 1, since) for number in (1, 2) for since in (1, 3)),
    *(outcome(number) for number in (1, 2) for outcome in (DeltaApplied, partial(DeltaRefused, code="402"))),
    DeltaInDoubt(2, 2),
    *(DeltaDecided(2, applied) for applied in (False, True)),
    *(
        LevelCompared("L1", available, 1, since, at)
        for available in (4, 9)
        for since in (1, 3)
        for at in (MORNING, NOON)
    ),
    *(LevelUnexplained(1, difference, 9) for difference in (0, 5)),
    *(LevelDecided(1, adopted) for adopted in (False, True)),
    ListingStatusObserved("n1", ("BUYABLE",), NOON),
)
_REVIEW_FACTS: tuple[StockEvent, ...] = (
    ReviewRequested("unmapped_line", "shopify:1"),
    ReviewRequested("conflict", "shopify:1"),
    *(ReviewSettled(f"tx-{number}") for number in range(1, 10)),
)
_ORDER_FACTS: tuple[StockEvent, ...] = (OrderSeen((OrderLine("1", 2, "T"),)), OrderSeen(()))


class Acknowledge(NamedTuple):
    """Stands for acknowledging the stream's `nth` alert."""

    nth: int

    def of(self, alerts: list[str]) -> AlertAcknowledged:
        return AlertAcknowledged(alerts[self.nth % len(alerts)] if alerts else "none")


class Draft(NamedTuple):
    """A fact to append. `repeats` counts back to an earlier fact of the stream whose tx_id it takes; None: a new one.

    `twisted`: the fact keeps its own content, so that the repeated tx_id is told differently.
    """

    fact: StockEvent | Acknowledge
    repeats: int | None = None
    twisted: bool = False


class Batch(NamedTuple):
    """One append. `expected` is how far its expectation is off the head; None: it expects nothing."""

    stream: StreamId
    drafts: list[Draft]
    expected: int | None


def _drafts(*facts: StockEvent | Acknowledge) -> st.SearchStrategy[list[Draft]]:
    """Draw from what was made beforehand: drawing is most of what a step costs."""
    new = [Draft(fact) for fact in facts]
    again = [Draft(fact, repeats, twisted) for fact in facts for repeats in (0, 1, 3) for twisted in (False, True)]
    return st.lists(st.sampled_from([*new * 9, *again]), min_size=1, max_size=5)


_acknowledgements = [Acknowledge(nth) for nth in range(4)]
_DRAFTS = {
    SKU: _drafts(*_SKU_FACTS, *_acknowledgements),
    CHANNEL: _drafts(*_CHANNEL_FACTS, *_acknowledgements),
    REVIEW: _drafts(*_REVIEW_FACTS, *_acknowledgements),
    ORDER: _drafts(*_ORDER_FACTS),
}
_expected = st.sampled_from([None, None, None, None, 0, 0, 1, -1])

streams = st.sampled_from([*_SKUS, *_SKUS, *_CHANNELS, *STREAMS])
batches = st.lists(
    streams.flatmap(lambda stream: st.builds(Batch, st.just(stream), _DRAFTS[stream.category], _expected)),
    min_size=1,
    max_size=3,
)

hints = st.one_of(
    st.sampled_from(["none", "all", "news"]),
    st.lists(st.integers(0, 15), max_size=4),
)
"""Which events a doorbell brings: none, all, those that no row has yet, or some by number, repeated, in any order."""

bells = st.lists(st.tuples(streams, hints), min_size=1, max_size=5)

culprits = st.sampled_from([CODEC, *(projection.name for projection in PURE)])
ailments = st.sampled_from(["raises", "writes too much"])

_KINDS: tuple[Kind, ...] = (*FAILURES, *DEATHS, "meanwhile")
_PLACES = (0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 10, 12)
faults = st.sampled_from([*[None] * 40, *(Fault(kind, after) for kind in _KINDS for after in _PLACES)])
failures = st.sampled_from([*[None] * 20, *(Fault(kind, after) for kind in FAILURES for after in _PLACES)])
