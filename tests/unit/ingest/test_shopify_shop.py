"""What deliveries tell of a shop itself, and what a delivery's headers tell."""

import pytest
from structlog.testing import capture_logs

from ingest.door import OrderDoor
from ingest.operators.simple import SimpleDoor
from ingest.outcome import Ignored, Refused, Taken
from ingest.shopify.hmac import Shop
from ingest.shopify.webhook import ShopifyDoor
from processor.clock import Instant, system_clock
from processor.engine import Engine
from stock.codec import Fact, decode
from stock.events import ReviewRequested, SaleRecorded
from stock.identities import order_stream, review_stream
from tests.payloads import SHOP, a_line, a_refund_body, an_order_body, of_topic, shopify_headers
from tests.unit.ingest.conftest import TENANT, a_shopify_door
from tests.unit.ingest.stock_of import everything_stored, facts_of

REASONS = [("app/uninstalled", "app_uninstalled"), ("shop/redact", "shop_redact")]


def asked(engine: Engine, domain: str = SHOP) -> list[Fact]:
    return [decode(event) for event in engine.store.log.read(review_stream(TENANT, f"shopify:{domain}"))]


@pytest.mark.parametrize(("topic", "reason"), REASONS)
def test_a_shop_that_leaves_is_put_to_an_operator_once(
    shopify: ShopifyDoor, engine: Engine, topic: str, reason: str
) -> None:
    body = of_topic(topic)
    for _ in range(2):
        outcome = shopify.receive(shopify_headers(body, topic=topic), body)
        assert outcome == Taken(TENANT, f"shopify:{SHOP}", (), vendor=True)
    [review] = asked(engine)
    assert isinstance(review, ReviewRequested)
    assert (review.reason, review.subject) == (reason, f"shopify:{SHOP}")
    stored = everything_stored(engine)
    for personal in ("Owner", "owner", "example.com", "5550111", "Example Square"):
        assert personal not in stored


def test_a_shop_that_comes_back_and_leaves_again_is_told_again(shopify: ShopifyDoor, engine: Engine) -> None:
    body = of_topic("app/uninstalled")
    for delivery in ("one", "two"):
        shopify.receive(shopify_headers(body, topic="app/uninstalled") | {"x-shopify-webhook-id": delivery}, body)
    assert len(asked(engine)) == 2


@pytest.mark.parametrize("name", ["", "\x80\x81", "x" * 5000])
def test_whatever_a_delivery_is_named_it_is_taken(shopify: ShopifyDoor, engine: Engine, name: str) -> None:
    body = of_topic("shop/redact")
    headers = shopify_headers(body, topic="shop/redact") | {"x-shopify-webhook-id": name}
    assert isinstance(shopify.receive(headers, body), Taken)
    assert len(asked(engine)) == 1


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact"])
def test_requests_about_customers_are_acknowledged_and_leave_no_trace_of_them(
    shopify: ShopifyDoor, engine: Engine, topic: str
) -> None:
    body = of_topic(topic)
    with capture_logs() as logged:
        assert shopify.receive(shopify_headers(body, topic=topic), body) == Ignored(topic)
    assert [(line["event"], line["topic"], line["shop"]) for line in logged] == [("shopify.privacy", topic, SHOP)]
    assert "ada" not in str(logged).lower()
    assert everything_stored(engine) == ""


def test_a_payload_without_time_bears_that_of_its_delivery(shopify: ShopifyDoor, engine: Engine) -> None:
    body = an_order_body(updated_at=None)
    headers = shopify_headers(body) | {"x-shopify-triggered-at": "2026-11-20T09:00:00.5Z"}
    shopify.receive(headers, body)
    [event] = engine.store.log.read(order_stream(TENANT, "shopify", "4501"))
    assert event.occurred_at == "2026-11-20T09:00:00.500000Z"


@pytest.mark.parametrize("triggered", ["", "yesterday"])
def test_a_delivery_that_tells_no_time_bears_ours(engine: Engine, triggered: str) -> None:
    body, now = a_refund_body(created_at=None), Instant("2026-11-20T08:00:00.000000Z")
    headers = shopify_headers(body, topic="refunds/create") | {"x-shopify-triggered-at": triggered}
    a_shopify_door(engine, lambda: now).receive(headers, body)
    [event] = engine.store.log.read(order_stream(TENANT, "shopify", "4501"))
    assert event.occurred_at == now


@pytest.mark.parametrize("signer", ["old", "new"])
def test_during_a_rotation_either_secret_signs_and_a_repeat_by_the_other_counts_once(
    engine: Engine, signer: str
) -> None:
    door = ShopifyDoor(engine.recorder, engine.store.log, {SHOP: Shop(SHOP, TENANT, ["new", "old"])}, system_clock)
    body = an_order_body(a_line(quantity=2))
    for by in (signer, "new", "old"):
        assert isinstance(door.receive(shopify_headers(body, signer=by), body), Taken)
    assert isinstance(door.receive(shopify_headers(body, signer="older"), body), Refused)
    assert facts_of(engine, "SHIRT") == [SaleRecorded(2, "4501", "1")]


def test_a_delivery_that_is_vouched_for_needs_no_signature(
    shopify: ShopifyDoor, simple: SimpleDoor, engine: Engine
) -> None:
    body = an_order_body(a_line(quantity=2))
    headers = shopify_headers(body)
    del headers["x-shopify-hmac-sha256"]
    assert isinstance(OrderDoor(shopify, simple).receive("other", headers, body), Taken)
    assert {stream.tenant for stream in engine.store.log.streams()} == {"other"}


@pytest.mark.parametrize("domain", ["", "x" * 200 + ".example"])
def test_a_vouched_for_shop_may_have_any_name(
    shopify: ShopifyDoor, simple: SimpleDoor, engine: Engine, domain: str
) -> None:
    headers = {"x-shopify-topic": "app/uninstalled", "x-shopify-shop-domain": domain}
    assert isinstance(OrderDoor(shopify, simple).receive(TENANT, headers, b"{}"), Taken)
    assert len(asked(engine, domain[:150] or "a shop without name")) == 1
