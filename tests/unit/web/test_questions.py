"""What an operator is to decide of a shop that keeps its own count, over HTTP."""

from http import HTTPStatus

import pytest

from processor.clock import later
from processor.engine import Engine
from processor.log import Append
from projections.broadcasts.deltas import SETTLING
from stock.events import (
    DeltaInDoubt,
    DeltaIntended,
    LevelCompared,
    LevelUnexplained,
    ListingMapped,
    StockEvent,
)
from stock.identities import channel_stream, sku, sku_stream
from tests.factories import NOON, a_sale, an_opening, stated
from tests.unit.web.client import Client

ON_SHOPIFY = channel_stream("default", "shopify", sku("A"))
INTENDED = DeltaIntended(1, -2, 30, "k1", "700", "48", 3, 2)


@pytest.fixture
def asked(client: Client, engine: Engine) -> Client:
    """A SKU whose sale of two may have been told to the shop or not, and three units there that nothing explains."""
    told(engine, "A", an_opening(10), stated(ListingMapped("shopify", "700")), a_sale(2))
    happened: tuple[StockEvent, ...] = (
        LevelCompared("700", 30, 0, 2, NOON),
        LevelCompared("700", 30, 0, 2, later(NOON, SETTLING)),
        INTENDED,
        DeltaInDoubt(1, -2),
        LevelCompared("700", 33, 0, 2, later(NOON, SETTLING)),
        LevelUnexplained(1, 3, 33),
    )
    engine.recorder.record([Append(ON_SHOPIFY, tuple(map(stated, happened)))])
    return client


def told(engine: Engine, name: str, *events: object) -> None:
    engine.recorder.record([Append(sku_stream("default", sku(name)), events)])  # type: ignore[arg-type]


def shown(client: Client) -> list[dict[str, object]]:
    found: list[dict[str, object]] = client.get("/api/sync/questions").json()["skus"]
    return found


def on_hand(client: Client) -> int:
    found: int = client.get("/api/inventory/A").json()["physical"]
    return found


def test_nothing_is_asked_at_first(client: Client) -> None:
    assert client.get("/api/sync/questions").json() == {"count": 0, "skus": [], "nextCursor": None}


def test_what_is_to_be_decided_is_shown(asked: Client) -> None:
    assert shown(asked) == [
        {"sku": "A", "changes": [{"number": 1, "delta": -2}], "units": {"number": 1, "difference": 3}}
    ]


@pytest.mark.parametrize("made", [True, False])
def test_a_change_in_doubt_is_decided_once(asked: Client, made: bool) -> None:  # noqa: FBT001
    said = {"sku": "A", "number": 1, "made": made}
    assert asked.post("/api/sync/changes", said).json()["changed"]
    assert not asked.post("/api/sync/changes", said).json()["changed"]
    otherwise = asked.post("/api/sync/changes", {**said, "made": not made})
    assert (otherwise.status_code, otherwise.json()["code"]) == (HTTPStatus.CONFLICT, "decided_otherwise")
    assert shown(asked)[0]["changes"] == []


def test_units_that_are_adopted_are_stock_at_once_and_once(asked: Client) -> None:
    before = on_hand(asked)
    said = {"sku": "A", "number": 1, "adopt": True}
    assert asked.post("/api/sync/units", said).json()["changed"]
    assert not asked.post("/api/sync/units", said).json()["changed"]
    assert asked.post("/api/sync/units", {**said, "adopt": False}).status_code == HTTPStatus.CONFLICT
    assert on_hand(asked) == before + 3


def test_units_that_are_rejected_are_no_stock(asked: Client) -> None:
    before = on_hand(asked)
    assert asked.post("/api/sync/units", {"sku": "A", "number": 1, "adopt": False}).json()["ok"]
    assert (on_hand(asked), shown(asked)[0]["units"]) == (before, None)


@pytest.mark.parametrize("path", ["changes", "units"])
def test_what_was_never_asked_is_unknown(asked: Client, path: str) -> None:
    for name, number in (("A", 7), ("B", 1)):
        answer = asked.post(f"/api/sync/{path}", {"sku": name, "number": number, "made": True, "adopt": True})
        assert (answer.status_code, answer.json()["code"]) == (HTTPStatus.NOT_FOUND, "unknown_question")
    assert len(shown(asked)) == 1


@pytest.mark.parametrize("body", [{}, {"sku": "A"}, {"sku": "A", "number": 0, "made": True, "adopt": True}, []])
@pytest.mark.parametrize("path", ["changes", "units"])
def test_what_cannot_be_read_is_refused(asked: Client, path: str, body: object) -> None:
    assert asked.post(f"/api/sync/{path}", body).status_code == HTTPStatus.BAD_REQUEST
