"""What readers are told, on every store."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial

import pytest

from processor.engine import Engine
from processor.log import Append
from projections import PROJECTIONS
from projections.inventory.documents import EVERY
from stock.codec import decode
from stock.dispositions import Disposition
from stock.events import BroadcastAccepted, ListingMapped, ReturnReceived, StockAdjusted, StockEvent
from stock.facts import fact
from stock.identities import channel_stream, sku, sku_stream
from syncstate.settings import Settings
from syncstate.wiring import services
from tests.factories import MORNING
from tests.payloads import a_simple_body
from tests.stores import Eventually, FixedClock, Place
from tests.unit.web.client import Client
from web.app import create_app
from web.services import Services

NASTY = ("..", "A/", "/A", "A//B", "100% wool #1", "é/ü", "日本語", "a?b=c&d", "x" * 200)


@pytest.fixture
def engine(place: Place, clock: FixedClock) -> Iterator[Engine]:
    """The engine over an empty store of each kind, on a clock that stands."""
    with closing(Engine(place.open(clock), PROJECTIONS, decode, watch="inventory", clock=clock)) as engine:
        yield engine


@pytest.fixture
def parts(engine: Engine, clock: FixedClock) -> Services:
    return services(Settings(store="memory"), engine, clock)


@pytest.fixture
def client(parts: Services) -> Client:
    return Client(create_app(parts))


def told(engine: Engine, name: str, *facts: StockEvent) -> None:
    events = (fact(happened, tx=f"{name}:{n}", at=MORNING, source="test") for n, happened in enumerate(facts))
    engine.recorder.record([Append(sku_stream("default", sku(name)), tuple(events))])
    engine.sweeper.sweep()


def test_a_transaction_is_found_as_soon_as_it_is_acknowledged(client: Client) -> None:
    for order in ("o1", "o/2 #%", "日本"):
        assert client.post("/webhook/shopify", a_simple_body(("A", 1), ("B", 2), order=order)).status_code == 200
        facts = client.get("/api/transactions", tx=order).json()["facts"]
        assert {found["sku"]: found["quantity"] for found in facts} == {"A": 1, "B": 2}
    assert client.get("/api/transactions/o3").status_code == 404


def test_every_sku_is_read_by_every_route_that_takes_one(client: Client, engine: Engine) -> None:
    for name in NASTY:
        told(engine, name, StockAdjusted(7, "opening"))
    for name in NASTY:
        assert client.get("/api/inventory", sku=name).json()["physical"] == 7
        assert client.get("/api/events", sku=name).json()["events"][0]["after"]["physical"] == 7
        assert client.get("/api/explain", sku=name).json()["summary"].startswith(f"{name}: 7 on the shelf")
        assert client.get("/api/returns", sku=name).json()["returns"] == []
        assert client.get("/api/alerts", sku=name).json()["alerts"] == []


def test_the_total_counts_a_tenant_s_skus_beyond_a_page(client: Client, engine: Engine, eventually: Eventually) -> None:
    for number in range(5):
        told(engine, f"S{number}", StockAdjusted(1, "opening"))
    stranger = sku_stream("other", sku("S9"))
    engine.recorder.record([Append(stranger, (fact(StockAdjusted(1, "opening"), tx="t", at=MORNING, source="t"),))])
    eventually(lambda: client.get("/api/inventory", limit=2).json()["totalSkus"], 5)


def test_the_listing_goes_on_in_place_while_skus_come_and_change(client: Client, engine: Engine) -> None:
    for name in ("B", "D", "F", "H"):
        told(engine, name, StockAdjusted(1, "opening"))
    first = client.get("/api/inventory", limit=2).json()
    for name in ("A", "C", "D", "E"):
        told(engine, f"{name}", StockAdjusted(1, "found"), StockAdjusted(1, "found"))
    rest = client.get("/api/inventory", limit=9, cursor=first["nextCursor"]).json()
    assert [*first["inventory"]] == ["B", "D"]
    assert [*rest["inventory"]] == ["E", "F", "H"]


def test_returns_are_bounded_by_time_and_page_by_page(
    client: Client, engine: Engine, clock: FixedClock, eventually: Eventually
) -> None:
    for number in range(1, 7):
        told(engine, "AB"[number % 2], *_returns(number))
        clock.advance(timedelta(hours=1))

    def pages(**params: str) -> list[int]:
        seen: list[int] = []
        cursor: dict[str, str] = {}
        while True:
            page = client.get("/api/returns", limit=2, **{"from": "2026-11-20T11:00:00Z"}, **params, **cursor).json()
            seen += [found["quantity"] for found in page["returns"]]
            if page["nextCursor"] is None:
                return seen
            cursor = {"cursor": page["nextCursor"]}

    eventually(partial(pages, to="2026-11-20T14:00:00Z"), [4, 3, 2])
    eventually(partial(pages, to="2026-11-20T14:00:00Z", sku="A"), [4, 2])
    eventually(pages, [6, 5, 4, 3, 2])


def _returns(number: int) -> Iterator[ReturnReceived]:
    """One new return after the `number` // 2 that the SKU had before: a tx names a fact once."""
    quantities = range(2 - number % 2, number + 1, 2)
    return (ReturnReceived(quantity, "merchant", Disposition.SELLABLE) for quantity in quantities)


