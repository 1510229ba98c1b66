"""Reading Shopify's side of SKUs, each with how far the channel's stream is folded: the place to decide upon."""

from collections.abc import Callable

import msgspec

from processor.models import Model, ModelQueries
from projections.broadcasts.balancing import SHOP
from projections.broadcasts.deltas import Deltas
from projections.broadcasts.documents import ASKED, INDEXES
from projections.broadcasts.fold import BroadcastsProjection
from stock.identities import Sku, channel_stream, sku_stream


class Account(msgspec.Struct, frozen=True):
    """A SKU's account with the shop, as folded up to event `position` of its channel's stream.

    `item` is the inventory item that is mapped, None where none is.
    """

    position: int
    counted: bool
    item: str | None
    deltas: Deltas


class DeltaQueries:
    """What is asked of accounts. `live` tells the model to read."""

    def __init__(self, models: ModelQueries, live: Callable[[], Model]) -> None:
        self._models, self._live = models, live

    def account(self, tenant: str, sku: Sku) -> Account | None:
        """Return the SKU's account, None where it was never sold on Shopify. Strongly consistent."""
        key = sku_stream(tenant, sku)
        row = self._models.load(self._live(), [key]).get(key)
        if row is None:
            return None
        state = BroadcastsProjection.decode(row.state)
        if state.deltas is None:
            return None
        listing = state.channels.get(SHOP)
        return Account(
            row.positions.get(channel_stream(tenant, SHOP, sku), 0),
            state.balance.counted,
            listing.listing if listing is not None else None,
            state.deltas,
        )

    def asked(self, tenant: str, after: str | None, limit: int) -> tuple[list[tuple[Sku, Deltas]], str | None]:
        """Return a page of accounts about which an operator is to decide something, and what continues it.

        The index may trail a write by moments.
        """
        page = self._models.query(self._live(), tenant, INDEXES.index(ASKED), ASKED, after=after, limit=limit)
        found = [(Sku(item.id), BroadcastsProjection.decode(item.body).deltas) for item in page.items]
        return [(sku, deltas) for sku, deltas in found if deltas is not None and deltas.asks], page.after
