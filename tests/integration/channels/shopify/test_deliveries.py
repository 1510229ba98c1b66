"""The small Shopify tells of sales, edits and our own changes: signed, late, repeated, and until somebody has heard."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import msgspec
import pytest

from channels.shopify.client import ShopifyClient, http_client
from channels.simulators.shopify import MAIN, Manner, SimulatedShopify, Simulator, simulated_shopify
from channels.simulators.shopify import deliveries as posting
from ingest.shopify import hmac
from ingest.shopify.payloads import ShopifyOrder
from ingest.shopify.product_payloads import ShopifyLevel, ShopifyProduct
from tests.integration.channels.receivers import Inbox, Posted, inbox
from tests.integration.channels.shopify.intents import an_intent

PATIENCE = 20.0


@pytest.fixture
def box() -> Iterator[Inbox]:
    with inbox() as opened:
        yield opened


@contextmanager
def telling(box: Inbox, *topics: str, seed: int = 0, manner: Manner | None = None) -> Iterator[Simulator]:
    """Run a shop that tells `box` of `topics`."""
    shopify = SimulatedShopify(seed=seed)
    for topic in topics:
        shopify.subscribe(topic, f"{box.url}/hook")
    with simulated_shopify(shopify, manner=manner) as running:
        yield running


def topics(box: Inbox) -> list[str]:
    return [post.headers["x-shopify-topic"] for post in box.posts]


def test_a_sale_is_told_as_an_order_and_as_a_level(box: Inbox) -> None:
    with telling(box, "ORDERS_CREATE", "INVENTORY_LEVELS_UPDATE") as sim:
        good = sim.shopify.put_good("A/1", 5)
        order = sim.shopify.sell([("A/1", 2)])
        assert sim.courier.settled(PATIENCE)
    assert topics(box) == ["orders/create", "inventory_levels/update"]
    told = ShopifyOrder.model_validate_json(box.posts[0].body)
    assert (told.id, told.line_items[0].sku, told.line_items[0].quantity) == (str(order), "A/1", 2)
    assert int(told.id) > 2**53
    level = ShopifyLevel.model_validate_json(box.posts[1].body)
    assert (level.inventory_item_id, level.location_id, level.available) == (good.item, MAIN, 3)
    assert sim.courier.counts == {"posted": 2, "taken": 2, "pending": 0}


def test_deliveries_are_signed_by_the_shop(box: Inbox) -> None:
    with telling(box, "INVENTORY_LEVELS_UPDATE") as sim:
        sim.shopify.put_good("A", 5)
        sim.shopify.edit("A", 9)
        assert sim.courier.settled(PATIENCE)
    (post,) = box.posts
    assert post.headers["x-shopify-shop-domain"] == sim.shopify.domain
    shop = hmac.Shop(sim.shopify.domain, "acme", [sim.shopify.secret])
    assert hmac.is_signed(shop, post.body, post.headers[hmac.HEADER])
    assert not hmac.is_signed(shop, post.body + b" ", post.headers[hmac.HEADER])


def test_our_own_change_echoes(box: Inbox) -> None:
    with telling(box, "INVENTORY_LEVELS_UPDATE") as sim, http_client() as http:
        good = sim.shopify.put_good("A", 5)
        client = ShopifyClient(http, sim.shopify.domain, sim.shopify.token, endpoint=sim.url)
        intent = an_intent(good.item, -2, 5)
        client.adjust(intent)
        client.adjust(intent)
        assert sim.courier.settled(PATIENCE)
    assert [post.json["available"] for post in box.posts] == [3], "what was made once is told once"


def test_a_subscription_made_over_the_api_is_delivered_to(box: Inbox) -> None:
    with telling(box) as sim, http_client() as http:
        client = ShopifyClient(http, sim.shopify.domain, sim.shopify.token, endpoint=sim.url)
        client.subscribe("products/create", f"{box.url}/products")
        good = sim.shopify.put_good("A", 5)
        sim.shopify.sell([("A", 1)])
        assert sim.courier.settled(PATIENCE)
    (post,) = box.posts
    assert post.path == "/products"
    (variant,) = ShopifyProduct.model_validate_json(post.body).variants
    assert (variant.id, variant.sku, variant.inventory_item_id) == (good.variant, "A", good.item)


def identity(post: Posted) -> tuple[str, bytes]:
    return post.headers["x-shopify-webhook-id"], post.body


def test_deliveries_come_late_repeated_and_out_of_order(box: Inbox) -> None:
    with telling(box, "INVENTORY_LEVELS_UPDATE", manner=Manner(late=0.2, repeat=0.5)) as sim:
        sim.shopify.put_good("A", 40)
        for _ in range(30):
            sim.shopify.sell([("A", 1)])
        assert sim.courier.settled(PATIENCE)
    shown = [post.json["available"] for post in box.posts]
    assert set(shown) == set(range(10, 40))
    assert any(before < after for before, after in pairwise(shown)), "out of order"
    assert 36 <= len(shown) <= 54
    assert len({identity(post) for post in box.posts}) == 30, "what is repeated keeps its id and its bytes"


def test_the_same_seed_repeats_the_same_deliveries(box: Inbox) -> None:
    def told(seed: int) -> list[tuple[str, int]]:
        box.posts.clear()
        with telling(box, "INVENTORY_LEVELS_UPDATE", seed=seed, manner=Manner(repeat=0.5)) as sim:
            sim.shopify.put_good("A", 40)
            for _ in range(20):
                sim.shopify.sell([("A", 1)])
            assert sim.courier.settled(PATIENCE)
        return sorted((post.headers["x-shopify-webhook-id"], post.json["available"]) for post in box.posts)

    assert told(7) == told(7)
    assert told(7) != told(8)


def test_what_is_not_taken_comes_again_as_it_was(box: Inbox) -> None:
    box.answer(500, 401, 302)
    with telling(box, "INVENTORY_LEVELS_UPDATE") as sim:
        sim.shopify.put_good("A", 5)
        sim.shopify.edit("A", 9)
        assert sim.courier.settled(PATIENCE)
        assert sim.courier.counts == {"posted": 4, "taken": 1, "pending": 0}
    assert len({identity(post) for post in box.posts}) == 1


def test_what_is_never_taken_is_given_up(box: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "FIRST_RETRY_SECONDS", 0.0)
    box.answer(*[500] * 9)
    with telling(box, "INVENTORY_LEVELS_UPDATE") as sim:
        sim.shopify.put_good("A", 5)
        sim.shopify.edit("A", 9)
        assert sim.courier.settled(PATIENCE)
        assert sim.courier.counts == {"posted": 9, "lost": 1, "pending": 0}


def test_nobody_listening_does_not_stop_a_shop() -> None:
    shopify = SimulatedShopify()
    shopify.subscribe("INVENTORY_LEVELS_UPDATE", "http://127.0.0.1:1/hook")
    with simulated_shopify(shopify) as sim:
        shopify.put_good("A", 5)
        shopify.edit("A", 9)
        deadline = time.monotonic() + PATIENCE
        while not sim.courier.counts.get("posted") and time.monotonic() < deadline:
            time.sleep(0.01)
        assert sim.courier.counts["pending"] == 1
        assert shopify.available(shopify.goods()[0].item) == 9


def test_what_is_pending_can_be_waited_for_over_http(box: Inbox) -> None:
    with telling(box, "ORDERS_CREATE", manner=Manner(late=0.3)) as sim, http_client() as http:
        control = f"{sim.url}/_simulator"
        http.post(f"{control}/goods", json={"sku": "A", "available": 5}).raise_for_status()
        http.post(f"{control}/orders", json={"lines": [{"sku": "A", "quantity": 1}]}).raise_for_status()
        told = msgspec.json.decode(http.get(f"{control}/deliveries?settle=20", timeout=30).content)
    assert told == {"deliveries": {"posted": 1, "taken": 1, "pending": 0}, "settled": True}


def test_a_good_without_a_sku_is_sold_by_its_variant(box: Inbox) -> None:
    with telling(box, "ORDERS_CREATE") as sim:
        good = sim.shopify.put_good(None, 5)
        sim.shopify.sell([(good.variant, 2)])
        assert sim.courier.settled(PATIENCE)
        assert sim.shopify.available(good.item) == 3
    (line,) = ShopifyOrder.model_validate_json(box.posts[0].body).line_items
    assert (line.sku, line.variant_id, line.quantity) == (None, good.variant, 2)


def test_a_good_that_is_not_tracked_is_sold_without_a_level(box: Inbox) -> None:
    with telling(box, "INVENTORY_LEVELS_UPDATE", "ORDERS_CREATE") as sim:
        good = sim.shopify.put_good("GIFT", 0, tracked=False)
        sim.shopify.sell([("GIFT", 1)])
        assert sim.courier.settled(PATIENCE)
        assert sim.shopify.available(good.item) == 0
    assert topics(box) == ["orders/create"]
