"""One order's life, told through the real endpoint in some of its orders and twice, in every mode."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from tests.payloads import (
    SHOP,
    a_line,
    a_product_body,
    a_refund_body,
    a_refund_line,
    a_simple_body,
    an_order_body,
    life_of,
    shopify_headers,
)
from tests.unit.web.client import Client

Told = tuple[str, bytes]
LEFT = {"TSHIRT-RED-M": 10, "MUG/BLUE 11oz #2": 9, "CAP-BLACK": 10}
FACTS = {"TSHIRT-RED-M": 4, "MUG/BLUE 11oz #2": 2, "CAP-BLACK": 3}
"""Opening stock among them."""

SAMPLE = list(enumerate(permutations(range(6))))[::65]


def told(client: Client, deliveries: Sequence[Told]) -> None:
    for topic, body in deliveries:
        answer = client.post("/webhook/shopify", body, shopify_headers(body, topic=topic))
        assert answer.status_code == 200, answer.text
        assert answer.json()["ok"] is True


def opened(client: Client, *names: str) -> None:
    answer = client.post("/webhook/shopify", a_simple_body(*((name, 10) for name in names), order=f"init-{names[0]}"))
    assert answer.status_code == 200, answer.text


def stock_of(client: Client, name: str) -> tuple[int, int]:
    """Return what is left of a SKU, and the version of its stream: how many facts led to that."""
    found = client.get("/api/inventory", sku=name).json()
    return found["physical"], found["version"]


def test_a_life_in_any_order_and_twice_ends_in_the_same_stock(client: Client) -> None:
    for order, steps in SAMPLE:
        life = life_of(order)
        opened(client, *(f"{order}/{name}" for name in LEFT))
        once = [life[step] for step in steps]
        told(client, [one for one in once for _ in range(2)] if order % 2 else once + once)
        for name, left in LEFT.items():
            assert stock_of(client, f"{order}/{name}") == (left, FACTS[name])
    assert client.get("/api/alerts").json()["count"] == 0


@pytest.mark.parametrize("first", [0, 1, 2])
def test_a_line_without_sku_is_sold_and_restocked_once_its_variant_has_one(client: Client, first: int) -> None:
    opened(client, "SHIRT")
    deliveries = [
        ("orders/create", an_order_body(a_line(1, None, 3))),
        ("refunds/create", a_refund_body(a_refund_line(901, sku=None))),
        ("products/update", a_product_body({77: "SHIRT"})),
    ]
    told(client, [*deliveries[first:], *deliveries[:first]] * 2)
    assert stock_of(client, "SHIRT") == (8, 3)
    kinds = [alert["type"] for alert in client.get("/api/alerts").json()["alerts"]]
    assert set(kinds) <= {"manual_review"}
    assert bool(kinds) is (first != 2)


@pytest.mark.parametrize("topic", ["app/uninstalled", "shop/redact"])
def test_a_shop_that_leaves_raises_an_alert(client: Client, topic: str) -> None:
    told(client, [(topic, b"{}")] * 2)
    [alert] = client.get("/api/alerts").json()["alerts"]
    assert (alert["type"], alert["severity"]) == ("manual_review", "warning")
    assert SHOP in alert["message"]
