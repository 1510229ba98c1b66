from ingest.door import OrderDoor
from ingest.operators.simple import SimpleDoor
from ingest.outcome import Refused, Taken
from ingest.shopify.webhook import TOPIC, ShopifyDoor
from processor.engine import Engine
from tests.payloads import a_simple_body, an_order_body, shopify_headers
from tests.unit.ingest.conftest import TENANT
from tests.unit.ingest.stock_of import everything_stored


def test_what_is_signed_and_what_is_not_come_through_the_same_door(shopify: ShopifyDoor, simple: SimpleDoor) -> None:
    door, signed = OrderDoor(shopify, simple), an_order_body()
    assert isinstance(door.receive(TENANT, shopify_headers(signed), signed), Taken)
    assert isinstance(door.receive(TENANT, {}, a_simple_body(("A", 1))), Taken)


def test_what_carries_a_signature_is_judged_by_it_alone(
    shopify: ShopifyDoor, simple: SimpleDoor, engine: Engine
) -> None:
    refused = OrderDoor(shopify, simple).receive(TENANT, {"x-shopify-hmac-sha256": ""}, a_simple_body(("A", 1)))
    assert isinstance(refused, Refused)
    assert refused.code == "unauthorized"
    assert everything_stored(engine) == ""


def test_a_simple_payload_may_be_signed_by_a_shop(shopify: ShopifyDoor, simple: SimpleDoor) -> None:
    """Programs of the merchant's own sign as the shop does, and name no topic."""
    door, body = OrderDoor(shopify, simple), a_simple_body(("A", 1))
    headers = shopify_headers(body)
    del headers[TOPIC]

    for taken in (door.receive(TENANT, headers, body), door.prepare(TENANT, headers, body)):
        assert not isinstance(taken, Refused)
    assert isinstance(door.receive(TENANT, headers, b" " + body), Refused)
    assert isinstance(door.prepare(TENANT, headers, b" " + body), Refused)
