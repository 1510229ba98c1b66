"""SKUs beside a channel, the words that variants have, and how well mappings are."""

from typing import Any

import pytest

from tests.payloads import SHOP, a_line, a_product_body, an_order_body
from tests.unit.web.client import Client

HEALTH = "/api/mapping/health"


def found(client: Client, path: str, **asked: str | int) -> dict[str, Any]:
    answer = client.get(path, **asked)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def deliver(client: Client, body: bytes, topic: str) -> None:
    answer = client.post("/webhook/shopify", body, {"x-shopify-topic": topic, "x-shopify-shop-domain": SHOP})
    assert answer.status_code == 200, answer.text


def count(client: Client, sku: str, units: int) -> None:
    assert client.post("/api/adjustments", {"sku": sku, "count": units}).status_code == 200


def mapped(client: Client, sku: str, listing: str) -> None:
    assert client.post("/api/mapping", {"sku": sku, "listing": listing}).status_code == 200


def test_each_sku_is_told_with_its_listing_on_the_channel(client: Client) -> None:
    count(client, "A", 7)
    mapped(client, "A", "AMZ-A")
    mapped(client, "B", "B")
    mapped(client, "C", "C")
    client.ask("DELETE", "/api/mapping/C")
    count(client, "D", 1)
    told = {one.pop("sku"): one for one in found(client, "/api/channel-skus")["skus"]}
    base = {"counted": False, "broadcast": 0, "listing": None, "takenAway": False}
    assert told == {
        "A": {"version": 2, "counted": True, "broadcast": 7, "listing": "AMZ-A", "takenAway": False},
        "B": base | {"version": 1, "listing": "B"},
        "C": base | {"version": 2, "takenAway": True},
        "D": base | {"version": 1, "counted": True, "broadcast": 1},
    }
    other = found(client, "/api/channel-skus", channel="shopify")["skus"]
    assert [one["listing"] for one in other] == [None] * 4


def test_pages_continue(client: Client) -> None:
    for name in "ABC":
        count(client, name, 1)
    first = found(client, "/api/channel-skus", limit=2)
    rest = found(client, "/api/channel-skus", limit=2, cursor=first["nextCursor"])
    assert [one["sku"] for one in (*first["skus"], *rest["skus"])] == ["A", "B", "C"]
    assert rest["nextCursor"] is None


def test_some_are_asked_for_by_name(client: Client) -> None:
    for name in ("A", "B/ 1", "C"):
        count(client, name, 1)
    told = client.ask("GET", "/api/channel-skus", params={"sku": ["C", "B/ 1", "NONE"]}).json()
    assert [one["sku"] for one in told["skus"]] == ["B/ 1", "C"]


@pytest.mark.parametrize("asked", [{"sku": ["A"] * 101}, {"sku": ["\x07"]}, {"channel": "ebay"}])
def test_what_cannot_be_asked_is_refused(client: Client, asked: dict[str, Any]) -> None:
    assert client.ask("GET", "/api/channel-skus", params=asked).status_code == 400


def test_who_says_which_sku_a_variant_has(client: Client) -> None:
    deliver(client, a_product_body({77: "A"}), "products/update")
    client.post("/api/mapping", {"variantId": 77, "sku": "B"})
    told = client.ask("GET", "/api/links", params={"variant": ["77", "78"], "item": ["7700"]}).json()["links"]
    assert told == [
        {"kind": "variant", "id": "77", "sku": "B", "shop": "A", "operator": "B"},
        {"kind": "item", "id": "7700", "sku": "A", "shop": "A", "operator": None},
    ]


@pytest.mark.parametrize("asked", [{"variant": ["x"]}, {"item": [""]}, {"variant": ["1"] * 101}])
def test_only_numbers_name_variants(client: Client, asked: dict[str, Any]) -> None:
    assert client.ask("GET", "/api/links", params=asked).status_code == 400


def test_nothing_known_is_well(client: Client) -> None:
    told = found(client, HEALTH)
    assert (told["ok"], told["skus"], told["findings"]) == (True, 0, [])


def test_what_is_wrong_is_told_by_kind(client: Client) -> None:
    count(client, "A", 1)
    mapped(client, "A", "ONE")
    mapped(client, "B", "ONE")
    mapped(client, "b", "TWO")
    count(client, "LONELY", 1)
    told = found(client, HEALTH)
    assert (told["ok"], told["skus"], told["mapped"], told["uncounted"]) == (False, 4, 3, 2)
    assert told["counts"] == {"duplicate": 1, "case": 1, "blank": 0, "unmapped": 1}
    assert told["findings"] == [
        {"kind": "duplicate", "listings": ["ONE"], "skus": ["A", "B"]},
        {"kind": "case", "listings": [], "skus": ["B", "b"]},
        {"kind": "unmapped", "listings": [], "skus": ["LONELY"]},
    ]


def test_the_limit_cuts_the_list_and_no_count(client: Client) -> None:
    for number in range(3):
        count(client, f"S{number}", 1)
    told = found(client, HEALTH, limit=2)
    assert (told["counts"]["unmapped"], len(told["findings"])) == (3, 2)


def test_a_variant_that_was_sold_without_a_sku_is_blank(client: Client) -> None:
    deliver(client, an_order_body(a_line(1, None, 2), a_line(2, None, 1)), "orders/create")
    told = found(client, HEALTH, channel="shopify")
    assert told["findings"] == [{"kind": "blank", "listings": ["77"], "skus": []}]
    assert found(client, HEALTH)["findings"] == [], "it was not sold on Amazon"
    client.post("/api/mapping", {"variantId": 77, "sku": "A"})
    assert found(client, HEALTH, channel="shopify")["counts"]["blank"] == 0


def test_a_sku_of_the_page_s_name_is_a_sku(client: Client) -> None:
    mapped(client, "health", "HEALTH-1")
    assert found(client, "/api/mapping", sku="health")["listing"] == "HEALTH-1"
    assert client.ask("DELETE", "/api/mapping/health").status_code == 200
    assert client.ask("DELETE", "/api/mapping/health").status_code == 404
