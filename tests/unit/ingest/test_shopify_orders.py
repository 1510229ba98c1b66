"""Signed deliveries through the door, over the memory store."""

import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from ingest.outcome import Ignored, Refused, Taken
from ingest.shopify.hmac import Shop
from ingest.shopify.webhook import ShopifyDoor
from processor.clock import system_clock
from processor.engine import Engine
from processor.log import Append
from stock.events import ReviewRequested, SaleCancelled, SaleRecorded
from stock.facts import fact
from stock.identities import sku, sku_stream
from tests.payloads import SECRET, a_line, an_order_body, payload, shopify_headers
from tests.unit.ingest.conftest import TENANT
from tests.unit.ingest.stock_of import everything_stored, facts_of, reviews_of, snapshots_of

REAL_SAMPLES = Path(__file__).parents[4] / "shared" / "payloads" / "shopify"


def deliver(door: ShopifyDoor, body: bytes, *, topic: str = "orders/create") -> Taken:
    outcome = door.receive(shopify_headers(body, topic=topic), body)
    assert isinstance(outcome, Taken), outcome
    return outcome


def test_an_order_as_shopify_sends_it_sells_its_lines_with_every_digit(shopify: ShopifyDoor, engine: Engine) -> None:
    outcome = deliver(shopify, payload("shopify/orders_create.json"))
    assert outcome.tx == "shopify:9007199254740993001"
    assert [(item.sku, item.quantity, item.status) for item in outcome.items] == [
        ("TSHIRT-RED-M", 2, "recorded"),
        ("MUG/BLUE 11oz #2", 1, "recorded"),
    ]
    order, line = "9007199254740993001", "9007199254740993101"
    assert facts_of(engine, "TSHIRT-RED-M") == [SaleRecorded(2, order, line)]


def test_nothing_personal_is_stored(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, payload("shopify/orders_create.json"))
    stored = everything_stored(engine)
    assert "TSHIRT-RED-M" in stored
    for personal in ("Ada", "Buyer", "example.com", "Example Lane", "Springfield", "5550100", "203.0.113.7", "vip"):
        assert personal not in stored


def test_events_bear_the_shops_own_time(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, payload("shopify/orders_create.json"))
    [event] = engine.store.log.read(sku_stream(TENANT, sku("TSHIRT-RED-M")))
    assert event.occurred_at == "2026-11-20T14:15:04.000000Z"
    assert event.causation == "acme/order/shopify:9007199254740993001@1"


def test_a_redelivery_counts_once(shopify: ShopifyDoor, engine: Engine) -> None:
    body = an_order_body(a_line(quantity=2))
    deliver(shopify, body)
    again = deliver(shopify, body)
    assert [item.status for item in again.items] == ["duplicate"]
    assert facts_of(engine, "SHIRT") == [SaleRecorded(2, "4501", "1")]
    assert len(snapshots_of(engine, "4501")) == 1


def test_lines_in_another_order_tell_nothing_new(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, an_order_body(a_line(1), a_line(2, "MUG")))
    again = deliver(shopify, an_order_body(a_line(2, "MUG"), a_line(1)), topic="orders/updated")
    assert [(item.sku, item.status) for item in again.items] == [("MUG", "duplicate"), ("SHIRT", "duplicate")]
    assert len(snapshots_of(engine, "4501")) == 1


def test_spaces_around_a_header_are_not_part_of_it(shopify: ShopifyDoor, engine: Engine) -> None:
    body = an_order_body()
    headers = {name: f" {value}\t" for name, value in shopify_headers(body).items()}
    assert isinstance(shopify.receive(headers, body), Taken)
    assert facts_of(engine, "SHIRT") == [SaleRecorded(1, "4501", "1")]


def test_a_genuine_delivery_that_cannot_be_read_is_logged_without_its_content(shopify: ShopifyDoor) -> None:
    body = an_order_body(a_line(quantity=-1), email="jane@example.com")
    with capture_logs() as logged:
        shopify.receive(shopify_headers(body), body)
    [line] = logged
    assert (line["event"], line["field"]) == ("shopify.unreadable", "line_items[0].quantity")
    assert "jane" not in str(line)


@pytest.mark.parametrize("topic", ["orders/create", "orders/paid", "orders/updated", "orders/cancelled"])
def test_every_snapshot_topic_tells_the_same(shopify: ShopifyDoor, engine: Engine, topic: str) -> None:
    deliver(shopify, an_order_body(a_line(quantity=2)), topic=topic)
    deliver(shopify, an_order_body(a_line(quantity=3)), topic="orders/updated")
    assert facts_of(engine, "SHIRT") == [SaleRecorded(2, "4501", "1"), SaleRecorded(1, "4501", "1")]


