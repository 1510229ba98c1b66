"""Reading inventory."""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from processor.events import Recorded
from processor.log import EventLog
from processor.models import Model, ModelQueries
from processor.streams import StreamId
from projections.inventory.documents import Inventory, Numbers, balance_of, balances_until, numbers
from projections.inventory.fold import InventoryProjection
from projections.inventory.words import Sum, sentence
from stock.codec import Fact, decode
from stock.identities import SKU, Sku, sku_stream

SUMMED = 1000
"""A sum goes back so many events at least, or to the beginning, or to the newest count."""


class Entry(msgspec.Struct, frozen=True, gc=False):
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
        """Return the SKU's events from version `after` + 1 on, at most `limit`, each with the balance it left.

        The balance is folded on from the newest one that is written down before. Raises TooNew for an event that a
        newer release wrote.
        """
        stream = sku_stream(tenant, sku)
        state = self._known(stream, after)
        end = None if limit is None else after + limit - state.version
        entries = _folded(state, self._log.read(stream, state.version, end))
        return (entry for entry in entries if entry.event.version > after)

    def explained(self, tenant: str, sku: Sku, after: int = 0, limit: int = 100) -> Explained:
        """Return the SKU's ledger in words: one sentence for each of `limit` events after version `after`.

        The sum begins with what is written down before the last SUMMED events, where there are more. Raises TooNew.
        """
        events = list(self._sentences(tenant, sku, after, limit))
        stream = sku_stream(tenant, sku)
        head = self._log.heads([stream])[stream]
        state, projection = self._known(stream, head - SUMMED), InventoryProjection()
        told = Sum(state)
        for event in self._log.read(stream, state.version):
            fact = decode(event)
            projection.apply(state, event, fact)
            told.add(fact, event.recorded_at)
        return Explained(state, told, events)

    def _sentences(self, tenant: str, sku: Sku, after: int, limit: int) -> Iterator[tuple[Entry, str]]:
        """Yield events after `after` in words; the one before them is read too, since words tell what changed."""
        before: Numbers | None = None
        for entry in self.ledger(tenant, sku, max(0, after - 1), limit + min(after, 1)):
            if entry.event.version > after:
                yield entry, sentence(entry.fact, before, entry.after)
            before = entry.after

    def whole(self, events: Iterable[Recorded]) -> Iterator[Entry]:
        """Yield a SKU's events, all from its first on as the log reads them, as `ledger` does."""
        return _folded(Inventory(), events)

    def _known(self, stream: StreamId, until: int) -> Inventory:
        """Return the newest inventory that is written down up to event `until`; that of no event where none is.

        Where the model is behind the log that may be long before: what is folded on it comes to the same.
        """
        wanted = balances_until(stream.key, until)
        found = self._models.get(self._live(), stream.tenant, wanted) if wanted else {}
        return next((balance_of(found[id_].body) for id_ in wanted if id_ in found), Inventory())


def _folded(state: Inventory, events: Iterable[Recorded]) -> Iterator[Entry]:
    projection = InventoryProjection()
    for event in events:
        fact = decode(event)
        projection.apply(state, event, fact)
        yield Entry(event, fact, numbers(state))
