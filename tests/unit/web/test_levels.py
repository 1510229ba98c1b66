"""Buffers and thresholds."""

from typing import Any
from urllib.parse import quote

import pytest

from processor.adapters.memory import MemoryStore
from processor.clock import system_clock
from processor.engine import Engine
from processor.log import Append
from stock.events import BroadcastAccepted
from stock.facts import fact
from stock.identities import channel_stream, sku
from tests.unit.web.client import Client
from web.services import Services

NASTY = ("A", "A/B", "/A", "A/", "A//B", "A#1", "100% wool", "%2F", "a?b=c&d", "é/ü", "A B", "..", "日本語", "👍🏽")


def in_path(name: str) -> str:
    return quote(name, safe="").replace(".", "%2E")


def opened(client: Client, name: str, quantity: int) -> None:
    assert client.post("/api/adjustments", {"sku": name, "count": quantity}).status_code == 200


def test_a_buffer_answers_with_what_it_leaves(client: Client, engine: Engine, parts: Services) -> None:
    opened(client, "A", 10)
    taken = fact(BroadcastAccepted(1, 10, 1), tx="1", at=system_clock(), source="test")
    engine.recorder.record([Append(channel_stream(parts.tenant, "amazon", sku("A")), (taken,))])
    answer = client.post("/api/buffer/A", {"bufferQty": "4"})
    assert answer.status_code == 200
    found = answer.json()
    assert found.pop("message") == "of 10 A, 4 are held back and 6 are shown"
    assert found == {
        "sku": "A",
        "physical": 10,
        "buffer": 4,
        "broadcast": 6,
        "lastBroadcast": 10,
        "pending": False,
    }
    assert client.get("/api/buffer/A").json() == answer.json()
    assert client.get("/api/inventory/A").json()["broadcast"] == 6


def test_a_buffer_may_be_set_before_anything_else_happened(client: Client) -> None:
    found = client.post("/api/buffer/A", {"bufferQty": 1_000_000}).json()
    assert (found["physical"], found["buffer"], found["broadcast"], found["lastBroadcast"]) == (0, 1_000_000, 0, None)
    opened(client, "A", 3)
    assert client.get("/api/buffer/A").json()["broadcast"] == 0


@pytest.mark.parametrize("name", NASTY)
def test_any_sku_has_its_levels_in_the_path_and_as_a_parameter(client: Client, name: str) -> None:
    at = in_path(name)
    assert client.post(f"/api/buffer/{at}", {"bufferQty": 2}).json()["sku"] == name
    assert client.ask("POST", "/api/buffer", params={"sku": name}, json={"bufferQty": 3}).json()["sku"] == name
    assert client.ask("POST", "/api/buffer/", params={"sku": name}, json={"bufferQty": 3}).json()["sku"] == name
    assert client.post(f"/api/threshold/{at}", {"threshold": 2}).json()["sku"] == name
    assert client.ask("POST", "/api/threshold", params={"sku": name}, json={"threshold": 4}).json()["sku"] == name
    for path, field, value in (("/api/buffer", "buffer", 3), ("/api/threshold", "threshold", 4)):
        answers = [client.get(f"{path}/{at}"), client.get(path, sku=name), client.get(f"{path}/", sku=name)]
        assert [(answer.json()["sku"], answer.json()[field]) for answer in answers] == [(name, value)] * 3
    assert client.get("/api/inventory").json()["totalSkus"] == 1


@pytest.mark.parametrize(
    "value", [-1, 1_000_001, 1.0, 1e3, True, None, "", " 5", "1.0", "-1", "1e3", "five", float("nan"), [], {}]
)
def test_what_is_no_level_is_400_with_a_hint_and_stores_nothing(client: Client, value: object) -> None:
    answer = client.post("/api/buffer/A", {"bufferQty": value})
    assert (answer.status_code, answer.json()["field"]) == (400, "bufferQty")
    assert answer.json()["hint"]
    if value is not None:
        assert client.post("/api/threshold/A", {"threshold": value}).status_code == 400
    assert client.get("/api/inventory").json()["totalSkus"] == 0


@pytest.mark.parametrize("path", ["/api/buffer", "/api/threshold"])
def test_a_sku_is_needed_and_must_be_one(client: Client, path: str) -> None:
    for answer in (
        client.get(path),
        client.get(f"{path}/"),
        client.get(f"{path}/%20"),
        client.get(f"{path}/" + "x" * 201),
        client.post(path, {"bufferQty": 1, "threshold": 1}),
        client.post(f"{path}/%0A", {"bufferQty": 1, "threshold": 1}),
    ):
        assert (answer.status_code, answer.json()["field"]) == (400, "sku")


@pytest.mark.parametrize("path", ["/api/buffer/NONE", "/api/threshold/NONE"])
def test_the_levels_of_an_unknown_sku_are_404(client: Client, path: str) -> None:
    assert (client.get(path).status_code, client.get(path).json()["code"]) == (404, "unknown_sku")


def test_the_sku_of_the_address_goes_before_one_in_the_body(client: Client) -> None:
    assert client.post("/api/buffer/A", {"bufferQty": 1, "sku": "B"}).json()["sku"] == "A"
    assert list(client.get("/api/inventory").json()["inventory"]) == ["A"]


def test_a_threshold_is_set_and_taken_away(client: Client) -> None:
    opened(client, "A", 10)
    found = client.post("/api/threshold/A", {"threshold": 3}).json()
    assert (found["threshold"], found["physical"], found["message"]) == (
        3,
        10,
        "stock of A counts as low at 3 units or fewer",
    )
    assert client.get("/api/threshold/A").json() == found
    gone = client.post("/api/threshold/A", {"threshold": None}).json()
    assert (gone["threshold"], gone["message"]) == (None, "stock of A never counts as low")
    assert client.get("/api/threshold/A").json()["threshold"] is None


def test_a_threshold_must_be_said(client: Client) -> None:
    answer = client.post("/api/threshold/A", {})
    assert (answer.status_code, answer.json()["field"]) == (400, "threshold")


@pytest.mark.parametrize(
    ("path", "one", "other"),
    [
        ("/api/buffer/A", {"bufferQty": 1}, {"bufferQty": 2}),
        ("/api/threshold/A", {"threshold": 1}, {"threshold": 2}),
    ],
)
def test_a_tx_counts_once_and_with_other_content_is_409(
    client: Client, path: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    client.post(path, one | {"tx": "t1"})
    client.post(path, other)
    again = client.post(path, one | {"tx": "t1"})
    assert (again.status_code, again.json()) == (200, client.get(path).json())
    conflict = client.post(path, other | {"tx": "t1"})
    assert (conflict.status_code, conflict.json()["code"], conflict.json()["version"]) == (409, "conflict", 2)
    assert client.get("/api/inventory/A").json()["version"] == 2


@pytest.mark.parametrize(("path", "body"), [("buffer", {"bufferQty": 1}), ("threshold", {"threshold": 1})])
def test_what_is_durable_but_not_counted_is_pending(
    client: Client, engine: Engine, path: str, body: dict[str, Any]
) -> None:
    assert isinstance(engine.store, MemoryStore)

    def unavailable(*_: object) -> list[bool]:
        raise RuntimeError("the models are away")

    engine.store.models.commit = unavailable  # type: ignore[method-assign, assignment]
    found = client.post(f"/api/{path}/A", body).json()
    assert (found["pending"], found["physical"], found["broadcast"]) == (True, None, None)
    assert "in a moment" in found["message"]
