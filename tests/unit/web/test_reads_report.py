"""The report: what a channel was seen showing, or took, against what it should have shown."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from processor.adapters.memory import MemoryStore
from processor.engine import Engine
from projections import PROJECTIONS
from stock.codec import decode
from stock.events import (
    BroadcastAccepted,
    BufferSet,
    ChannelQuantityObserved,
    ListingMapped,
    ListingUnmapped,
    SaleRecorded,
    StockCounted,
)
from syncstate.settings import Settings
from syncstate.wiring import services
from tests.stores import FixedClock
from tests.unit.web.client import Client
from tests.unit.web.telling import of, on_amazon, tell
from web.app import create_app

PATH = "/api/report"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def engine(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr("processor.recorder.INLINE_SECONDS", 60.0)
    engine = Engine(MemoryStore(clock), PROJECTIONS, decode, watch="inventory", clock=clock)
    yield engine
    engine.close()


@pytest.fixture
def client(engine: Engine, clock: FixedClock) -> Client:
    return Client(create_app(services(Settings(store="memory"), engine, clock)))


def later(clock: FixedClock, **by: float) -> None:
    clock.advance(timedelta(**by))


def sold_late(engine: Engine, clock: FixedClock, name: str = "A") -> None:
    """Ten are shown; three are sold, and Amazon is told five minutes later."""
    tell(engine, of(name), StockCounted(10), ListingMapped("amazon", name))
    tell(engine, on_amazon(name), BroadcastAccepted(1, 10, 1, name))
    later(clock, minutes=30)
    tell(engine, of(name), SaleRecorded(3))
    later(clock, minutes=5)
    tell(engine, on_amazon(name), BroadcastAccepted(2, 7, 3, name))
    later(clock, minutes=25)


def test_a_quantity_that_was_told_late_shows_for_how_long_and_by_how_much(
    client: Client, engine: Engine, clock: FixedClock
) -> None:
    sold_late(engine, clock)
    answer = client.get(PATH).json()
    [sku] = answer["skus"]
    assert (sku["sku"], sku["episodes"], sku["over"], sku["under"]) == ("A", 1, 300.0, 0.0)
    assert (sku["watched"], sku["greatestOver"], sku["sellableTwice"]) == (3600.0, 3, 3)
    assert sku["unitSecondsOver"] == 900.0
    assert answer["total"] == {name: value for name, value in sku.items() if name != "sku"}
    assert (answer["channel"], answer["graceSeconds"], answer["nextCursor"]) == ("amazon", 60, None)


def test_what_was_only_seen_is_compared_as_well(client: Client, engine: Engine, clock: FixedClock) -> None:
    tell(engine, of("A"), StockCounted(4), ListingMapped("amazon", "A"))
    begun = clock()
    later(clock, minutes=10)
    tell(engine, on_amazon("A"), ChannelQuantityObserved("n2", 4, clock()))
    tell(engine, on_amazon("A"), ChannelQuantityObserved("n1", 6, begun))  # told late, seen before
    later(clock, minutes=10)
    [sku] = client.get(PATH).json()["skus"]
    assert (sku["watched"], sku["over"], sku["sellableTwice"]) == (1200.0, 600.0, 2)


def test_uncounted_and_unmapped_times_are_not_compared(client: Client, engine: Engine, clock: FixedClock) -> None:
    tell(engine, of("A"), ListingMapped("amazon", "A"))
    tell(engine, on_amazon("A"), ChannelQuantityObserved("n1", 90, clock()))
    later(clock, minutes=10)
    assert client.get(PATH).json()["skus"][0]["watched"] == 0.0
    tell(engine, of("A"), StockCounted(4))
    later(clock, minutes=10)
    tell(engine, of("A"), ListingUnmapped("amazon"))
    later(clock, minutes=10)
    tell(engine, of("A"), ListingMapped("amazon", "A"))
    later(clock, minutes=10)
    [sku] = client.get(PATH).json()["skus"]
    assert (sku["watched"], sku["over"], sku["episodes"]) == (1200.0, 1200.0, 2)


def test_a_window_begins_with_what_stood_before_it(client: Client, engine: Engine, clock: FixedClock) -> None:
    tell(engine, of("A"), StockCounted(500), ListingMapped("amazon", "A"), *(SaleRecorded(1) for _ in range(300)))
    tell(engine, on_amazon("A"), *(BroadcastAccepted(n, 500 - n, n, "A") for n in range(1, 300)))
    later(clock, hours=1)
    begun = clock()
    later(clock, hours=1)
    tell(engine, of("A"), BufferSet(1))
    later(clock, hours=1)
    [sku] = client.get(PATH, since=begun).json()["skus"]
    assert (sku["watched"], sku["over"], sku["greatestOver"], sku["unitSecondsOver"]) == (7200.0, 7200.0, 2, 10800.0)
    [before] = client.get(PATH, until=begun).json()["skus"]
    assert (before["watched"], before["over"], before["greatestOver"]) == (3600.0, 3600.0, 1)


def test_seven_days_are_looked_back_unless_told_otherwise(client: Client, engine: Engine, clock: FixedClock) -> None:
    sold_late(engine, clock)
    later(clock, days=8)
    assert client.get(PATH).json()["skus"][0]["episodes"] == 0
    assert client.get(PATH, since="2026-11-20").json()["skus"][0]["episodes"] == 1
    assert client.get(PATH, since="2026-11-20", grace=300).json()["skus"][0]["episodes"] == 0


def test_pages_join(client: Client, engine: Engine, clock: FixedClock) -> None:
    for name in ("A", "B", "C"):
        sold_late(engine, clock, name)
    whole = client.get(PATH).json()
    first = client.get(PATH, limit=2).json()
    second = client.get(PATH, limit=2, cursor=first["nextCursor"]).json()
    assert [sku["sku"] for sku in whole["skus"]] == ["A", "B", "C"]
    assert first["skus"] + second["skus"] == whole["skus"]
    assert second["nextCursor"] is None
    assert whole["total"]["sellableTwice"] == 9


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"since": "2030-01-01"}, "since"),
        ({"since": "2026-11-02", "until": "2026-11-01"}, "since"),
        ({"grace": "-1"}, "grace"),
        ({"channel": "ebay"}, "channel"),
        ({"cursor": "abc"}, "cursor"),
        ({"limit": "101"}, "limit"),
    ],
)
def test_what_cannot_be_asked_is_400(client: Client, asked: dict[str, str], field: str) -> None:
    answer = client.get(PATH, **asked)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
