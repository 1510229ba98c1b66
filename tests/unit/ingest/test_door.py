from ingest.door import OrderDoor
from ingest.operators.simple import SimpleDoor
from ingest.outcome import Refused, Taken
from ingest.shopify.webhook import ShopifyDoor
from processor.engine import Engine
from tests.payloads import a_simple_body, an_order_body, shopify_headers
from tests.unit.ingest.conftest import TENANT
from tests.unit.ingest.stock_of import everything_stored


def test_what_is_signed_and_what_is_not_come_through_the_same_door(shopify: ShopifyDoor, simple: SimpleDoor) -> None:
    door, signed = OrderDoor(shopify, simple), an_order_body()
    assert isinstance(door.receive(TENANT, shopify_headers(signed), signed), Taken)
    assert isinstance(door.receive(TENANT, {}, a_simple_body(("A", 1))), Taken)


def test_a_signed_only_door_refuses_what_is_not_signed(
    shopify: ShopifyDoor, simple: SimpleDoor, engine: Engine
) -> None:
    door, signed = OrderDoor(shopify, simple, signed_only=True), an_order_body()
    refused = door.receive(TENANT, {}, a_simple_body(("A", 1)))
    assert isinstance(refused, Refused)
    assert refused.code == "unauthorized"
    assert everything_stored(engine) == ""
    assert isinstance(door.receive(TENANT, shopify_headers(signed), signed), Taken)
