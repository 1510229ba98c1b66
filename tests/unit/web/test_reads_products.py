"""How far a shop's product has reached Amazon."""

from typing import Any

import pytest

from processor.engine import Engine
from stock.events import (
    BroadcastAccepted,
    BroadcastRejected,
    ListingMapped,
    ProductSeen,
    ProductUnchanged,
    ProductVariant,
    SaleRecorded,
    StockAdjusted,
)
from stock.identities import product_stream
from tests.unit.web.client import Client
from tests.unit.web.telling import TENANT, of, on_amazon, tell

PRODUCT = "9007199254740993"


def seen(engine: Engine, *skus: str | None) -> None:
    variants = tuple(ProductVariant(f"v{n}", name, f"i{n}") for n, name in enumerate(skus))
    tell(engine, product_stream(TENANT, "shopify", PRODUCT), ProductSeen(variants))


def asked(client: Client) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/api/product-sync/{PRODUCT}").json()
    return answer


def test_each_variant_tells_how_it_stands(client: Client, engine: Engine) -> None:
    seen(engine, "GONE")
    seen(engine, "SYNCED", "PENDING", "REFUSED", "UNCOUNTED", "UNMAPPED", "NEVER", None)
    for name in ("SYNCED", "PENDING", "REFUSED"):
        tell(engine, of(name), ListingMapped("amazon", name, "B000000001"), StockAdjusted(5, "opening"))
    tell(engine, of("UNCOUNTED"), ListingMapped("amazon", "UNCOUNTED"))
    tell(engine, of("UNMAPPED"), StockAdjusted(5, "opening"))
    tell(engine, on_amazon("SYNCED"), BroadcastAccepted(1, 5, 2, "SYNCED"))
    tell(engine, on_amazon("REFUSED"), BroadcastRejected(1, 5, 2, "INVALID", retry=False))
    answer = asked(client)
    assert (answer["productId"], answer["synced"]) == (PRODUCT, False)
    assert [(v["variantId"], v["sku"], v["status"], v["mapped"], v["synced"]) for v in answer["variants"]] == [
        ("v0", "SYNCED", "synced", True, True),
        ("v1", "PENDING", "pending", True, False),
        ("v2", "REFUSED", "refused", True, False),
        ("v3", "UNCOUNTED", "uncounted", True, False),
        ("v4", "UNMAPPED", "unmapped", False, False),
        ("v5", "NEVER", "unmapped", False, False),
        ("v6", None, "no_sku", False, False),
    ]
    first = answer["variants"][0]
    assert (first["asin"], first["listing"], first["desired"], first["lastAccepted"], first["inventoryItemId"]) == (
        "B000000001",
        "SYNCED",
        5,
        5,
        "i0",
    )


def test_a_product_is_synced_while_amazon_has_the_newest_quantity_of_each_mapped_variant(
    client: Client, engine: Engine
) -> None:
    seen(engine, "A", "UNMAPPED")
    assert asked(client)["synced"] is False
    tell(engine, of("A"), ListingMapped("amazon", "A"), StockAdjusted(5, "opening"))
    tell(engine, on_amazon("A"), BroadcastAccepted(1, 5, 2, "A"))
    assert asked(client)["synced"] is True
    tell(engine, of("A"), SaleRecorded(1))
    assert asked(client)["synced"] is False
    assert client.get(f"/api/product-sync/shopify:{PRODUCT}").json()["productId"] == PRODUCT


def test_a_product_that_was_told_again_unchanged_is_seen_then(client: Client, engine: Engine) -> None:
    seen(engine, "A")
    before = asked(client)
    tell(engine, product_stream(TENANT, "shopify", PRODUCT), ProductUnchanged(1))
    after = asked(client)
    assert after["seenAt"] > before["seenAt"]
    assert after["variants"] == before["variants"]


@pytest.mark.parametrize("product", ["1", "%20", "a%00b", "9" * 300, "shopify:"])
def test_a_product_that_no_shop_told_of_is_404(client: Client, product: str) -> None:
    answer = client.get(f"/api/product-sync/{product}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_product")
