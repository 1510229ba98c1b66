"""The audit trail of returns."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from processor.adapters.memory import MemoryStore
from processor.engine import Engine
from projections import PROJECTIONS
from stock.codec import decode
from stock.dispositions import Disposition
from stock.events import ReturnReceived
from tests.stores import FixedClock
from tests.unit.web.client import Client
from tests.unit.web.telling import of, tell


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A return an hour: of A, B, A, B, A from 10:00 on."""
    clock = FixedClock()
    engine = Engine(MemoryStore(clock), PROJECTIONS, decode, watch="inventory", clock=clock)
    for number in range(1, 6):
        returned = ReturnReceived(number, "merchant", Disposition.SELLABLE, f"o{number}", "too small")
        tell(engine, of("AB"[(number + 1) % 2]), returned)
        clock.advance(timedelta(hours=1))
    yield engine
    engine.close()


def quantities(client: Client, **params: str | int) -> list[int]:
    answer = client.get("/api/returns", **params)
    assert answer.status_code == 200, answer.text
    return [entry["quantity"] for entry in answer.json()["returns"]]


def test_returns_come_newest_first_with_all_that_is_known(client: Client) -> None:
    answer = client.get("/api/returns").json()
    assert (answer["count"], answer["nextCursor"]) == (5, None)
    assert answer["returns"][0] == {
        "sku": "A",
        "version": 3,
        "quantity": 5,
        "pool": "merchant",
        "disposition": "SELLABLE",
        "decision": "sync",
        "order": "o5",
        "reason": "too small",
        "occurredAt": "2026-11-20T10:00:00.000000Z",
        "recordedAt": "2026-11-20T14:00:00.000000Z",
    }
    assert quantities(client) == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"sku": "A"}, [5, 3, 1]),
        ({"from": "2026-11-20T12:00:00Z"}, [5, 4, 3]),
        ({"to": "2026-11-20T12:00:00Z"}, [2, 1]),
        ({"from": "2026-11-20T11:00:00Z", "to": "2026-11-20T13:00:00Z"}, [3, 2]),
        ({"from": "2026-11-20T11:00:00Z", "to": "2026-11-20T13:00:00Z", "sku": "B"}, [2]),
        ({"from": "2026-11-20T13:00:00+01:00"}, [5, 4, 3]),
        ({"from": "2026-11-20T13:00:00 01:00"}, [5, 4, 3]),
        ({"from": "2026-11-20T12:00:00"}, [5, 4, 3]),
        ({"from": "2026-11-20"}, [5, 4, 3, 2, 1]),
        ({"to": "2026-11-20"}, []),
        ({"from": "2027-01-01", "to": "2026-01-01"}, []),
    ],
)
def test_returns_are_bounded_by_sku_and_time(client: Client, params: dict[str, str], found: list[int]) -> None:
    assert quantities(client, **params) == found


@pytest.mark.parametrize("bounds", [{}, {"from": "2026-11-20T11:00:00Z"}, {"to": "2026-11-20T14:00:00Z"}])
def test_pages_join_without_gap_or_repeat_while_returns_come(
    client: Client, engine: Engine, bounds: dict[str, str]
) -> None:
    whole = quantities(client, **bounds)
    seen: list[int] = []
    cursor: dict[str, str] = {}
    for _ in range(6):
        page = client.get("/api/returns", limit=2, **bounds, **cursor).json()
        seen += [entry["quantity"] for entry in page["returns"]]
        tell(engine, of("C"), ReturnReceived(99, "merchant", Disposition.SELLABLE))
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert seen == whole


def test_a_cursor_and_a_bound_hold_both(client: Client) -> None:
    cursor = client.get("/api/returns", limit=1).json()["nextCursor"]
    assert quantities(client, cursor=cursor, to="2026-11-20T12:00:00Z") == [2, 1]


@pytest.mark.parametrize("field", ["from", "to"])
@pytest.mark.parametrize(
    "text", ["yesterday", "", "2026-13-01", "2026-11-20T25:00", "20.11.2026", "1e999", "0001-01-01T00:00:00+23:00"]
)
def test_a_bound_that_is_no_time_is_400(client: Client, field: str, text: str) -> None:
    answer = client.get("/api/returns", **{field: text})
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert "ISO-8601" in answer.json()["error"]
