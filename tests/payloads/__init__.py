"""Payloads for tests: files as a vendor sends them, and small ones made to measure."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.shopify.hmac import signature

SHOP = "quiet-goods.myshopify.com"
SECRET = "hush"  # noqa: S105 - the secret of the documentation's example

_HERE = Path(__file__).parent


def payload(name: str) -> bytes:
    """Return a payload as the vendor would send it."""
    return (_HERE / name).read_bytes()


LIFE = (
    "orders/create",
    "orders/paid",
    "orders/updated",
    "orders/edited",
    "refunds/create",
    "orders/cancelled",
)
"""The topics of one order's life, in order; each has its payload."""

_IDS = b"9007199254740993"


def of_topic(topic: str) -> bytes:
    """Return the payload of one of Shopify's topics."""
    return payload(f"shopify/{topic.replace('/', '_')}.json")


def life_of(order: int) -> list[tuple[str, bytes]]:
    """Return the deliveries of the life of order number `order`, as (topic, body), with ids and SKUs of its own."""
    ids = f"{9007199254740993 + order}".encode()
    renamed = [of_topic(topic).replace(_IDS, ids) for topic in LIFE]
    for word in (b"TSHIRT-RED-M", b"MUG/BLUE 11oz #2", b"CAP-BLACK"):
        renamed = [body.replace(b'"sku": "' + word, b'"sku": "%d/%s' % (order, word)) for body in renamed]
    return list(zip(LIFE, renamed, strict=True))


def a_line(id_: int | str = 1, sku: str | None = "SHIRT", quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": id_, "sku": sku, "quantity": quantity, "variant_id": 77, **more}


def an_order_body(*lines: Mapping[str, Any], id_: int | str = 4501, **more: Any) -> bytes:
    """Return a Shopify order with `lines`, or of one unit of SHIRT where none is named."""
    order = {"id": id_, "updated_at": "2026-11-20T09:15:04-05:00", "line_items": lines or [a_line()], **more}
    return json.dumps(order).encode()


def a_refund_line(
    id_: int, line: int = 1, quantity: int = 1, restock: str | None = "return", sku: str | None = "SHIRT", **more: Any
) -> dict[str, Any]:
    """Return a line of a refund that names order line `line`; without restock type where `restock` is None."""
    told = {} if restock is None else {"restock_type": restock}
    named = {"id": line, "sku": sku, "variant_id": 77, "quantity": quantity}
    return {"id": id_, "line_item_id": line, "quantity": quantity, "line_item": named, **told, **more}


def a_refund(*lines: Mapping[str, Any], id_: int = 900, order: int | str = 4501, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "order_id": order,
        "created_at": "2026-11-20T10:00:00Z",
        "refund_line_items": lines or [a_refund_line(901)],
        **more,
    }


def a_refund_body(*lines: Mapping[str, Any], id_: int = 900, order: int | str = 4501, **more: Any) -> bytes:
    """Return a refund as it comes alone: of one SHIRT that was returned, where no line is named."""
    return json.dumps(a_refund(*lines, id_=id_, order=order, **more)).encode()


def an_edit_body(
    additions: Mapping[int, int] | None = None,
    removals: Mapping[int, int] | None = None,
    *,
    id_: int = 700,
    order: int | str = 4501,
) -> bytes:
    """Return an edit: units by order line, added and removed."""
    changed = {
        "additions": [{"id": line, "delta": delta} for line, delta in (additions or {}).items()],
        "removals": [{"id": line, "delta": delta} for line, delta in (removals or {}).items()],
    }
    edit = {"id": id_, "order_id": order, "created_at": "2026-11-20T10:00:00Z", "line_items": changed}
    return json.dumps({"order_edit": edit}).encode()


def a_product_body(
    variants: Mapping[int, str | None], *, at: str = "2026-11-20T10:00:00Z", id_: int = 600, **more: Any
) -> bytes:
    """Return a product with a SKU by variant; the inventory item of variant 77 is 7700."""
    told = [{"id": one, "sku": sku, "inventory_item_id": one * 100} for one, sku in variants.items()]
    return json.dumps({"id": id_, "updated_at": at, "variants": told, **more}).encode()


def a_level_body(item: int = 7700, available: int | None = 5, **more: Any) -> bytes:
    """Return what a location has of an inventory item."""
    level = {"inventory_item_id": item, "location_id": 1, "available": available, "updated_at": "2026-11-20T10:00:00Z"}
    return json.dumps({**level, **more}).encode()


def shopify_headers(
    body: bytes, *, topic: str = "orders/create", shop: str = SHOP, signer: str = SECRET
) -> dict[str, str]:
    """Return the headers of a delivery of `body`, signed."""
    return {
        "content-type": "application/json",
        "x-shopify-topic": topic,
        "x-shopify-shop-domain": shop,
        "x-shopify-hmac-sha256": signature(signer, body),
        "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    }


def a_simple_body(*items: tuple[str, int], order: str | None = None) -> bytes:
    """Return a simple payload of (sku, quantity) items."""
    named = {} if order is None else {"orderId": order}
    return json.dumps({**named, "items": [{"sku": sku, "quantity": n} for sku, n in items]}).encode()
