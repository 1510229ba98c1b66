"""Reading in the log how far what a channel showed was from what it should have shown."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

from processor.clock import Instant
from processor.events import Recorded
from processor.log import EventLog
from processor.streams import StreamId
from projections.broadcasts.documents import Listing
from projections.broadcasts.queries import BroadcastQueries
from projections.inventory.queries import Entry, InventoryQueries
from stock.accuracy import Accuracy, Step, Window, compare
from stock.codec import decode
from stock.events import BroadcastAccepted, ChannelQuantityObserved, ListingMapped, ListingUnmapped
from stock.identities import Channel, Sku, channel_stream, sku_stream

_SHORT = 50
"""A stream of so many events is read whole, with all others that are as short."""

_LOOKED_BACK = 50
"""So many events before the window are looked at for what the channel showed when it began."""


class Asked(NamedTuple):
    """Of whom, where, when, and within how long a wrong number may be mended before it counts."""

    tenant: str
    channel: Channel
    window: Window
    grace: timedelta


class _Streams(NamedTuple):
    """How long streams are, and the events of the short ones."""

    heads: Mapping[StreamId, int]
    short: Mapping[StreamId, list[Recorded]]


class Accuracies:
    """Compares SKU by SKU, as recorded: a sale counts from when we knew of it."""

    def __init__(self, log: EventLog, inventory: InventoryQueries, broadcasts: BroadcastQueries) -> None:
        self._log, self._inventory, self._broadcasts = log, inventory, broadcasts

    def page(self, asked: Asked, after: str | None, limit: int) -> tuple[list[tuple[Sku, Accuracy]], str | None]:
        """Return a page of the SKUs that are sold on the channel now, and what continues it (None: the end).

        What it costs grows with what happened within the window. Raises TooNew.
        """
        found, rest = self._broadcasts.mapped(asked.tenant, asked.channel, after, limit)
        streams = self._streams(asked, [sku for sku, _ in found])
        return [(sku, self._compared(asked, streams, sku, listing)) for sku, listing in found], rest

    def _streams(self, asked: Asked, skus: Iterable[Sku]) -> _Streams:
        own = [sku_stream(asked.tenant, sku) for sku in skus]
        heads = self._log.heads([*own, *(channel_stream(asked.tenant, asked.channel, Sku(s.key)) for s in own)])
        short = {stream: 0 for stream, head in heads.items() if head <= _SHORT}
        return _Streams(heads, {stream: [] for stream in short} | self._log.read_many(short, _SHORT * len(short)))

    def _compared(self, asked: Asked, streams: _Streams, sku: Sku, listing: Listing) -> Accuracy:
        desired = list(self._desired(asked, streams, sku, listing))
        shown = self._shown(streams, channel_stream(asked.tenant, asked.channel, sku), asked.window)
        return compare(desired, sorted(shown, key=lambda step: step.at), asked.window, asked.grace)

    def _desired(self, asked: Asked, streams: _Streams, sku: Sku, listing: Listing) -> Iterator[Step]:
        """Yield what the channel should have shown; nothing where the SKU was uncounted or not sold there."""
        before = self._before(streams, sku_stream(asked.tenant, sku), asked.window.since)
        mapped = listing.mapped_version <= before
        at = Instant("")
        for entry in self._ledger(asked, streams, sku, max(0, before - 1)):
            match entry.fact:
                case ListingMapped(channel=asked.channel):
                    mapped = True
                case ListingUnmapped(channel=asked.channel):
                    mapped = False
                case _:
                    pass
            at = max(at, entry.event.recorded_at)  # clocks of several writers may differ
            if at >= asked.window.until:
                return
            yield Step(at, entry.after.broadcast if mapped and entry.after.counted else None)

    def _ledger(self, asked: Asked, streams: _Streams, sku: Sku, after: int) -> Iterator[Entry]:
        events = streams.short.get(sku_stream(asked.tenant, sku))
        if events is None:
            return self._inventory.ledger(asked.tenant, sku, after)
        return (entry for entry in self._inventory.whole(events) if entry.event.version > after)

    def _shown(self, streams: _Streams, stream: StreamId, window: Window) -> Iterator[Step]:
        """Yield what the channel was seen showing, or took."""
        events: Iterable[Recorded] | None = streams.short.get(stream)
        if events is None:
            events = self._log.read(stream, max(0, self._before(streams, stream, window.since) - _LOOKED_BACK))
        for event in events:
            step = _step(event)
            if step is not None and step.at < window.until:
                yield step

    def _before(self, streams: _Streams, stream: StreamId, at: Instant) -> int:
        """Return the version of the last event that was recorded up to `at`, 0 for none."""
        events = streams.short.get(stream)
        if events is not None:
            return bisect_right(events, at, key=lambda event: event.recorded_at)
        versions = range(1, streams.heads[stream] + 1)
        return bisect_right(versions, at, key=lambda version: self._recorded(stream, version))

    def _recorded(self, stream: StreamId, version: int) -> Instant:
        return next(event.recorded_at for event in self._log.read(stream, version - 1, 1))


def _step(event: Recorded) -> Step | None:
    match decode(event):
        case BroadcastAccepted(quantity=quantity):
            return Step(event.recorded_at, quantity)
        case ChannelQuantityObserved(quantity=quantity, event_time=at):
            return Step(at, quantity)
        case _:
            return None
