"""The peer's application: what its users write, aggregates that trigger events and are saved."""

from collections.abc import Sequence
from typing import Any

import msgspec
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate

from benchmarks.traffic import Fact
from processor.streams import StreamId


class Item(Aggregate):
    """One SKU."""

    class Happened(Aggregate.Event):
        """Something happened to the SKU."""

        kind: str
        data: dict[str, Any]
        tx_id: str
        source: str
        correlation: str

    def tell(self, told: Fact) -> None:
        """Trigger the fact's event."""
        self.trigger_event(
            self.Happened,
            kind=type(told.happened).__name__,
            data=msgspec.to_builtins(told.happened),
            tx_id=told.tx,
            source="shopify",
            correlation=told.order,
        )


class Shop:
    """The peer's application with its SKUs at hand, as its repository's cache would keep them."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._application: Application[Any] = Application(env=environment)
        self._items: dict[StreamId, Item] = {}

    def know(self, streams: Sequence[StreamId]) -> None:
        """Create the SKUs that are new."""
        new = {stream: Item() for stream in streams if stream not in self._items}
        self._items.update(new)
        self._application.save(*new.values())

    def save(self, group: Sequence[Fact]) -> None:
        """Trigger the group's events and save them in one transaction."""
        items = {}
        for told in group:
            item = self._items[told.stream]
            item.tell(told)
            items[told.stream] = item
        self._application.save(*items.values())

    def close(self) -> None:
        """Let go of connections."""
        self._application.close()
