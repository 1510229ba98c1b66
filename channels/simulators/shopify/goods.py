"""What a small Shopify's shelves hold, and how it speaks of them."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from processor.clock import Instant, moment


class Place(msgspec.Struct, frozen=True):
    """A location."""

    id: str
    name: str
    active: bool = True


class Good(msgspec.Struct, frozen=True):
    """A product with its one variant and that variant's item. `bundle` cannot be adjusted."""

    sku: str | None
    product: str
    variant: str
    item: str
    tracked: bool = True
    bundle: bool = False


class Stock(msgspec.Struct):
    """What a location has available of an item, and since when."""

    item: str
    location: str
    available: int
    at: Instant


class Taken(msgspec.Struct, frozen=True):
    """A change of a level: by whom, by which key if it was an adjustment, and what was available after it."""

    at: Instant
    item: str
    location: str
    delta: int
    after: int
    by: str
    key: str | None = None


def iso(at: Instant) -> str:
    """Return the moment as Shopify writes it, in whole seconds."""
    return moment(at).astimezone(UTC).isoformat(timespec="seconds")


def level_payload(stock: Stock) -> dict[str, Any]:
    """Return the body of inventory_levels/update."""
    return {
        "inventory_item_id": int(stock.item),
        "location_id": int(stock.location),
        "available": stock.available,
        "updated_at": iso(stock.at),
        "admin_graphql_api_id": f"gid://shopify/InventoryLevel/{stock.location}?inventory_item_id={stock.item}",
    }


def product_payload(good: Good, at: Instant) -> dict[str, Any]:
    """Return the body of products/create and products/update."""
    variant = {"id": int(good.variant), "sku": good.sku, "inventory_item_id": int(good.item), "title": "Default Title"}
    return {"id": int(good.product), "title": good.sku or "", "updated_at": iso(at), "variants": [variant]}


def order_payload(order: int, name: str, lines: list[tuple[Good, int]], at: Instant) -> dict[str, Any]:
    """Return the body of orders/create: `lines` are goods and how many of each."""
    items = [
        {
            "id": order + place,
            "variant_id": int(good.variant),
            "product_id": int(good.product),
            "sku": good.sku,
            "quantity": quantity,
            "current_quantity": quantity,
        }
        for place, (good, quantity) in enumerate(lines, 1)
    ]
    told = {"id": order, "name": name, "created_at": iso(at), "updated_at": iso(at), "financial_status": "paid"}
    return {**told, "cancelled_at": None, "tags": "", "note_attributes": [], "line_items": items, "refunds": []}


def now_text() -> str:
    """Return the present moment as headers tell it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