@pytest.mark.parametrize("name", [None, "", "  ", "x" * 201, "a\tb", 12])
def test_a_line_that_names_no_sku_is_kept_and_put_to_a_person(
    shopify: ShopifyDoor, engine: Engine, name: object
) -> None:
    outcome = deliver(shopify, an_order_body(a_line(1) | {"sku": name}, a_line(2, "MUG")))
    assert [(item.sku, item.status) for item in outcome.items] == [(None, "nothing"), ("MUG", "recorded")]
    [review] = reviews_of(engine, "4501")
    assert review == ReviewRequested("unmapped_line", "shopify:4501", "line 1, variant 77, 1 sold")


def test_a_known_sku_later_sells_the_line_that_had_none(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, an_order_body(a_line(1, None, 2)))
    deliver(shopify, an_order_body(a_line(1, "SHIRT", 2)))
    assert facts_of(engine, "SHIRT") == [SaleRecorded(2, "4501", "1")]


@pytest.mark.parametrize(
    "mark",
    [
        {"tags": "vip, 123-1234567-1234567"},
        {"tags": ["amazon", "123-1234567-1234567"]},
        {"note_attributes": [{"name": "Amazon Order Id", "value": "123-1234567-1234567"}]},
        {"note_attributes": [{"name": "a", "value": None}, {"name": "b", "value": "order 123-1234567-1234567."}]},
    ],
)
def test_a_copy_of_an_amazon_order_sells_nothing(shopify: ShopifyDoor, engine: Engine, mark: dict[str, Any]) -> None:
    outcome = deliver(shopify, an_order_body(**mark))
    assert [item.status for item in outcome.items] == ["nothing"]
    assert facts_of(engine, "SHIRT") == []
    assert len(snapshots_of(engine, "4501")) == 1


@pytest.mark.parametrize("tags", ["1123-1234567-1234567", "123-1234567-12345678", "9-123-1234567-1234567", ""])
def test_what_merely_resembles_an_amazon_order_sells(shopify: ShopifyDoor, engine: Engine, tags: str) -> None:
    deliver(shopify, an_order_body(tags=tags))
    assert facts_of(engine, "SHIRT") == [SaleRecorded(1, "4501", "1")]


def test_a_copy_that_is_tagged_late_gives_its_units_back(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, an_order_body())
    for _ in range(2):
        deliver(shopify, an_order_body(tags="123-1234567-1234567"), topic="orders/updated")
    assert facts_of(engine, "SHIRT") == [SaleRecorded(1, "4501", "1"), SaleCancelled(1, "4501", "1")]


def test_a_conflict_is_taken_and_put_to_a_person_once(shopify: ShopifyDoor, engine: Engine) -> None:
    stream = sku_stream(TENANT, sku("SHIRT"))
    other = fact(SaleRecorded(7), tx="shopify:line:1:2", at=system_clock(), source="import")
    engine.store.log.append([Append(stream, (other,))])
    for _ in range(2):
        outcome = deliver(shopify, an_order_body(a_line(quantity=2), a_line(2, "MUG")))
    assert outcome.vendor
    assert [item.status for item in outcome.items] == ["conflict", "duplicate"]
    assert reviews_of(engine, "4501") == [ReviewRequested("conflict", "shopify:4501", "line 1 of SHIRT")]


@pytest.mark.parametrize("variant", [None, "", 1.5, "gid://shopify/ProductVariant/1", -1, [], 10**50])
def test_a_variant_that_cannot_be_read_loses_no_order(shopify: ShopifyDoor, engine: Engine, variant: Any) -> None:
    deliver(shopify, an_order_body(a_line(1, None) | {"variant_id": variant}))
    assert [review.detail for review in reviews_of(engine, "4501") if isinstance(review, ReviewRequested)] == [
        "line 1, variant unknown, 1 sold"
    ]


