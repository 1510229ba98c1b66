"""Shopify's payloads about products and inventory, after the REST Admin API's Product and InventoryLevel resources."""

from typing import Annotated

from pydantic import BeforeValidator, Field, StrictInt

from ingest.reading import Payload
from ingest.shopify.fields import Moment, Reference, ShopifyId, SkuOrNone, none_is_empty
from stock.events import ProductSeen, ProductVariant

MAX_VARIANTS = 2048
"""So many variants a product has at most."""

MAX_SHOWN = 1_000_000_000_000


class ShopifyVariant(Payload):
    """A variant of a product."""

    id: ShopifyId
    sku: SkuOrNone = None
    inventory_item_id: Reference = None


class ShopifyProduct(Payload):
    """A snapshot of a product."""

    id: ShopifyId
    variants: Annotated[tuple[ShopifyVariant, ...], BeforeValidator(none_is_empty), Field(max_length=MAX_VARIANTS)] = ()
    updated_at: Moment = None

    @property
    def seen(self) -> ProductSeen:
        """The product as an event: its variants, their SKUs and inventory items."""
        return ProductSeen(tuple(ProductVariant(one.id, one.sku, one.inventory_item_id) for one in self.variants))


class ShopifyLevel(Payload):
    """What a location has of an inventory item: absolute, by nobody; `available` None where it is not tracked."""

    inventory_item_id: ShopifyId
    location_id: Reference = None
    available: Annotated[StrictInt, Field(ge=-MAX_SHOWN, le=MAX_SHOWN)] | None = None
    updated_at: Moment = None
