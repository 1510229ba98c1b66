"""What a shop's day looks like: sales of a few popular SKUs and a long tail, returns, counts, and the rest."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, count

import msgspec

from processor.clock import Instant
from processor.events import Event
from processor.log import Append
from processor.streams import StreamId
from stock.dispositions import Disposition
from stock.events import (
    BufferSet,
    ListingMapped,
    LowStockThresholdSet,
    ReturnReceived,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
    StockEvent,
)
from stock.facts import fact
from stock.identities import sku, sku_stream

SKUS = 10_000
ZIPF = 1.1
TENANT = "acme"
MORNING = Instant("2026-11-20T10:00:00.000000Z")

Arrival = tuple[StreamId, Event]

_MIX = {
    "sale": 860,
    "return": 50,
    "adjustment": 30,
    "count": 20,
    "cancellation": 15,
    "buffer": 10,
    "mapping": 10,
    "threshold": 5,
}


class Fact(msgspec.Struct, frozen=True):
    """A fact about a SKU before it is in its envelope: what a source states."""

    stream: StreamId
    happened: StockEvent
    tx: str
    order: str


class Traffic:
    """An endless stream of facts, the same for the same seed.

    A SKU's first fact is its opening count, its second that Amazon lists it: both are what makes a SKU take part.
    """

    def __init__(self, seed: int = 1, skus: int = SKUS) -> None:
        self._random = random.Random(seed)
        self._streams = [sku_stream(TENANT, sku(f"SKU-{number:05d}")) for number in range(skus)]
        self._weights = list(accumulate(1 / rank**ZIPF for rank in range(1, skus + 1)))
        self._random.shuffle(self._streams)
        self._seen: Counter[StreamId] = Counter()
        self._numbers = count(1)

    def facts(self, number: int) -> Iterator[Fact]:
        """Yield the next `number` facts."""
        streams = self._random.choices(self._streams, cum_weights=self._weights, k=number)
        kinds = self._random.choices(list(_MIX), weights=list(_MIX.values()), k=number)
        for stream, kind in zip(streams, kinds, strict=True):
            place = next(self._numbers)
            order, line = f"shopify:{5_510_000_000_000 + place}", f"{14_220_000_000_000 + place}"
            seen = self._seen[stream]
            self._seen[stream] += 1
            beginning = ("opening", "mapping")[seen : seen + 1]
            happened = self._happened(beginning[0] if beginning else kind, stream, order, line)
            yield Fact(stream, happened, f"shopify:line:{line}:1", order)

    def arrivals(self, number: int) -> list[Arrival]:
        """Return the next `number` facts in their envelopes, in the order they arrive."""
        return [(told.stream, envelope(told)) for told in self.facts(number)]

    def _happened(self, kind: str, stream: StreamId, order: str, line: str) -> StockEvent:  # noqa: PLR0911 - one per kind
        draw = self._random.randrange
        match kind:
            case "opening":
                return StockCounted(draw(20, 2000))
            case "return":
                state = self._random.choice(list(Disposition))
                return ReturnReceived(1, "merchant", state, order)
            case "adjustment":
                return StockAdjusted(draw(-5, 20), "correction")
            case "count":
                return StockCounted(draw(0, 500))
            case "cancellation":
                return SaleCancelled(1, order, line)
            case "buffer":
                return BufferSet(draw(0, 10))
            case "mapping":
                return ListingMapped("amazon", stream.key, "B0EXAMPLE1")
            case "threshold":
                return LowStockThresholdSet(draw(5, 30))
            case _:
                return SaleRecorded(draw(1, 4), order, line)


def envelope(told: Fact) -> Event:
    """Return the fact as the log takes it: about 250 bytes."""
    return fact(told.happened, tx=told.tx, at=MORNING, source="shopify", correlation=told.order)


def appends(arrivals: Sequence[Arrival]) -> list[Append]:
    """Return arrivals as one call of the log takes them: those of a stream together."""
    streams: dict[StreamId, list[Event]] = {}
    for stream, event in arrivals:
        streams.setdefault(stream, []).append(event)
    return [Append(stream, tuple(events)) for stream, events in streams.items()]


def stocked(streams: list[StreamId]) -> list[Append]:
    """Return what makes SKUs take part: an opening count, and that Amazon lists them."""
    beginnings: tuple[StockEvent, ...] = (StockCounted(1_000_000), ListingMapped("amazon", "LISTING"))
    return [
        Append(stream, tuple(fact(told, tx=f"begin:{told}", at=MORNING, source="operator") for told in beginnings))
        for stream in streams
    ]


def sale(stream: StreamId, number: int) -> Append:
    """Return the sale of one unit, the stream's `number`-th."""
    order, line = f"shopify:{5_510_000_000_000 + number}", f"{14_220_000_000_000 + number}"
    return Append(stream, (envelope(Fact(stream, SaleRecorded(1, order, line), f"shopify:line:{line}:1", order)),))
