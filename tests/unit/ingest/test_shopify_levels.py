"""What a shop shows for an inventory item, through the door, over the memory store."""

import json
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ingest.outcome import Ignored, Outcome, Refused, Taken
from ingest.shopify.webhook import ShopifyDoor
from processor.clock import Instant
from processor.engine import Engine
from stock.codec import Fact, decode
from stock.events import ChannelQuantityObserved
from stock.identities import channel_stream, sku
from tests.payloads import a_level_body, a_product_body, of_topic, shopify_headers
from tests.unit.ingest.conftest import TENANT
from tests.unit.ingest.stock_of import everything_stored, facts_of

REAL_SAMPLES = Path(__file__).parents[4] / "shared" / "payloads" / "shopify"
TOPIC = "inventory_levels/update"


def deliver(door: ShopifyDoor, body: bytes, topic: str = TOPIC) -> Outcome:
    return door.receive(shopify_headers(body, topic=topic), body)


def observed(engine: Engine, name: str = "SHIRT") -> list[Fact]:
    return [decode(event) for event in engine.store.log.read(channel_stream(TENANT, "shopify", sku(name)))]


@pytest.fixture
def mapped(shopify: ShopifyDoor) -> ShopifyDoor:
    deliver(shopify, a_product_body({77: "SHIRT"}), "products/update")
    return shopify


def test_a_level_as_shopify_sends_it_is_noted_on_the_channel_and_changes_no_stock(
    shopify: ShopifyDoor, engine: Engine
) -> None:
    deliver(shopify, of_topic("products/create"), "products/create")
    assert isinstance(deliver(shopify, of_topic(TOPIC)), Taken)
    at = Instant("2026-11-20T14:15:05.000000Z")
    name = f"level:43729076003:48752903:{at}:11"
    assert observed(engine, "CAP-BLACK") == [ChannelQuantityObserved(name, 11, at)]
    assert facts_of(engine, "CAP-BLACK") == []


def test_a_level_counts_once(mapped: ShopifyDoor, engine: Engine) -> None:
    for _ in range(2):
        deliver(mapped, a_level_body())
    assert len(observed(engine)) == 1


@pytest.mark.parametrize("other", [{"location_id": 2}, {"available": 6}, {"updated_at": "2026-11-20T10:00:01Z"}])
def test_another_location_quantity_or_time_is_another_observation(
    mapped: ShopifyDoor, engine: Engine, other: dict[str, object]
) -> None:
    deliver(mapped, a_level_body())
    deliver(mapped, json.dumps({**json.loads(a_level_body()), **other}).encode())
    assert len(observed(engine)) == 2


def test_a_shop_may_show_less_than_nothing(mapped: ShopifyDoor, engine: Engine) -> None:
    deliver(mapped, a_level_body(available=-3))
    assert [fact.quantity for fact in observed(engine) if isinstance(fact, ChannelQuantityObserved)] == [-3]


def test_an_item_that_leads_to_no_sku_is_acknowledged_and_logged(mapped: ShopifyDoor, engine: Engine) -> None:
    before = everything_stored(engine)
    with capture_logs() as logged:
        assert deliver(mapped, a_level_body(item=1)) == Ignored(TOPIC)
    assert [(line["event"], line["known"]) for line in logged] == [("shopify.level_ignored", False)]
    assert everything_stored(engine) == before


def test_a_level_that_is_not_tracked_is_ignored(mapped: ShopifyDoor, engine: Engine) -> None:
    assert deliver(mapped, a_level_body(available=None)) == Ignored(TOPIC)
    assert observed(engine) == []


def test_the_newest_link_of_an_item_counts(mapped: ShopifyDoor, engine: Engine) -> None:
    deliver(mapped, a_product_body({77: "OTHER"}, at="2026-11-20T12:00:00Z"), "products/update")
    deliver(mapped, a_level_body())
    assert (len(observed(engine)), len(observed(engine, "OTHER"))) == (0, 1)


def test_a_level_without_time_bears_that_of_its_delivery(mapped: ShopifyDoor, engine: Engine) -> None:
    body = a_level_body(updated_at=None)
    headers = shopify_headers(body, topic=TOPIC) | {"x-shopify-triggered-at": "2026-11-20T09:00:00.123456789Z"}
    for _ in range(2):
        mapped.receive(headers, body)
    times = [fact.event_time for fact in observed(engine) if isinstance(fact, ChannelQuantityObserved)]
    assert times == ["2026-11-20T09:00:00.123456Z"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{}", "inventory_item_id"),
        (a_level_body(available=10**13), "available"),
        (b'{"inventory_item_id": 1, "available": "5"}', "available"),
        (b"", None),
    ],
)
def test_what_is_no_level_is_refused(mapped: ShopifyDoor, body: bytes, field: str | None) -> None:
    refused = deliver(mapped, body)
    assert isinstance(refused, Refused)
    assert refused.field == field


@pytest.mark.skipif(not REAL_SAMPLES.is_dir(), reason="the real sample payloads are not on this machine")
def test_a_real_level_is_read(shopify: ShopifyDoor, engine: Engine) -> None:
    sample = json.loads((REAL_SAMPLES / "inventory_level.json").read_bytes())["inventory_level"]
    variant = {"id": 1, "sku": "POD", "inventory_item_id": sample["inventory_item_id"]}
    deliver(shopify, json.dumps({"id": 600, "variants": [variant]}).encode(), "products/update")
    deliver(shopify, json.dumps(sample).encode())
    assert [fact.quantity for fact in observed(engine, "POD") if isinstance(fact, ChannelQuantityObserved)] == [6]
