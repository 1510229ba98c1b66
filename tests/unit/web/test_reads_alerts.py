"""Alerts by severity, by SKU, and how many nobody has read."""

import pytest

from processor.engine import Engine
from stock.dispositions import Disposition
from stock.events import LowStockThresholdSet, ReturnReceived, SaleRecorded, StockAdjusted
from tests.unit.web.client import Client
from tests.unit.web.telling import of, tell


def back(disposition: Disposition, quantity: int = 1) -> ReturnReceived:
    return ReturnReceived(quantity, "merchant", disposition)


@pytest.fixture(autouse=True)
def alerted(engine: Engine) -> None:
    """A: low (warning), oversold (critical), an unsellable return (info). B: a damaged return (warning)."""
    tell(engine, of("A"), StockAdjusted(5, "opening"), LowStockThresholdSet(3), SaleRecorded(3), SaleRecorded(4))
    tell(engine, of("A"), back(Disposition.UNSELLABLE, 2))
    tell(engine, of("B"), back(Disposition.CUSTOMER_DAMAGED))


@pytest.mark.parametrize(
    ("level", "types"),
    [("critical", ["oversold"]), ("warning", ["return_damaged", "stock_low"]), ("INFO", ["return_unsellable"])],
)
def test_alerts_are_listed_by_severity(client: Client, level: str, types: list[str]) -> None:
    found = client.get(f"/api/alerts/severity/{level}").json()
    assert set(found) == {"severity", "count", "alerts", "nextCursor"}
    assert (found["severity"], found["count"]) == (level.lower(), len(types))
    assert [alert["type"] for alert in found["alerts"]] == types
    assert {alert["severity"] for alert in found["alerts"]} == {level.lower()}


def test_an_unknown_severity_is_400_and_names_the_known_ones(client: Client) -> None:
    answer = client.get("/api/alerts/severity/fatal")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "invalid", "level")
    assert "info, warning, critical" in answer.json()["error"]


def test_alerts_are_listed_by_sku(client: Client) -> None:
    about_a = client.get("/api/alerts", sku="A").json()
    assert [alert["type"] for alert in about_a["alerts"]] == ["return_unsellable", "oversold", "stock_low"]
    assert (about_a["count"], about_a["unreadCount"]) == (3, 4)
    assert client.get("/api/alerts", sku="NONE").json()["alerts"] == []
    assert client.get("/api/alerts/severity/warning", sku="B").json()["count"] == 1
    assert client.get("/api/alerts", sku=" ").status_code == 400


def test_an_alert_that_was_read_leaves_the_unread_and_stays_among_all(client: Client) -> None:
    [first, *others] = client.get("/api/alerts/unread").json()["alerts"]
    assert client.post(f"/api/alerts/{first['id']}/read", {}).status_code == 200
    unread = client.get("/api/alerts/unread").json()
    assert (unread["unreadCount"], [alert["id"] for alert in unread["alerts"]]) == (3, [a["id"] for a in others])
    assert [alert["read"] for alert in client.get("/api/alerts").json()["alerts"]] == [True, False, False, False]
    assert client.get("/api/alerts/unread", sku="B").json()["alerts"] == []


def test_a_page_by_sku_may_be_short_before_the_end_and_says_so(client: Client) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(5):
        page = client.get("/api/alerts/severity/warning", sku="A", limit=1, **cursor).json()
        seen += [alert["type"] for alert in page["alerts"]]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert seen == ["stock_low"]
    assert page["nextCursor"] is None


def test_pages_of_unread_alerts_stay_in_place_while_alerts_are_read_and_come(client: Client, engine: Engine) -> None:
    first = client.get("/api/alerts/unread", limit=2).json()
    for alert in first["alerts"]:
        client.post(f"/api/alerts/{alert['id']}/read", {})
    tell(engine, of("C"), back(Disposition.CUSTOMER_DAMAGED))
    rest = client.get("/api/alerts/unread", limit=2, cursor=first["nextCursor"]).json()
    assert [alert["type"] for alert in rest["alerts"]] == ["oversold", "stock_low"]
