"""Reading inventory."""

from collections.abc import Callable, Iterator

import msgspec

from processor.events import Recorded
from processor.log import EventLog
from processor.models import Model, ModelQueries
from processor.streams import StreamId
from projections.inventory.documents import Inventory, Numbers, numbers
from projections.inventory.fold import InventoryProjection
from projections.inventory.words import Sum, sentence
from stock.codec import Fact, decode
from stock.identities import SKU, Sku, sku_stream


class Entry(msgspec.Struct, frozen=True):
    """One event of a SKU's ledger, with the quantities right after it."""

    event: Recorded
    fact: Fact
    after: Numbers


class Explained(msgspec.Struct, frozen=True):
    """A ledger in words: what it comes to, the sentences of a part of its events, and what is on hand as a sum."""

    now: Inventory
    told: Sum
    events: list[tuple[Entry, str]]


class InventoryQueries:
    """What readers ask of inventory. `live` tells the model to read."""

    def __init__(self, models: ModelQueries, log: EventLog, live: Callable[[], Model]) -> None:
        self._models, self._log, self._live = models, log, live

    def one(self, tenant: str, sku: Sku) -> Inventory | None:
        """Return the SKU's inventory, None where nothing ever happened to it. Strongly consistent."""
        key = sku_stream(tenant, sku)
        row = self._models.load(self._live(), [key]).get(key)
        return InventoryProjection.decode(row.state) if row else None

    def several(self, tenant: str, skus: list[Sku]) -> dict[Sku, Inventory]:
        """Return the inventory of those of `skus` that something ever happened to."""
        keys = {sku_stream(tenant, sku): sku for sku in skus}
        rows = self._models.load(self._live(), list(keys))
        return {keys[key]: InventoryProjection.decode(row.state) for key, row in rows.items()}

    def listing(
        self, tenant: str, after: str | None = None, limit: int = 100
    ) -> tuple[list[tuple[Sku, Inventory]], str | None]:
        """Return a page of the tenant's SKUs in order, and what continues it (None: the end)."""
        page = self._models.rows(self._live(), tenant, SKU, after, limit)
        return [(Sku(item.id), InventoryProjection.decode(item.body)) for item in page.items], page.after

    def total(self, tenant: str) -> int:
        """Count the tenant's SKUs, by the log's catalogue: its cost grows with them."""
        return self._log.count(tenant, SKU)

    def ledger(self, tenant: str, sku: Sku, after: int = 0, limit: int | None = None) -> Iterator[Entry]:
        """Yield the SKU's events from version `after` + 1 on, at most `limit`, each with the balance it left.

        The balance is folded from the first event on: the cost grows with `after`. Raises TooNew for an event that
        a newer release wrote.
        """
        state, projection = Inventory(), InventoryProjection()
        end = None if limit is None else after + limit
        for event in self._log.read(sku_stream(tenant, sku), limit=end):
            fact = decode(event)
            projection.apply(state, event, fact)
            if event.version > after:
                yield Entry(event, fact, numbers(state))

    def explained(self, tenant: str, sku: Sku, after: int = 0, limit: int = 100) -> Explained:
        """Return the SKU's ledger in words: one sentence for each of `limit` events after version `after`.

        All of it is read, a page at a time, and none of it kept. Raises TooNew.
        """
        state, projection, told = Inventory(), InventoryProjection(), Sum()
        events: list[tuple[Entry, str]] = []
        before: Numbers | None = None
        for event in self._log.read(sku_stream(tenant, sku)):
            fact = decode(event)
            projection.apply(state, event, fact)
            told.add(fact, event.recorded_at)
            if after - 1 <= event.version <= after + limit:
                left = numbers(state)
                if event.version > after:
                    events.append((Entry(event, fact, left), sentence(fact, before, left)))
                before = left
        return Explained(state, told, events)

    def at(self, stream: StreamId, version: int) -> Numbers:
        """Return a SKU's quantities right after event `version` by folding its stream."""
        state, projection = Inventory(), InventoryProjection()
        for event in self._log.read(stream, limit=version):
            projection.apply(state, event, decode(event))
        return numbers(state)
