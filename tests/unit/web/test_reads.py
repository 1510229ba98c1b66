from urllib.parse import quote

import pytest

from processor.clock import system_clock
from processor.deadletters import DeadLetters
from processor.engine import Engine
from tests.factories import MORNING, NOON
from tests.kinesis import arrival
from tests.notices import noted
from tests.payloads import a_line, a_simple_body, an_order_body, shopify_headers
from tests.unit.web.client import Client
from web.app import create_app
from web.services import Services

HOOK = "/webhook/shopify"
NASTY = (
    "A",
    "a",
    "A/B",
    "/A",
    "A/",
    "A//B",
    "A#1",
    "100% wool",
    "%2F",
    "a?b=c&d",
    "é/ü",
    "A B",
    "..",
    "日本語",
    "x" * 200,
)


def sell(client: Client, *items: tuple[str, int], order: str) -> None:
    assert client.post(HOOK, a_simple_body(*items, order=order)).status_code == 200


@pytest.mark.parametrize("sku", NASTY)
def test_any_sku_can_be_asked_for(client: Client, sku: str) -> None:
    sell(client, (sku, 7), order="init-1")
    encoded = quote(sku, safe="").replace(".", "%2E")
    in_path = client.get(f"/api/inventory/{encoded}")
    as_parameter = client.get("/api/inventory", sku=sku)
    ledger = client.get(f"/api/events/{encoded}")
    assert in_path.json()["sku"] == as_parameter.json()["sku"] == ledger.json()["sku"] == sku
    assert in_path.json() == as_parameter.json()
    assert in_path.json()["physical"] == 7


def test_one_sku_tells_all_there_is_to_know(client: Client) -> None:
    sell(client, ("A", 7), order="init-1")
    found = client.get("/api/inventory/A").json()
    timestamp = found.pop("updatedAt")
    assert timestamp.endswith("Z")
    assert found == {
        "sku": "A",
        "physical": 7,
        "buffer": 0,
        "broadcast": 7,
        "oversold": 0,
        "counted": True,
        "version": 1,
        "threshold": None,
        "quarantined": 0,
        "disposed": 0,
        "onReview": 0,
        "fba": 0,
        "lastBroadcast": None,
        "lastBroadcastAt": None,
        "returns": [],
        "queueSize": 0,
    }


def test_an_unknown_sku_is_404(client: Client) -> None:
    for answer in (
        client.get("/api/inventory/NONE"),
        client.get("/api/inventory", sku="NONE"),
        client.get("/api/events/NONE"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_sku")


@pytest.mark.parametrize("path", ["/api/inventory/%20", "/api/inventory/" + "x" * 201, "/api/events/%0A"])
def test_what_is_no_sku_is_400(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["field"]) == (400, "sku")


def test_the_listing_comes_in_pages_that_join_without_gap_or_repeat(client: Client) -> None:
    names = sorted(f"SKU {n}/#%" for n in range(7))
    sell(client, *((name, 1) for name in names), order="init-1")
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get("/api/inventory", limit=3, **cursor).json()
        assert page["totalSkus"] == 7
        seen += page["inventory"]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert seen == names
    assert client.get("/api/inventory").json()["inventory"][names[0]]["physical"] == 1


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"cursor": "é"}, "cursor"),
        ({"cursor": "!!!!"}, "cursor"),
    ],
)
def test_a_bad_parameter_is_400_and_names_itself(client: Client, params: dict[str, str], field: str) -> None:
    answer = client.get("/api/inventory", **params)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "invalid", field)


def test_the_ledger_tells_each_event_with_the_balance_after_it(client: Client) -> None:
    sell(client, ("A", 10), order="init-1")
    sell(client, ("A", 3), order="o1")
    [opening, sale] = client.get("/api/events/A").json()["events"]
    assert (opening["type"], opening["data"], opening["after"]["physical"]) == (
        "StockAdjusted",
        {"delta": 10, "reason": "opening"},
        10,
    )
    assert (sale["version"], sale["tx"], sale["source"], sale["after"]["physical"]) == (2, "simple:o1:1", "api", 7)


def test_the_ledger_comes_in_pages(client: Client) -> None:
    sell(client, ("A", 10), order="init-1")
    for number in range(4):
        sell(client, ("A", 1), order=f"o{number}")
    first = client.get("/api/events/A", limit=2).json()
    second = client.get("/api/events/A", limit=3, after=first["nextAfter"]).json()
    assert [entry["after"]["physical"] for entry in first["events"] + second["events"]] == [10, 9, 8, 7, 6]
    assert second["nextAfter"] is None
    assert client.get("/api/events/A", after=5).json()["events"] == []


