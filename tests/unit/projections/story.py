"""Given events, when one more happens, then: a projection's fold without an engine around it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from processor.clock import Instant
from processor.events import Recorded, recorded
from processor.ops import OpsEvent
from processor.projection import Amend, Change, Projection, Put
from processor.streams import StreamId
from projections.alerts.documents import Alert
from stock.events import ChannelQuantityObserved, StockEvent
from stock.facts import fact
from stock.identities import channel_stream, sku, sku_stream
from tests.factories import MORNING, NOON

SHIRT = sku_stream("acme", sku("SHIRT"))
ON_AMAZON = channel_stream("acme", "amazon", sku("SHIRT"))


class Story:
    """One row of a projection and the changes that its last event made. Each stream counts its own versions."""

    def __init__(self, projection: Projection[Any]) -> None:
        self.projection = projection
        self.state = projection.initial()
        self._versions: dict[StreamId, int] = {}

    def given(self, *facts: StockEvent, stream: StreamId = SHIRT) -> "Story":
        for happened in facts:
            self.when(happened, stream)
        return self

    def when(self, happened: StockEvent | OpsEvent, stream: StreamId = SHIRT) -> Sequence[Change]:
        """Fold one more event, through the bytes that a store would keep."""
        version = self._versions[stream] = self._versions.get(stream, 0) + 1
        changes = self.projection.apply(self.state, self._event(happened, stream, version), happened)
        self.state = self.projection.decode(self.projection.encode(self.state))
        return changes

    @staticmethod
    def _event(happened: StockEvent | OpsEvent, stream: StreamId, version: int) -> Recorded:
        told = fact(happened, tx=f"t{version}", at=MORNING, source="test") if isinstance(happened, StockEvent) else None
        if told is None:
            from processor.ops import ops_event

            assert not isinstance(happened, StockEvent)
            told = ops_event(happened, "1", MORNING)
        return recorded(stream, version, told, _recorded_at(happened))


def _recorded_at(happened: StockEvent | OpsEvent) -> Instant:
    """Noon, but nothing is recorded before it was seen."""
    return max(NOON, happened.event_time) if isinstance(happened, ChannelQuantityObserved) else NOON


def alerts(changes: Sequence[Change]) -> list[tuple[str, str, int]]:
    """The type, severity and quantity of the alerts among `changes`."""
    bodies = [msgspec.json.decode(c.document.body, type=Alert) for c in changes if isinstance(c, Put)]
    return [(alert.type, alert.severity, alert.quantity) for alert in bodies]


def amended(changes: Sequence[Change]) -> list[str]:
    return [change.id for change in changes if isinstance(change, Amend)]