@pytest.mark.parametrize("field", ["created_at", "updated_at"])
@pytest.mark.parametrize("value", [None, "", "yesterday", "2026-11-20T10:00:00", "0001-01-01T00:00:00Z", 17, {}])
def test_a_time_that_cannot_be_read_loses_no_order(
    shopify: ShopifyDoor, engine: Engine, field: str, value: Any
) -> None:
    deliver(shopify, an_order_body(**{field: value}))
    assert len(facts_of(engine, "SHIRT")) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{}", "id"),
        (b'{"id": 1}', "line_items"),
        (b'{"id": "gid://shopify/Order/1", "line_items": []}', "id"),
        (b'{"id": -1, "line_items": []}', "id"),
        (an_order_body(id_="1" * 41), "id"),
        (b'{"id": 1.5, "line_items": []}', "id"),
        (an_order_body(a_line(quantity=-1)), "line_items[0].quantity"),
        (an_order_body(a_line(quantity=1_000_001)), "line_items[0].quantity"),
        (an_order_body(a_line() | {"quantity": 1.5}), "line_items[0].quantity"),
        (an_order_body(a_line() | {"quantity": "1"}), "line_items[0].quantity"),
        (an_order_body(a_line() | {"id": None}), "line_items[0].id"),
        (b"not json", None),
    ],
)
def test_what_is_no_order_is_refused_and_stores_nothing(
    shopify: ShopifyDoor, engine: Engine, body: bytes, field: str | None
) -> None:
    refused = shopify.receive(shopify_headers(body), body)
    assert isinstance(refused, Refused)
    assert refused.field == field
    assert everything_stored(engine) == ""


def test_a_bad_signature_stores_nothing(shopify: ShopifyDoor, engine: Engine) -> None:
    body = an_order_body()
    refused = shopify.receive(shopify_headers(body, signer="guessed"), body)
    assert isinstance(refused, Refused)
    assert refused.code == "unauthorized"
    assert "guessed" not in repr(refused)
    assert everything_stored(engine) == ""


def test_a_body_changed_on_the_way_is_not_signed(shopify: ShopifyDoor) -> None:
    body = an_order_body()
    refused = shopify.receive(shopify_headers(body), body + b" ")
    assert isinstance(refused, Refused)
    assert refused.code == "unauthorized"


def test_one_shops_secret_does_not_vouch_for_another(engine: Engine) -> None:
    shops = {name: Shop(name, TENANT, [secret]) for name, secret in (("a.example", "one"), ("b.example", "two"))}
    door = ShopifyDoor(engine.recorder, engine.store.log, shops, system_clock)
    body = an_order_body()
    assert isinstance(door.receive(shopify_headers(body, shop="A.example", signer="one"), body), Taken)
    assert isinstance(door.receive(shopify_headers(body, shop="b.example", signer="one"), body), Refused)
    assert isinstance(door.receive(shopify_headers(body, shop="c.example", signer="one"), body), Refused)


def test_the_orders_tenant_is_the_one_its_shop_is_registered_to(engine: Engine) -> None:
    shops = {name: Shop(name, name[0] * 3, [SECRET]) for name in ("a.example", "b.example")}
    door = ShopifyDoor(engine.recorder, engine.store.log, shops, system_clock)
    body = an_order_body()
    for shop in shops:
        door.receive(shopify_headers(body, shop=shop), body)
    assert {stream.tenant for stream in engine.store.log.streams()} == {"aaa", "bbb"}


def test_with_no_shop_registered_the_answer_says_which_setting_to_set(engine: Engine) -> None:
    door = ShopifyDoor(engine.recorder, engine.store.log, {}, system_clock)
    body = an_order_body()
    refused = door.receive(shopify_headers(body), body)
    assert isinstance(refused, Refused)
    assert refused.code == "unauthorized"
    assert "SYNCSTATE_SHOPIFY_SECRETS" in (refused.hint or "")


def test_another_topic_is_acknowledged_and_stores_nothing(shopify: ShopifyDoor, engine: Engine) -> None:
    body = b'{"id": 1}'
    assert shopify.receive(shopify_headers(body, topic="carts/update"), body) == Ignored("carts/update")
    assert everything_stored(engine) == ""


def test_a_delivery_without_topic_is_refused(shopify: ShopifyDoor) -> None:
    body = an_order_body()
    headers = shopify_headers(body)
    del headers["x-shopify-topic"]
    refused = shopify.receive(headers, body)
    assert isinstance(refused, Refused)
    assert refused.field == "X-Shopify-Topic"


@pytest.mark.skipif(not REAL_SAMPLES.is_dir(), reason="the real sample payloads are not on this machine")
def test_a_real_order_of_an_older_api_version_is_read(shopify: ShopifyDoor, engine: Engine) -> None:
    sample = json.loads((REAL_SAMPLES / "order.json").read_bytes())["order"]
    outcome = deliver(shopify, json.dumps(sample).encode())
    assert len(outcome.items) == len(sample["line_items"])
    assert sum(item.status == "recorded" for item in outcome.items) == sum(
        bool(line["sku"]) for line in sample["line_items"]
    )
    assert "norman" not in everything_stored(engine).lower()