def test_alerts_tell_what_a_person_should_know(client: Client) -> None:
    sell(client, ("A", 1), order="init-1")
    sell(client, ("A", 3), order="o1")
    body = an_order_body(a_line(1, None))
    client.post(HOOK, body, shopify_headers(body))
    alerts = client.get("/api/alerts").json()
    assert (alerts["count"], alerts["unreadCount"], alerts["nextCursor"]) == (2, 2, None)
    review, oversold = alerts["alerts"]
    assert (review["type"], review["severity"], review["sku"]) == ("manual_review", "warning", "")
    assert (oversold["type"], oversold["sku"], oversold["quantity"], oversold["read"]) == ("oversold", "A", 2, False)
    assert oversold["id"] == oversold["alertId"]
    assert client.get("/api/alerts/unread").json() == alerts


def test_alerts_come_in_pages(client: Client) -> None:
    for number in range(3):
        sell(client, (f"S{number}", 1), order="init-1")
        sell(client, (f"S{number}", 2), order="o1")
    first = client.get("/api/alerts", limit=2).json()
    rest = client.get("/api/alerts", limit=2, cursor=first["nextCursor"]).json()
    assert [alert["sku"] for alert in first["alerts"] + rest["alerts"]] == ["S2", "S1", "S0"]
    assert (rest["count"], rest["unreadCount"], rest["nextCursor"]) == (1, 3, None)


def test_health_answers_whatever_the_store_does(client: Client, parts: Services) -> None:
    health = client.get("/health").json()
    assert health.pop("timestamp").endswith("Z")
    assert health == {"ok": True, "status": "ok", "queueSize": 0, "instance": parts.instance}


def test_the_status_counts_streams_lag_and_what_is_due(client: Client, engine: Engine) -> None:
    sell(client, ("A", 10), ("B", 1), order="init-1")
    body = an_order_body(a_line(1, "A"), a_line(2, None))
    client.post(HOOK, body, shopify_headers(body))
    engine.sweeper.sweep()
    status = client.get("/api/status").json()
    assert status["streams"].items() >= {"order": 1, "review": 1, "sku": 2}.items()
    assert (status["skus"], status["quarantined"], status["queueSize"], status["unreadAlerts"]) == (2, [], 0, 1)
    assert {p["name"]: (p["live"], p["lagging"]) for p in status["projections"]} == {
        "inventory": (1, 0),
        "alerts": (1, 0),
        "returns": (1, 0),
        "broadcasts": (1, 0),
    }


def test_the_status_counts_the_tenant_s_dead_letters_that_wait(client: Client, engine: Engine) -> None:
    letters = DeadLetters(engine.store, engine.runner, system_clock)
    for number in (1, 2, 3):
        letter = letters.keep("default", arrival(b"?", number), "no JSON")
    letters.keep("somebody-else", arrival(b"?", 4), "no JSON")
    letters.release(letter, discarded=True)
    assert client.get("/api/status").json()["deadLetters"] == 2


def test_the_status_tells_how_targets_are_told_of_alerts(client: Client, engine: Engine) -> None:
    assert client.get("/api/status").json()["notices"] == []
    noted(engine.store.registers, "default/webhook", ("delivered", MORNING), ("given_up", NOON))
    noted(engine.store.registers, "default-2/slack", ("given_up", MORNING))
    [webhook] = [one for one in client.get("/api/status").json()["notices"] if one["tenant"] == "default"]
    assert webhook == {
        "tenant": "default",
        "target": "webhook",
        "givenUp": 1,
        "gaveUpAt": NOON,
        "deliveredAt": MORNING,
        "waitingSince": None,
    }


def test_an_unknown_address_is_404_in_the_same_form(client: Client) -> None:
    answer = client.get("/api/nothing")
    assert (answer.status_code, answer.json()["ok"], answer.json()["code"]) == (404, False, "not_found")
    wrong = client.get(HOOK)
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")


def test_the_description_promises_no_422(parts: Services) -> None:
    paths = create_app(parts).openapi()["paths"]
    answers = {code for path in paths.values() for operation in path.values() for code in operation["responses"]}
    assert "422" not in answers
    assert "default" in answers
