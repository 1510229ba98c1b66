from typing import Any

import pytest

from processor.adapters.memory import MemoryStore
from processor.engine import Engine
from processor.errors import StoreUnavailable
from tests.unit.web.client import Client
from web.services import Services

HOOK = "/webhook/amazon/return"


def opened(client: Client, sku: str = "A", quantity: int = 10) -> None:
    assert client.post("/api/adjustments", {"sku": sku, "count": quantity}).status_code == 200


def a_return(disposition: str = "SELLABLE", **more: Any) -> dict[str, Any]:
    return {"sku": "A", "quantity": 2, "disposition": disposition, "returnOrderId": "r1", **more}


@pytest.mark.parametrize(
    ("word", "action", "physical", "alert"),
    [
        ("SELLABLE", "sync", 12, None),
        ("CUSTOMER_DAMAGED", "alert_only", 10, ("return_damaged", "warning")),
        ("damaged", "alert_only", 10, ("return_damaged", "warning")),
        ("Warehouse Damaged", "quarantine", 10, ("return_damaged", "critical")),
        ("CARRIER_DAMAGED", "quarantine", 10, ("return_damaged", "warning")),
        ("DISTRIBUTOR_DAMAGED", "quarantine", 10, ("return_damaged", "warning")),
        ("UNSELLABLE", "ignore", 10, ("return_unsellable", "info")),
        ("DEFECTIVE", "ignore", 10, ("return_unsellable", "info")),
        ("EXPIRED", "ignore", 10, ("return_unsellable", "info")),
        ("UNKNOWN", "alert_only", 10, ("manual_review", "warning")),
    ],
)
def test_a_disposition_decides_what_becomes_of_a_return(
    client: Client, word: str, action: str, physical: int, alert: tuple[str, str] | None
) -> None:
    opened(client)
    client.post("/api/buffer/A", {"bufferQty": 3})
    answer = client.post(HOOK, a_return(word))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["ok"], found["processed"], found["synced"], found["action"]) == (True, True, action == "sync", action)
    assert (found["inventoryAfter"], found["broadcastAfter"], found["pending"]) == (physical, physical - 3, False)
    if alert is None:
        assert found["alert"] is None
    else:
        raised = found["alert"]
        assert (raised["type"], raised["severity"], raised["sku"], raised["quantity"]) == (*alert, "A", 2)
        assert client.get("/api/alerts").json()["alerts"] == [raised]


def test_a_repetition_is_skipped_and_answers_with_the_present_numbers(client: Client) -> None:
    opened(client)
    first = client.post(HOOK, a_return()).json()
    client.post("/api/adjustments", {"sku": "A", "delta": -5, "reason": "loss"})
    again = client.post(HOOK, a_return("sellable", orderId="another name")).json()
    assert (first["processed"], again["processed"], again["synced"], again["action"]) == (True, False, False, "skipped")
    assert (again["inventoryAfter"], again["broadcastAfter"], again["alert"]) == (7, 7, None)
    assert again["tx"] == first["tx"]


def test_the_alert_is_the_one_that_this_very_return_raised(client: Client) -> None:
    opened(client)
    alerts = [client.post(HOOK, a_return("DAMAGED", returnOrderId=f"r{n}")).json()["alert"]["id"] for n in range(3)]
    assert len(set(alerts)) == 3


@pytest.mark.parametrize("change", [{"quantity": 3}, {"disposition": "DAMAGED"}, {"pool": "fba"}])
def test_a_tx_with_other_content_is_409_with_the_present_numbers(client: Client, change: dict[str, Any]) -> None:
    opened(client)
    assert client.post(HOOK, a_return(tx="t1")).status_code == 200
    answer = client.post(HOOK, a_return(tx="t1") | change)
    assert answer.status_code == 409
    found = answer.json()
    assert (found["ok"], found["code"], found["field"], found["physical"]) == (False, "conflict", "tx", 12)
    assert client.get("/api/inventory/A").json()["version"] == 2


def test_without_order_and_time_each_is_a_new_one(client: Client) -> None:
    opened(client)
    bare = a_return(returnOrderId=None)
    assert [client.post(HOOK, bare).json()["inventoryAfter"] for _ in range(2)] == [12, 14]
    timed = bare | {"returnedAt": "2026-11-20T10:00:00Z"}
    assert [client.post(HOOK, timed).json()["inventoryAfter"] for _ in range(2)] == [16, 16]


def test_what_went_back_to_amazons_own_stock_is_not_the_merchants(client: Client) -> None:
    opened(client)
    found = client.post(HOOK, a_return(pool="fba")).json()
    assert (found["processed"], found["synced"], found["inventoryAfter"]) == (True, False, 10)
    assert client.get("/api/inventory/A").json()["fba"] == 2


def test_the_source_and_the_time_are_kept(client: Client) -> None:
    client.post(HOOK, a_return(returnedAt="2026-11-19T10:00:00+01:00", reason="LATE"))
    [event] = client.get("/api/events/A").json()["events"]
    assert (event["source"], event["occurredAt"]) == ("amazon", "2026-11-19T09:00:00.000000Z")
    assert event["data"]["reason"] == "LATE"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sku": " "}, "sku"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 1.0}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"disposition": "BROKEN"}, "disposition"),
        ({"returnOrderId": "x" * 201}, "returnOrderId"),
        ({"returnedAt": "soon"}, "returnedAt"),
        ({"tx": ""}, "tx"),
    ],
)
def test_bad_input_is_400_and_stores_nothing(client: Client, change: dict[str, Any], field: str) -> None:
    answer = client.post(HOOK, a_return() | change)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "invalid", field)
    assert client.get("/api/inventory").json()["totalSkus"] == 0


def test_a_return_that_is_durable_but_not_counted_is_pending(client: Client, engine: Engine) -> None:
    assert isinstance(engine.store, MemoryStore)

    def unavailable(*_: object) -> list[bool]:
        raise RuntimeError("the models are away")

    engine.store.models.commit = unavailable  # type: ignore[method-assign, assignment]
    found = client.post(HOOK, a_return("DAMAGED")).json()
    assert (found["processed"], found["pending"]) == (True, True)
    assert (found["inventoryAfter"], found["broadcastAfter"], found["alert"]) == (None, None, None)


def test_a_durable_return_is_acknowledged_even_where_its_alert_cannot_be_read(
    client: Client, parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("read", "it is away")

    monkeypatch.setattr(parts.alerts, "one", away)
    answer = client.post(HOOK, a_return("DAMAGED"))
    assert (answer.status_code, answer.json()["processed"], answer.json()["alert"]) == (200, True, None)
