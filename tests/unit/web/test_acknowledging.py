from urllib.parse import quote

import pytest

from processor.clock import system_clock
from processor.engine import Engine
from processor.log import Append
from stock.events import ReviewRequested
from stock.facts import fact
from stock.identities import review_stream
from tests.unit.web.client import Client
from web.services import Services


def alerted(client: Client, sku: str = "A") -> str:
    body = {"sku": sku, "quantity": 1, "disposition": "DAMAGED"}
    id_: str = client.post("/webhook/amazon/return", body).json()["alert"]["alertId"]
    return id_


def read(client: Client, id_: str) -> tuple[int, dict[str, object]]:
    answer = client.post(f"/api/alerts/{quote(id_, safe='')}/read", b"")
    return answer.status_code, answer.json()


def unread(client: Client) -> list[str]:
    return [alert["id"] for alert in client.get("/api/alerts/unread").json()["alerts"]]


def test_an_alert_is_read_once(client: Client) -> None:
    first, second = alerted(client), alerted(client)
    assert read(client, first) == (200, {"ok": True, "alertId": first, "read": True, "message": "marked as read"})
    assert unread(client) == [second]
    assert read(client, first) == (200, {"ok": True, "alertId": first, "read": True, "message": "was read before"})
    assert client.get("/api/inventory/A").json()["version"] == 3
    alerts = client.get("/api/alerts").json()
    assert {alert["id"]: alert["read"] for alert in alerts["alerts"]} == {first: True, second: False}
    assert alerts["unreadCount"] == 1


def test_an_alert_of_no_sku_can_be_read(client: Client, engine: Engine, parts: Services) -> None:
    asked = fact(ReviewRequested("conflict", "shopify:1"), tx="1", at=system_clock(), source="test")
    engine.recorder.record([Append(review_stream(parts.tenant, "shopify:1"), (asked,))])
    [id_] = unread(client)
    assert read(client, id_)[0] == 200
    assert unread(client) == []


@pytest.mark.parametrize("sku", ["A/B", "A#1", "100% wool", "👍🏽/красный" * 20, "read"])
def test_the_alert_of_any_sku_can_be_read(client: Client, sku: str) -> None:
    assert read(client, alerted(client, sku))[0] == 200
    assert unread(client) == []


@pytest.mark.parametrize(
    "id_", ["none", "a/b", "a#b", "a b%", "é日本", "/", "return_damaged.1.c2t1L0E/read", "x" * 2000]
)
def test_an_unknown_id_is_404_and_stores_nothing(client: Client, id_: str) -> None:
    status, error = read(client, id_)
    assert (status, error["code"], error["field"]) == (404, "unknown_alert", "alertId")
    assert error["hint"]
    assert client.get("/api/inventory").json()["totalSkus"] == 0
