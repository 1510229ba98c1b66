"""Reading what channels should show, and which are due to be told."""

from collections.abc import Callable

from processor.models import Model, ModelQueries
from projections.broadcasts.documents import DUE, INDEXES, Broadcasts
from projections.broadcasts.fold import BroadcastsProjection
from stock.identities import Channel, Sku, sku_stream


class BroadcastQueries:
    """What readers and the dispatcher ask of broadcasts. `live` tells the model to read."""

    def __init__(self, models: ModelQueries, live: Callable[[], Model]) -> None:
        self._models, self._live = models, live

    def one(self, tenant: str, sku: Sku) -> Broadcasts | None:
        """Return the SKU on all its channels, None where nothing ever happened to it. Strongly consistent."""
        key = sku_stream(tenant, sku)
        row = self._models.load(self._live(), [key]).get(key)
        return BroadcastsProjection.decode(row.state) if row else None

    def due(self, tenant: str, channel: Channel, limit: int = 100) -> list[Sku]:
        """Return SKUs that the channel is to be told about, lowest quantity first, then oldest change.

        The page is of those with the fewest binary digits of quantity, by the minute of their change.
        The index may trail a write by moments: read each row again before acting on it.
        """
        page = self._models.query(self._live(), tenant, INDEXES.index(channel), DUE, limit=limit)
        found = [(BroadcastsProjection.decode(item.body), Sku(item.id)) for item in page.items]
        return [sku for _, sku in sorted(found, key=lambda place: (place[0].desired, place[0].changed_at))]