def test_a_page_far_into_a_ledger_is_that_part_of_the_whole(client: Client, engine: Engine) -> None:
    told(engine, "A", StockAdjusted(7, "opening"), *(StockAdjusted(n % 5 or 1, "found") for n in range(2 * EVERY)))
    whole = client.get("/api/events/A", limit=1000).json()["events"]
    assert len(whole) == 2 * EVERY + 1
    for after in (EVERY - 1, EVERY, 2 * EVERY - 1, 2 * EVERY):
        page = client.get("/api/events/A", after=after, limit=2).json()
        assert page["events"] == whole[after : after + 2]
        words = client.get("/api/explain/A", after=after, limit=2).json()
        assert [sentence["after"] for sentence in words["events"]] == [event["after"] for event in page["events"]]


def test_a_sale_is_completed_once_its_channel_has_taken_it(client: Client, engine: Engine) -> None:
    for name in ("A", "B"):
        told(engine, name, StockAdjusted(7, "opening"), ListingMapped("amazon", name))
    assert client.post("/webhook/shopify", a_simple_body(("A", 1), ("B", 2), order="o1")).status_code == 200
    for name, left, status in (("A", 6, "pending"), ("B", 5, "completed")):
        taken = fact(BroadcastAccepted(1, left, 3, name), tx="attempt:1", at=MORNING, source="test")
        engine.recorder.record([Append(channel_stream("default", "amazon", sku(name)), (taken,))])
        assert client.get("/api/transactions/o1").json()["status"] == status


LISTINGS = ("/api/inventory", "/api/alerts", "/api/alerts/unread", "/api/returns")


@pytest.mark.parametrize("path", LISTINGS)
@pytest.mark.parametrize("given", ["AA", "_w", "////", "IA", "H38", "8J-YgPCfmIDwn5iA", "IA" * 1000, "", "é"])
def test_a_cursor_that_nobody_gave_out_is_refused(client: Client, path: str, given: str) -> None:
    answer = client.get(path, cursor=given)
    assert (answer.status_code, answer.json()["field"]) == (400, "cursor")


def test_another_listing_s_cursor_breaks_nothing(client: Client, engine: Engine) -> None:
    for name in ("A", "B"):
        returned = ReturnReceived(1, "merchant", Disposition.CUSTOMER_DAMAGED)
        told(engine, name, StockAdjusted(7, "opening"), returned, returned)
    given = {path: client.get(path, limit=1).json()["nextCursor"] for path in LISTINGS}
    for path in LISTINGS:
        for cursor in filter(None, given.values()):
            assert client.get(path, cursor=cursor).status_code == 200


@pytest.mark.parametrize("path", ["/api/events/A", "/api/explain/A"])
def test_a_version_past_every_store_s_numbers_is_refused(client: Client, engine: Engine, path: str) -> None:
    told(engine, "A", StockAdjusted(7, "opening"))
    assert client.get(path, after=10**12).status_code == 200
    assert client.get(path, after=10**19).status_code == 400


def test_the_store_is_ready_and_what_lags_is_counted(client: Client, engine: Engine) -> None:
    told(engine, "A", StockAdjusted(7, "opening"))
    engine.sweeper.start()
    answer = client.get("/health/ready")
    assert (answer.status_code, set(answer.json()["lagging"].values())) == (200, {0})
    assert "syncstate_events_appended_total 1.0" in client.get("/metrics").text
