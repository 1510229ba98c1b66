from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.web.client import Client

PATH = "/api/mapping"


def mapped(client: Client, sku: str = "A", asin: str = "B000000001", **more: Any) -> dict[str, Any]:
    answer = client.post(PATH, {"sku": sku, "asin": asin, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_mapping_answers_with_what_was_recorded(client: Client) -> None:
    made = mapped(client)
    at = made.pop("mappedAt")
    assert at.endswith("Z")
    assert made == {
        "ok": True,
        "success": True,
        "sku": "A",
        "channel": "amazon",
        "listing": "A",
        "asin": "B000000001",
        "productType": "PRODUCT",
        "version": 1,
        "duplicate": False,
    }
    shown = client.get(f"{PATH}/A").json()
    assert shown == {key: made[key] for key in ("sku", "channel", "listing", "asin", "productType")} | {"mappedAt": at}
    assert client.get(PATH, sku="A").json() == shown


def test_the_other_address_is_the_same(client: Client) -> None:
    made = client.post("/api/sku-mapping", {"sku": "A", "asin": "B000000001"}).json()
    assert (made["success"], made["sku"], made["asin"]) == (True, "A", "B000000001")
    assert mapped(client)["mappedAt"] == made["mappedAt"]


def test_the_same_again_is_a_duplicate_and_no_event(client: Client) -> None:
    first, again = mapped(client), mapped(client)
    assert again == first | {"duplicate": True}
    assert client.get("/api/inventory/A").json()["version"] == 1


def test_another_listing_takes_its_place(client: Client) -> None:
    mapped(client)
    made = mapped(client, asin="B000000002", listing="seller/1", productType="SHIRT")
    assert (made["version"], made["listing"], made["productType"]) == (2, "seller/1", "SHIRT")
    shown = client.get(f"{PATH}/A").json()
    assert (shown["asin"], shown["listing"], shown["mappedAt"]) == ("B000000002", "seller/1", made["mappedAt"])


def test_channels_have_mappings_of_their_own(client: Client) -> None:
    mapped(client)
    on_shopify = client.post(PATH, {"sku": "A", "channel": "shopify", "listing": 40000000000000001}).json()
    assert (on_shopify["listing"], on_shopify["asin"]) == ("40000000000000001", None)
    assert client.get(f"{PATH}/A", channel="shopify").json()["listing"] == "40000000000000001"
    assert client.get(f"{PATH}/A").json()["asin"] == "B000000001"
    assert client.get(f"{PATH}/A", channel="ebay").status_code == 400


def test_a_mapping_is_taken_away(client: Client) -> None:
    mapped(client)
    answer = client.ask("DELETE", f"{PATH}/A")
    assert (answer.status_code, answer.json()["sku"], answer.json()["channel"]) == (200, "A", "amazon")
    for gone in (client.get(f"{PATH}/A"), client.ask("DELETE", f"{PATH}/A")):
        assert (gone.status_code, gone.json()["code"]) == (404, "unknown_mapping")
    assert client.get("/api/inventory/A").json()["version"] == 2
    assert client.get(PATH).json()["mappings"] == []
    assert mapped(client)["duplicate"] is False


def test_what_was_never_mapped_is_404_and_stores_nothing(client: Client) -> None:
    assert client.get(f"{PATH}/NONE").json()["code"] == "unknown_sku"
    assert client.ask("DELETE", f"{PATH}/NONE").status_code == 404
    assert client.get("/api/inventory").json()["totalSkus"] == 0


@pytest.mark.parametrize("sku", ["A/B", "A#1", "100% wool", "é ü/日本語", ".."])
def test_any_sku_can_be_mapped(client: Client, sku: str) -> None:
    mapped(client, sku)
    encoded = quote(sku, safe="").replace(".", "%2E")
    assert client.get(f"{PATH}/{encoded}").json()["listing"] == sku
    assert client.get(PATH, sku=sku).json()["listing"] == sku
    assert client.ask("DELETE", f"{PATH}/{encoded}").status_code == 200
    mapped(client, sku)
    assert client.ask("DELETE", PATH, params={"sku": sku}).status_code == 200


def test_mappings_come_in_pages_that_join(client: Client) -> None:
    facts: list[dict[str, Any]] = [
        {"type": "mapping", "sku": f"S{n:02d}", "channel": "shopify", "listing": n + 1} for n in range(40)
    ]
    facts += [{"type": "mapping", "sku": f"S{n:02d}", "asin": f"B{n:09d}"} for n in (0, 10, 11, 24, 33)]
    assert client.post("/api/batch", {"facts": facts}).json()["ok"]
    whole = client.get(PATH).json()
    assert (whole["count"], whole["nextCursor"]) == (5, None)
    assert [mapping["sku"] for mapping in whole["mappings"]] == ["S00", "S10", "S11", "S24", "S33"]
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    pages = 0
    while True:
        page = client.get(PATH, limit=2, **cursor).json()
        assert page["count"] == len(page["mappings"]) <= 2
        seen += page["mappings"]
        pages += 1
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert seen == whole["mappings"]
    assert pages > 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"asin": "B000000001"}, "sku"),
        ({"sku": "A"}, None),
        ({"sku": "A", "asin": 7}, "asin"),
        ({"sku": "A", "asin": "B000000001", "listing": ""}, "listing"),
        ({"sku": "A", "asin": "B000000001", "productType": ""}, "productType"),
        ({"sku": "A", "asin": "B000000001", "channel": "ebay"}, "channel"),
    ],
)
def test_bad_input_is_400_and_stores_nothing(client: Client, body: dict[str, Any], field: str | None) -> None:
    answer = client.post(PATH, body)
    assert (answer.status_code, answer.json()["code"], answer.json().get("field")) == (400, "invalid", field)
    assert client.get("/api/inventory").json()["totalSkus"] == 0


def test_a_tx_counts_once_and_with_other_content_is_409(client: Client) -> None:
    first = mapped(client, tx="m1")
    mapped(client, asin="B000000002")
    again = mapped(client, tx="m1")
    assert again == first | {"duplicate": True}
    assert client.get(f"{PATH}/A").json()["asin"] == "B000000002"
    answer = client.post(PATH, {"sku": "A", "asin": "B000000003", "tx": "m1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
