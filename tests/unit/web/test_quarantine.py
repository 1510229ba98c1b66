"""What is stopped can be seen with its event, and set going again, by its own tenant alone."""

import msgspec

from processor.adapters.memory import MemoryStore
from processor.engine import Engine
from processor.log import Append
from processor.streams import StreamId
from stock.identities import sku, sku_stream
from tests.factories import a_sale
from tests.unit.web.client import Client
from web.services import Services

OURS, THEIRS = sku_stream("default", sku("MUG/BLUE #1")), sku_stream("other", sku("A"))


def poison(engine: Engine, stream: StreamId) -> None:
    """Append a sale, one whose content is damaged, and another; let the first stop every projection."""
    damaged = msgspec.structs.replace(a_sale(), data=b'{"quantity":-1}', tx_id="bad")
    engine.store.log.append([Append(stream, (a_sale(), damaged, a_sale()))])
    for _ in range(4):
        engine.sweeper.sweep()


def mend(engine: Engine, stream: StreamId) -> None:
    """Put the damaged event right, as its administrator would in the database."""
    assert isinstance(engine.store, MemoryStore)
    events = engine.store.log._events[stream]  # noqa: SLF001 - there is no way for a program to change an event
    events[1] = msgspec.structs.replace(events[1], data=b'{"quantity":1}')


def test_what_is_stopped_is_listed_for_its_tenant(engine: Engine, client: Client) -> None:
    assert client.get("/api/quarantine").json() == {"count": 0, "quarantined": []}
    poison(engine, OURS)
    poison(engine, THEIRS)
    found = client.get("/api/quarantine").json()
    assert found["count"] == len(found["quarantined"]) >= 3
    assert {(pair["stream"], pair["version"]) for pair in found["quarantined"]} == {(str(OURS), 2)}
    assert "inventory" in {pair["projection"] for pair in found["quarantined"]}


def test_one_is_shown_with_its_event_and_what_waits(engine: Engine, client: Client) -> None:
    poison(engine, OURS)
    found = client.get(f"/api/quarantine/inventory/{str(OURS).replace('#', '%23')}").json()
    assert (found["version"], found["waiting"]) == (2, 1)
    assert "quantity" in found["error"]
    event = found["event"]
    assert (event["type"], event["schema"], event["data"], event["tx"]) == ("SaleRecorded", 1, {"quantity": -1}, "bad")


def test_what_is_not_stopped_or_another_s_is_unknown(engine: Engine, client: Client) -> None:
    poison(engine, THEIRS)
    for path in ("inventory/default/sku/A", f"inventory/{THEIRS}", f"nothing/{THEIRS}", "inventory/x"):
        answer = client.get(f"/api/quarantine/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_quarantined")
    answer = client.post("/api/quarantine/redrive", {"projection": "inventory", "stream": str(THEIRS)})
    assert answer.status_code == 404
    assert client.post("/api/quarantine/redrive", {"all": True}).json()["count"] == 0
    assert len(list(engine.quarantine.stopped("other"))) >= 3


def test_one_that_fails_again_says_so_and_stops_again(engine: Engine, client: Client) -> None:
    poison(engine, OURS)
    [pair] = client.post("/api/quarantine/redrive", {"projection": "inventory", "stream": str(OURS)}).json()["redriven"]
    assert (pair["version"], "quantity" in pair["error"]) == (2, True)
    for _ in range(4):
        engine.sweeper.sweep()
    assert "inventory" in {stopped.projection for stopped in engine.quarantine.stopped("default")}


def test_once_mended_all_go_on_with_nothing_lost(engine: Engine, client: Client, parts: Services) -> None:
    poison(engine, OURS)
    stopped = client.get("/api/quarantine").json()["count"]
    mend(engine, OURS)
    redriven = client.post("/api/quarantine/redrive", {"all": True}).json()
    assert (redriven["count"], {pair["error"] for pair in redriven["redriven"]}) == (stopped, {None})
    assert client.get("/api/quarantine").json()["count"] == 0
    found = parts.inventory.one("default", sku("MUG/BLUE #1"))
    assert found is not None
    assert found.version == 3


def test_a_redrive_names_one_or_all(client: Client) -> None:
    both: dict[str, object] = {"all": True, "projection": "inventory"}
    for body in ({}, both, {"all": True, "stream": "x"}, {"all": False}, {"stream": "x"}, [1], b"{"):
        answer = client.post("/api/quarantine/redrive", body)
        assert answer.status_code == 400, body
        assert answer.json()["error"]


def test_reading_a_damaged_ledger_says_where_to_look(engine: Engine, client: Client) -> None:
    poison(engine, OURS)
    answer = client.get(f"/api/events/{OURS.key.replace('#', '%23')}")
    assert (answer.status_code, answer.json()["code"]) == (500, "unreadable")
    assert "quarantine" in answer.json()["hint"]
