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


def a_line(id_: int | str = 1, sku: str | None = "SHIRT", quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": id_, "sku": sku, "quantity": quantity, "variant_id": 77, **more}


def an_order_body(*lines: Mapping[str, Any], id_: int | str = 4501, **more: Any) -> bytes:
    """Return a Shopify order with `lines`, or of one unit of SHIRT where none is named."""
    order = {"id": id_, "updated_at": "2026-11-20T09:15:04-05:00", "line_items": lines or [a_line()], **more}
    return json.dumps(order).encode()


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
