"""Names and intents that make no sense are refused before anything is sent."""

from typing import Any

import httpx
import pytest

from channels.shopify.client import ShopifyClient
from channels.shopify.identities import api_version, digits_of, gid, shop_domain
from channels.shopify.intents import Intent
from channels.shopify.topics import TOPICS, enum_of, topic_of
from ingest.shopify.webhook import SNAPSHOTS

RIGHT: dict[str, Any] = {
    "key": "0199150a-0776-7c59-b03a-c7bafe3f4dfc",
    "item": "43729076003",
    "location": "48752903",
    "delta": -2,
    "change_from": 5,
    "reference": "syncstate://sku/A%2F1/7",
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": ""},
        {"key": "a b"},
        {"key": "ü"},
        {"key": "k" * 256},
        {"delta": 0},
        {"delta": 1_000_000_001},
        {"change_from": -1_000_000_001},
        {"reference": ""},
        {"reference": "no uri"},
        {"reference": "syncstate://a b"},
        {"reference": "syncstate://" + "a" * 255},
    ],
)
def test_an_intent_that_shopify_would_refuse_is_none(wrong: dict[str, Any]) -> None:
    Intent(**RIGHT)
    with pytest.raises(ValueError, match=r"a key|no change|a reference"):
        Intent(**{**RIGHT, **wrong})


@pytest.mark.parametrize("wrong", [{"item": "gid://shopify/InventoryItem/1"}, {"item": ""}, {"location": "main"}])
def test_an_id_that_is_no_number_is_never_sent(wrong: dict[str, Any]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request)

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        client = ShopifyClient(http, "a-shop.myshopify.com", "t")
        with pytest.raises(ValueError, match="number"):
            client.adjust(Intent(**{**RIGHT, **wrong}))


@pytest.mark.parametrize(
    "domain",
    ["", "shop.example.com", "myshopify.com", ".myshopify.com", "a.b.myshopify.com", "-a.myshopify.com",
     "a.myshopify.com.evil.example", "evil.example/a.myshopify.com", "a.myshopify.com/", "a_b.myshopify.com",
     "https://a.myshopify.com"],
)  # fmt: skip
def test_a_token_goes_to_shops_alone(domain: str) -> None:
    with pytest.raises(ValueError, match="your-shop"):
        shop_domain(domain)


def test_a_domain_is_read_in_any_case() -> None:
    assert shop_domain(" My-Shop-2.MyShopify.com ") == "my-shop-2.myshopify.com"


@pytest.mark.parametrize("version", ["", "latest", "unstable", "2026-05", "2026-01", "2025-10", "26-04", "2026-04/x"])
def test_a_version_without_the_guards_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match="2026-07"):
        api_version(version)


@pytest.mark.parametrize("version", ["2026-04", "2026-10", "2027-01"])
def test_a_later_version_can_be_set(version: str) -> None:
    assert api_version(version) == version


def test_ids_are_kept_as_digits() -> None:
    assert gid("InventoryItem", "9007199254740993001") == "gid://shopify/InventoryItem/9007199254740993001"
    assert digits_of("gid://shopify/InventoryItem/9007199254740993001") == "9007199254740993001"
    assert digits_of("gid://shopify/InventoryLevel/48752903?inventory_item_id=43729076003") == "48752903"
    for wrong in ("43729076003", "gid://shopify/InventoryItem/", "gid://other/InventoryItem/1", ""):
        with pytest.raises(ValueError, match="id"):
            digits_of(wrong)


def test_topics_are_spelt_as_the_api_spells_them() -> None:
    assert enum_of("inventory_levels/update") == "INVENTORY_LEVELS_UPDATE"
    assert [topic_of(enum_of(topic)) for topic in TOPICS] == list(TOPICS)
    assert topic_of("BULK_OPERATIONS_FINISH") == "BULK_OPERATIONS_FINISH"
    for wrong in ("ORDERS_CREATE", "orders", "orders/", "orders/create\n"):
        with pytest.raises(ValueError, match="orders/create"):
            enum_of(wrong)


def test_every_snapshot_of_an_order_can_be_subscribed_to() -> None:
    assert set(SNAPSHOTS) <= set(TOPICS)
