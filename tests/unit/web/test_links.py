"""/api/mapping of a shop's variants: linking them, and what waits to be linked."""

from typing import Any

import pytest

from tests.payloads import SHOP, a_line, a_product_body, an_order_body
from tests.unit.web.client import Client

PATH, WAITING = "/api/mapping", "/api/mapping/unmapped"


def deliver(client: Client, body: bytes, topic: str = "orders/create") -> None:
    answer = client.post("/webhook/shopify", body, {"x-shopify-topic": topic, "x-shopify-shop-domain": SHOP})
    assert answer.status_code == 200, answer.text


def linked(client: Client, variant: int | None = 77, sku: str | None = "A", **more: Any) -> dict[str, Any]:
    answer = client.post(PATH, {"variantId": variant, "sku": sku, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def waiting(client: Client, **asked: int | str) -> dict[str, Any]:
    answer = client.get(WAITING, **asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_link_answers_with_what_counts_and_what_it_applied(client: Client) -> None:
    deliver(client, an_order_body(a_line(1, None, 2)))
    made = linked(client, inventoryItemId=7700)
    assert made.pop("linkedAt").endswith("Z")
    line = {"orderId": "4501", "lineId": "1", "sku": "A", "quantity": 2, "status": "recorded"}
    assert made == {
        "ok": True,
        "success": True,
        "variantId": "77",
        "inventoryItemId": "7700",
        "sku": "A",
        "duplicate": False,
        "applied": [line],
    }
    again = linked(client, inventoryItemId=7700)
    assert (again["duplicate"], again["applied"]) == (True, [])


def test_the_other_address_is_the_same(client: Client) -> None:
    assert client.post("/api/sku-mapping", {"inventoryItemId": "7700", "sku": "A"}).json()["sku"] == "A"
    again = linked(client, None, inventoryItemId=7700)
    assert (again["duplicate"], again["variantId"]) == (True, None)


def test_what_names_a_listing_is_a_mapping_whatever_else_it_holds(client: Client) -> None:
    made = client.post(PATH, {"sku": "A", "asin": "B000000001", "variantId": 77}).json()
    assert (made["asin"], made["listing"]) == ("B000000001", "A")
    deliver(client, an_order_body(a_line(1, None, 2)))
    assert waiting(client)["count"] == 1


def test_a_link_is_taken_back(client: Client) -> None:
    linked(client)
    assert (linked(client, sku=None)["sku"], linked(client, sku=None)["linkedAt"]) == (None, None)


@pytest.mark.parametrize("sku", [None, "", 7, "x" * 201])
def test_what_is_no_sku_is_400(client: Client, sku: object) -> None:
    body = {"variantId": 77} if sku is None else {"variantId": 77, "sku": sku}
    answer = client.post(PATH, body)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "invalid", "sku")


def test_a_tx_of_another_link_is_409(client: Client) -> None:
    linked(client, tx="l1")
    assert linked(client, tx="l1")["duplicate"] is True
    answer = client.post(PATH, {"variantId": 77, "sku": "B", "tx": "l1"})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (409, "conflict", "tx")


def test_lines_that_wait_are_listed_by_order_until_they_are_applied(client: Client) -> None:
    assert waiting(client) == {"count": 0, "lineCount": 0, "unmapped": [], "nextCursor": None}
    deliver(client, an_order_body(a_line(1, None, 2), a_line(2, "MUG"), a_line(3, None, 4, variant_id=None)))
    deliver(client, an_order_body(a_line(4, None, 1, variant_id=78), id_=4502))
    deliver(client, an_order_body(a_line(1, None, 5), a_line(3, None, 4, variant_id=None)), "orders/updated")
    found = waiting(client)
    assert (found["count"], found["lineCount"]) == (2, 3)
    [first, second] = found["unmapped"]
    assert (first["orderId"], first["seenAt"]) == ("4501", "2026-11-20T14:15:04.000000Z")
    assert first["lines"] == [
        {"lineId": "1", "variantId": "77", "listing": None, "quantity": 5},
        {"lineId": "3", "variantId": None, "listing": None, "quantity": 4},
    ]
    assert [line["variantId"] for line in second["lines"]] == ["78"]
    linked(client)
    assert [order["lines"][0]["lineId"] for order in waiting(client)["unmapped"]] == ["3", "4"]
    linked(client, 78)
    assert waiting(client)["count"] == 1


def test_pages_of_what_waits_join(client: Client) -> None:
    for order in range(1, 12):
        deliver(client, an_order_body(a_line(order, None, order, variant_id=order % 3), id_=order))
    linked(client, 2)
    whole = waiting(client)
    assert (whole["count"], whole["nextCursor"]) == (7, None)
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = waiting(client, limit=2, **cursor)
        assert page["count"] == len(page["unmapped"]) <= 2
        seen += page["unmapped"]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert seen == whole["unmapped"]
    assert client.get(WAITING, cursor="made-up").status_code == 400


def test_a_sku_called_unmapped_is_found_by_its_other_address(client: Client) -> None:
    assert client.post(PATH, {"sku": "unmapped", "asin": "B000000001"}).status_code == 200
    assert client.get(PATH, sku="unmapped").json()["listing"] == "unmapped"
    assert client.ask("DELETE", WAITING).json()["sku"] == "unmapped"


def test_a_product_shows_the_sku_that_an_operator_linked(client: Client) -> None:
    body = a_product_body({77: None, 78: "B"})
    deliver(client, body, "products/update")
    linked(client)
    assert [one["sku"] for one in client.get("/api/product-sync/600").json()["variants"]] == ["A", "B"]
