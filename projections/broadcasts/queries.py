"""Reading what channels should show, and which are due to be told."""

from collections.abc import Callable, Sequence

import msgspec

from processor.clock import Instant
from processor.models import Model, ModelQueries
from projections.broadcasts.documents import AWAITED, DUE, INDEXES, Broadcasts, Listing
from projections.broadcasts.fold import BroadcastsProjection
from stock.events import ListingMapped
from stock.identities import SKU, Channel, Sku, sku_stream
from stock.listings import Listed, Listings

LOOKED_AT = 500
"""So many SKUs are looked at for a page of those that are sold somewhere, or as many as the page may hold."""


class Standing(msgspec.Struct, frozen=True, gc=False):
    """A SKU on all its channels, as folded up to event `version` of its own stream."""

    version: int
    row: Broadcasts


class BroadcastQueries:
    """What readers and the dispatcher ask of broadcasts. `live` tells the model to read."""

    def __init__(self, models: ModelQueries, live: Callable[[], Model]) -> None:
        self._models, self._live = models, live

    def one(self, tenant: str, sku: Sku) -> Broadcasts | None:
        """Return the SKU on all its channels, None where nothing ever happened to it. Strongly consistent."""
        key = sku_stream(tenant, sku)
        row = self._models.load(self._live(), [key]).get(key)
        return BroadcastsProjection.decode(row.state) if row else None

    def several(self, tenant: str, skus: Sequence[Sku]) -> dict[Sku, Broadcasts]:
        """Return those of `skus` that anything happened to, on all their channels. Strongly consistent."""
        return {sku: standing.row for sku, standing in self.standing(tenant, skus).items()}

    def standing(self, tenant: str, skus: Sequence[Sku]) -> dict[Sku, Standing]:
        """Return the same, each with how far it is folded. Strongly consistent."""
        keys = {sku_stream(tenant, sku): sku for sku in skus}
        rows = self._models.load(self._live(), list(keys)).items() if keys else ()
        return {
            keys[key]: Standing(row.positions.get(key, 0), BroadcastsProjection.decode(row.state)) for key, row in rows
        }

    def listings(self, tenant: str, skus: Sequence[Sku]) -> dict[Sku, Listings]:
        """Return where those of `skus` that anything happened to are sold. Strongly consistent."""
        return {
            sku: Listings(told.version, {name: _listed(name, listing) for name, listing in told.row.channels.items()})
            for sku, told in self.standing(tenant, skus).items()
        }

    def mapped(
        self, tenant: str, channel: Channel, after: str | None = None, limit: int = 100
    ) -> tuple[list[tuple[Sku, Listing]], str | None]:
        """Return SKUs that are sold on `channel`, in order, at most `limit`, and what continues them (None: the end).

        It gives up after looking at LOOKED_AT SKUs, so there may be fewer, or none, before the end.
        """
        found: list[tuple[Sku, Listing]] = []
        left = max(LOOKED_AT, limit)
        while left:
            page = self._models.rows(self._live(), tenant, SKU, after, min(left, limit - len(found)))
            left -= len(page.items)
            rows = ((Sku(item.id), BroadcastsProjection.decode(item.body)) for item in page.items)
            listings = ((sku, row.channels.get(channel)) for sku, row in rows)
            found += [(sku, told) for sku, told in listings if told is not None and told.listing is not None]
            after = page.after
            if after is None or len(found) == limit:
                break
        return found, after

    def due(self, tenant: str, channel: Channel, limit: int = 100) -> list[Sku]:
        """Return SKUs that the channel is to be told about, lowest quantity first, then oldest change.

        The page is of those with the fewest binary digits of quantity, by the minute of their change.
        The index may trail a write by moments: read each row again before acting on it.
        """
        page = self._models.query(self._live(), tenant, INDEXES.index(channel), DUE, limit=limit)
        found = [(BroadcastsProjection.decode(item.body), Sku(item.id)) for item in page.items]
        return [sku for _, sku in sorted(found, key=lambda place: (place[0].desired, place[0].changed_at))]

    def zeroing(self, tenant: str, channel: Channel, after: Instant, limit: int) -> list[Sku]:
        """Return SKUs that are about to become zero on `channel`, for a reason later than `after`: they show more.

        Of which nobody knows what they show count where they were told anything before. At most `limit` are looked at.
        """
        page = self._models.query(self._live(), tenant, INDEXES.index(channel), DUE, limit=limit)
        rows = ((Sku(item.id), BroadcastsProjection.decode(item.body)) for item in page.items)
        return [sku for sku, row in rows if row.changed_at > after and row.zeroing(channel)]

    def count_live(self, tenant: str, channel: Channel) -> int:
        """Count the SKUs that are sold on `channel` and counted: a page of SKUs at a time, so it takes its time."""
        count, after = 0, None
        while True:
            page = self._models.rows(self._live(), tenant, SKU, after, LOOKED_AT)
            count += sum(BroadcastsProjection.decode(item.body).sold_on(channel) for item in page.items)
            after = page.after
            if after is None:
                return count

    def awaited(self, tenant: str, channel: Channel, until: Instant, limit: int = 100) -> list[Sku]:
        """Return SKUs of which word of the channel is awaited since `until` or longer, the longest first.

        By the minute; the index may trail a write by moments.
        """
        page = self._models.query(self._live(), tenant, INDEXES.index(channel), AWAITED, limit=limit)
        found = [(BroadcastsProjection.decode(item.body).awaited(channel), Sku(item.id)) for item in page.items]
        return [sku for since, sku in found if since is not None and since <= until]


def _listed(channel: Channel, told: Listing) -> Listed:
    if told.listing is None:
        return Listed(None, told.mapped_version)
    return Listed(ListingMapped(channel, told.listing, told.asin, told.product_type), told.mapped_version)
