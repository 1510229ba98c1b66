"""Counts of many streams: kept where there are many, exact where there are few, and told with their time."""

import time

import pytest

from processor.engine import Engine
from processor.ops import OPS
from stock import identities
from stock.events import StockAdjusted
from syncstate import wiring
from syncstate.settings import Settings
from tests.unit.web.client import Client
from tests.unit.web.telling import of, tell
from web.counts import CATEGORIES
from web.services import Services

PATIENCE = 5.0


def test_few_streams_are_counted_at_every_request(client: Client, engine: Engine) -> None:
    for number in range(3):
        tell(engine, of(f"S{number}"), StockAdjusted(1, "opening"))
        assert client.get("/api/status").json()["skus"] == number + 1


def test_many_streams_are_counted_behind_and_the_answer_says_when(
    monkeypatch: pytest.MonkeyPatch, client: Client, engine: Engine
) -> None:
    monkeypatch.setattr(wiring, "EXACT_STREAMS", 1)
    monkeypatch.setattr("web.kept.FRESH_SECONDS", 0.0)
    tell(engine, of("A"), StockAdjusted(1, "opening"))
    tell(engine, of("B"), StockAdjusted(1, "opening"))
    first = client.get("/api/status").json()
    tell(engine, of("C"), StockAdjusted(1, "opening"))
    assert client.get("/api/status").json()["skus"] in {2, 3}
    deadline = time.monotonic() + PATIENCE
    while (now := client.get("/api/status").json())["skus"] != 3 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert (first["skus"], now["skus"], now["streams"]) == (2, 3, {"sku": 3})
    assert now["countedAt"] > first["countedAt"]


def test_a_tenant_is_told_of_its_own_streams_alone(parts: Services, engine: Engine) -> None:
    tell(engine, of("A"), StockAdjusted(1, "opening"))
    tell(engine, of("B", tenant="other"), StockAdjusted(1, "opening"))
    assert (parts.streams("default").streams, parts.streams("").streams) == ({"sku": 1}, {"sku": 2})
    assert set(parts.streams("other").lagging.values()) <= {0, 1}


def test_a_server_counts_before_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []

    def many(_: object, tenant: str) -> int:
        counted.append(tenant)
        return 10_000

    monkeypatch.setattr("projections.alerts.queries.AlertQueries.count_unread", many)
    monkeypatch.setattr("web.kept.FRESH_SECONDS", 60.0)
    with wiring.assembled(Settings(store="memory"), channels=False) as system:
        system.start()
        assert (system.services.unread("default"), counted) == (10_000, ["default"])


def test_every_category_of_streams_is_counted() -> None:
    named = {value for name, value in vars(identities).items() if name.isupper() and isinstance(value, str)}
    assert named - {identities.DEFAULT_TENANT} == set(CATEGORIES) - {OPS}
