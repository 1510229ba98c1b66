"""Whether the program answers, whether it can work, and what a monitoring system reads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

import pytest
from prometheus_client.parser import text_string_to_metric_families

from processor.adapters.memory import MemoryStore
from processor.clock import system_clock
from processor.deadletters import DeadLetters
from processor.engine import Engine
from processor.errors import StoreUnavailable
from projections import PROJECTIONS
from stock.codec import decode
from stock.dispositions import Disposition
from stock.events import ListingMapped, ReturnReceived, StockAdjusted
from syncstate.settings import Settings
from syncstate.wiring import services
from tests.factories import MORNING, NOON, an_append, an_event
from tests.kinesis import arrival
from tests.notices import noted
from tests.unit.web.client import Client
from tests.unit.web.telling import of, tell
from web import standing
from web.app import create_app


class Store(MemoryStore):
    """A memory store whose `unit` meets what is planned."""

    def __init__(self) -> None:
        super().__init__()
        self.befalls: Callable[[], object] = lambda: None

    @contextmanager
    def unit(self) -> Iterator[None]:
        self.befalls()
        yield


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def engine(store: Store) -> Iterator[Engine]:
    engine = Engine(store, PROJECTIONS, decode, watch="inventory")
    yield engine
    engine.close()


@pytest.fixture
def swept(engine: Engine) -> None:
    engine.sweeper.start()


@pytest.mark.usefixtures("swept")
def test_ready_is_200_with_nothing_to_say(client: Client) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    found = answer.json()
    assert found.pop("timestamp").endswith("Z")
    assert found == {
        "ok": True,
        "status": "ready",
        "reasons": [],
        "lagging": {"inventory": 0, "alerts": 0, "returns": 0, "broadcasts": 0},
        "quarantined": 0,
        "queueSize": 0,
    }


@pytest.mark.parametrize("path", ["/health", "/health/ready"])
@pytest.mark.usefixtures("swept")
def test_head_answers_as_get_does_with_nothing(client: Client, path: str) -> None:
    answer = client.ask("HEAD", path)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_sweeper_that_does_not_run_makes_it_unready(client: Client, engine: Engine) -> None:
    assert client.get("/health").status_code == 200
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["ok"], answer.json()["status"]) == (503, False, "unready")
    assert "sweeper" in answer.json()["reasons"][0]
    assert client.ask("HEAD", "/health/ready").status_code == 503
    engine.sweeper.start()
    assert client.get("/health/ready").status_code == 200
    engine.sweeper.stop()
    assert client.get("/health/ready").status_code == 503


@pytest.mark.usefixtures("swept")
def test_a_store_that_fails_makes_it_unready_and_health_answers_on(client: Client, store: Store) -> None:
    def fails() -> None:
        raise StoreUnavailable("commit", "the disk is gone")

    store.befalls = fails
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["the store could not commit: the disk is gone"])
    assert client.get("/health").json()["ok"] is True
    store.befalls = lambda: None
    assert client.get("/health/ready").status_code == 200


@pytest.mark.usefixtures("swept")
def test_a_store_that_hangs_makes_it_unready_and_is_asked_once(
    client: Client, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "PATIENCE", 0.05)
    hang, asked = Event(), list[int]()

    def hangs() -> None:
        asked.append(1)
        hang.wait(10)

    store.befalls = hangs
    try:
        for _ in range(3):
            answer = client.get("/health/ready")
            assert (answer.status_code, "did not answer" in answer.json()["reasons"][0]) == (503, True)
        assert len(asked) == 1
    finally:
        hang.set()
    monkeypatch.setattr(standing, "PATIENCE", 5.0)
    store.befalls = lambda: None
    assert client.get("/health/ready").status_code == 200


def test_lag_is_counted_and_alone_makes_nothing_unready(client: Client, engine: Engine) -> None:
    engine.store.log.append([an_append(of(f"S{n}"), an_event()) for n in range(3)])
    found = client.get("/health/ready").json()
    assert found["lagging"]["inventory"] == 3
    assert not any("behind" in reason for reason in found["reasons"])


def test_lag_past_what_is_counted_makes_it_unready(
    client: Client, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("web.standing", "web.api.health"):
        monkeypatch.setattr(f"{module}.COUNTED_AT_MOST", 3)
    engine.store.log.append([an_append(of(f"S{n}"), an_event()) for n in range(5)])
    reasons = client.get("/health/ready").json()["reasons"]
    assert [reason for reason in reasons if "behind" in reason] == ["inventory is 3 streams or more behind the log"]


def test_a_stopped_stream_is_counted_and_makes_nothing_unready(client: Client, engine: Engine) -> None:
    engine.store.log.append([an_append(of("A"), an_event(type_="SaleRecorded", data=b"{}"))])
    for _ in range(3):
        engine.sweeper.sweep()
    engine.sweeper.start()
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["quarantined"]) == (200, 4)


def values(client: Client) -> dict[tuple[str, ...], float]:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_metrics_count_requests_by_route_and_status(client: Client) -> None:
    for path in ("/api/inventory/A/B", "/api/inventory/C", "/health", "/nowhere", "/elsewhere"):
        client.get(path)
    found = values(client)
    requests = "syncstate_http_requests_total"
    assert found[requests, "GET", "/api/inventory/{sku:path}", "404"] == 2
    assert found[requests, "GET", "/health", "200"] == 1
    assert found[requests, "GET", "none", "404"] == 2
    assert found["syncstate_http_request_seconds_count", "GET", "/api/inventory/{sku:path}"] == 2
    assert found["syncstate_http_request_seconds_bucket", "+Inf", "GET", "/health"] == 1


@pytest.mark.usefixtures("swept")
def test_metrics_tell_how_the_store_stands(client: Client, engine: Engine) -> None:
    tell(engine, of("A"), StockAdjusted(5, "opening"), ListingMapped("amazon", "A"))
    tell(engine, of("A"), ReturnReceived(1, "merchant", Disposition.CUSTOMER_DAMAGED))
    tell(engine, of("B", tenant="somebody-else"), StockAdjusted(5, "opening"), ListingMapped("amazon", "B"))
    noted(engine.store.registers, "default/webhook", ("given_up", MORNING), ("given_up", NOON))
    noted(engine.store.registers, "somebody-else/slack", ("given_up", MORNING), ("delivered", NOON))
    letters = DeadLetters(engine.store, engine.runner, system_clock)
    letters.keep("default", arrival(b"?", 1), "no JSON")
    letters.keep("somebody-else", arrival(b"?", 2), "no JSON")
    found = values(client)
    names = {name[0].removeprefix("syncstate_"): value for name, value in found.items() if len(name) == 1}
    assert {
        name: names[name]
        for name in (
            "events_appended_total",
            "notices_given_up_total",
            "queue",
            "due_broadcasts",
            "unread_alerts",
            "dead_letters",
            "quarantined_pairs",
            "sweeper_running",
        )
    } == {
        "events_appended_total": 5,
        "notices_given_up_total": 3,
        "queue": 0,
        "due_broadcasts": 1,
        "unread_alerts": 2,
        "dead_letters": 1,
        "quarantined_pairs": 0,
        "sweeper_running": 1,
    }
    assert found["syncstate_lagging_streams", "inventory"] == 0
    assert "somebody-else" not in client.get("/metrics").text


def test_metrics_of_the_process_are_told_while_the_store_is_away(
    engine: Engine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(create_app(services(Settings(store="memory"), engine, system_clock)))
    client.get("/health")

    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("read", "it is away")

    monkeypatch.setattr(store.models, "lagging", away)
    found = values(client)
    assert found["syncstate_http_requests_total", "GET", "/health", "200"] == 1
    assert ("syncstate_quarantined_pairs",) not in found
