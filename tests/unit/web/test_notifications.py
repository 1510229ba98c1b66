"""POST /webhook/amazon/notification, and what an operator sees of it."""

import json
from typing import Any

import pytest

from processor.clock import system_clock
from processor.engine import Engine
from syncstate.settings import Settings
from syncstate.wiring import services
from tests.payloads.amazon import (
    ORDER,
    SELLER,
    a_quantity_change,
    an_fba_change,
    an_item,
    an_order_change,
    by_eventbridge,
    by_sns,
    encoded,
)
from tests.unit.web.client import Client
from web.app import create_app

HOOK, LETTERS = "/webhook/amazon/notification", "/api/dead-letters"


@pytest.fixture
def client(engine: Engine) -> Client:
    """A client of a program that knows one seller, and the SKU SHIRT."""
    settings = Settings(store="memory", amazon_seller=SELLER)
    client = Client(create_app(services(settings, engine, system_clock)))
    client.post("/api/adjustments", {"sku": "SHIRT", "count": 10})
    return client


def sent(client: Client, body: object) -> dict[str, Any]:
    answer = client.post(HOOK, body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def shelf(client: Client, name: str = "SHIRT") -> int:
    found: int = client.get(f"/api/inventory/{name}").json()["physical"]
    return found


def test_an_order_is_taken_once_and_told_so(client: Client) -> None:
    assert sent(client, an_order_change()) == {
        "ok": True,
        "results": [{"status": "recorded", "type": "ORDER_CHANGE", "id": "n-1", "reason": None, "record": None}],
        "recorded": 1,
        "duplicates": 0,
        "ignored": 0,
        "quarantined": 0,
    }
    assert sent(client, by_eventbridge(an_order_change()))["duplicates"] == 1
    assert shelf(client) == 8


def test_each_message_of_a_list_is_answered_in_its_place_and_none_spoils_another(client: Client) -> None:
    messages = [
        a_quantity_change(),
        {"hello": 1},
        by_sns(an_order_change()),
        json.dumps(an_order_change()),
        an_order_change(by="AFN"),
        3,
    ]
    told = sent(client, messages)
    assert [one["status"] for one in told["results"]] == [
        "recorded", "quarantined", "recorded", "duplicate", "ignored", "quarantined",
    ]  # fmt: skip
    assert (told["ok"], told["quarantined"]) == (False, 2)
    assert told["results"][4]["reason"] == "Amazon fulfils the order from its own stock"
    assert shelf(client) == 8


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"hello", "invalid_json"),
        (b"\xff", "invalid_json"),
        (b'{"a":', "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b"[1,", "invalid_json"),
        (b"3", "invalid"),
        (b'"text"', "invalid"),
        (b"[]", "invalid"),
        (encoded([{}] * 101), "invalid"),
    ],
)
def test_what_is_no_list_of_messages_is_refused_whole(client: Client, body: bytes, code: str) -> None:
    answer = client.post(HOOK, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["hint"]
    assert client.get(LETTERS).json()["count"] == 0


def test_a_body_that_is_too_long_is_refused(client: Client) -> None:
    assert client.post(HOOK, b'{"a": "' + b"x" * (4 * 1024 * 1024) + b'"}').status_code == 413


def test_what_cannot_be_taken_is_listed_shown_and_redriven(client: Client, engine: Engine) -> None:
    stranger = an_order_change(seller="A0SOMEBODYELSE")
    [told] = sent(client, stranger)["results"]
    assert told["reason"] == "the seller A0SOMEBODYELSE is not registered here: see SYNCSTATE_AMAZON_SELLER"
    [record] = client.get(LETTERS).json()["records"]
    assert (record["id"], record["source"], record["stream"]) == (told["record"], "amazon", "notifications")
    assert json.loads(client.get(f"{LETTERS}/{record['id']}").json()["text"]) == stranger
    assert client.post(f"{LETTERS}/{record['id']}/redrive", {}).json()["redriven"] == [
        {"id": record["id"], "error": told["reason"]}
    ]
    settings = Settings(store="memory", amazon_seller="A0SOMEBODYELSE")
    later = Client(create_app(services(settings, engine, system_clock)))
    assert later.post(f"{LETTERS}/all/redrive", {}).json()["redriven"] == [{"id": record["id"], "error": None}]
    assert (shelf(later), later.get(LETTERS).json()["count"]) == (8, 0)


def test_one_that_was_given_up_stays_so_however_often_it_comes(client: Client) -> None:
    [told] = sent(client, {"hello": 1})["results"]
    client.post(f"{LETTERS}/{told['record']}/discard", {})
    assert sent(client, {"hello": 1})["quarantined"] == 1
    assert client.get(LETTERS).json()["count"] == 0


def test_lines_that_wait_are_listed_and_applied_by_the_mapping(client: Client) -> None:
    sent(client, an_order_change(an_item(listing="SHIRT-AMZ"), an_item("i-2")))
    found = client.get("/api/mapping/unmapped").json()
    assert found["unmapped"] == [
        {
            "shop": "amazon",
            "orderId": ORDER,
            "seenAt": "2026-11-20T10:00:00.000000Z",
            "lines": [{"lineId": "i-1", "variantId": None, "listing": "SHIRT-AMZ", "quantity": 2}],
        }
    ]
    assert shelf(client) == 8
    client.post("/api/mapping", {"sku": "SHIRT", "listing": "SHIRT-AMZ"})
    assert (shelf(client), client.get("/api/mapping/unmapped").json()["count"]) == (6, 0)


def test_mappings_of_a_batch_are_heard_of_too(client: Client) -> None:
    sent(client, an_order_change(an_item(listing="SHIRT-AMZ")))
    mapping = {"type": "mapping", "sku": "SHIRT", "listing": "SHIRT-AMZ"}
    assert client.post("/api/batch", {"facts": [mapping]}).json()["ok"]
    assert shelf(client) == 8


def test_why_a_sku_stands_where_it_does_names_the_order(client: Client) -> None:
    sent(client, an_order_change())
    sent(client, an_order_change(status="Canceled"))
    told = client.get("/api/explain/SHIRT").json()
    words = [event["text"] for event in told["events"]]
    assert any(f"2 sold in order {ORDER}" in word for word in words)
    assert any("cancelled, free again" in word for word in words)


def test_a_reader_may_not_send(client: Client) -> None:
    secret = client.post("/api/keys", {"role": "read", "name": "screen"}).json()["key"]
    answer = client.post(HOOK, an_order_change(), {"authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_an_order_is_found_by_its_id(client: Client) -> None:
    sent(client, an_order_change())
    sent(client, an_order_change(status="Canceled"))
    found = [client.get(f"/api/transactions/{name}").json() for name in (f"amazon:{ORDER}", ORDER)]
    assert [(one["action"], one["source"], [fact["action"] for fact in one["facts"]]) for one in found] == [
        ("sale", "amazon", ["sale", "cancellation"])
    ] * 2
    assert client.get("/api/transactions/amazon:999-1234567-1234567").status_code == 404


def test_what_amazon_holds_itself_is_told_in_words(client: Client) -> None:
    sent(client, an_fba_change("SHIRT", 40))
    told = client.get("/api/explain/SHIRT").json()
    assert "40 in Amazon's own stock at 2026-11-20 10:00 UTC, which is not this shelf." in told["summary"]
    assert told["events"][-1]["text"].startswith("40 seen in Amazon's own stock, which is not this shelf")
    assert client.get("/api/inventory/SHIRT").json()["fba"] == 40
    sent(client, an_fba_change("SHIRT", 0, id_="n-2", at="2026-11-20T11:00:00Z"))
    assert "0 in Amazon's own stock at 2026-11-20 11:00 UTC" in client.get("/api/explain/SHIRT").json()["summary"]
