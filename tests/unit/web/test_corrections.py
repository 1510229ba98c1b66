from typing import Any

import pytest

from processor.adapters.memory import MemoryStore
from processor.engine import Engine
from tests.unit.web.client import Client

PATH = "/api/adjustments"


def post(client: Client, **body: Any) -> dict[str, Any]:
    answer = client.post(PATH, {"sku": "A", **body})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_count_opens_a_sku_and_answers_with_its_quantities(client: Client) -> None:
    found = post(client, count="10", tx="t1")
    assert found == {
        "ok": True,
        "sku": "A",
        "version": 1,
        "physical": 10,
        "buffer": 0,
        "broadcast": 10,
        "oversold": 0,
        "counted": True,
        "tx": "t1",
        "duplicate": False,
        "pending": False,
    }


def test_an_adjustment_adds_and_takes(client: Client) -> None:
    post(client, count=10)
    assert post(client, delta=5, reason="found")["physical"] == 15
    taken = post(client, delta="-20", reason="loss")
    assert (taken["physical"], taken["oversold"]) == (0, 5)


def test_an_adjustment_alone_does_not_open_a_sku_unless_it_is_its_opening(client: Client) -> None:
    found = post(client, delta=5, reason="found")
    assert (found["counted"], found["physical"]) == (False, 0)
    found = post(client, delta=5, reason="opening")
    assert (found["counted"], found["physical"]) == (True, 10)


def test_the_same_tx_again_is_a_duplicate_with_the_present_quantities(client: Client) -> None:
    post(client, count=10)
    post(client, delta=-1, reason="loss", tx="t1")
    post(client, delta=-1, reason="loss", tx="t2")
    again = post(client, delta=-1, reason="loss", tx="t1")
    assert (again["duplicate"], again["physical"], again["version"]) == (True, 8, 3)


def test_without_a_tx_each_is_new_and_gets_one_of_its_own(client: Client) -> None:
    first, second = (post(client, delta=1, reason="found") for _ in range(2))
    assert first["tx"] != second["tx"]
    assert (first["version"], second["version"]) == (1, 2)


@pytest.mark.parametrize("body", [{"delta": -2, "reason": "loss"}, {"delta": -1, "reason": "damage"}, {"count": 9}])
def test_a_tx_with_other_content_is_409(client: Client, body: dict[str, Any]) -> None:
    post(client, count=10)
    post(client, delta=-1, reason="loss", tx="t1")
    answer = client.post(PATH, {"sku": "A", "tx": "t1", **body})
    found = answer.json()
    assert (answer.status_code, found["ok"], found["code"], found["field"]) == (409, False, "conflict", "tx")
    assert (found["physical"], found["version"]) == (9, 2)
    assert found["hint"]


def test_a_stream_that_has_moved_is_409_with_the_present_quantities(client: Client) -> None:
    post(client, count=10)
    post(client, delta=-1, reason="loss")
    answer = client.post(PATH, {"sku": "A", "count": 4, "expectedVersion": 1})
    found = answer.json()
    assert (answer.status_code, found["code"], found["field"]) == (409, "stale", "expectedVersion")
    assert (found["physical"], found["broadcast"], found["version"]) == (9, 9, 2)
    assert post(client, count=4, expectedVersion=found["version"])["physical"] == 4
    assert post(client, count=3)["version"] == 4


def test_a_sku_that_nothing_happened_to_is_at_version_0(client: Client) -> None:
    answer = client.post(PATH, {"sku": "A", "count": 4, "expectedVersion": 1})
    assert (answer.status_code, answer.json()["version"], answer.json()["counted"]) == (409, 0, False)
    assert post(client, count=4, expectedVersion=0)["version"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sku": "A"}, "delta"),
        ({"sku": "A", "delta": 1, "reason": "loss", "count": 1}, "count"),
        ({"sku": "A", "delta": 1}, "reason"),
        ({"sku": "A", "delta": 1, "reason": "mood"}, "reason"),
        ({"sku": "A", "delta": 0, "reason": "loss"}, "delta"),
        ({"sku": "A", "delta": 1.0, "reason": "loss"}, "delta"),
        ({"sku": "A", "count": -1}, "count"),
        ({"sku": "A", "count": "1.0"}, "count"),
        ({"sku": "A", "count": True}, "count"),
        ({"sku": "", "count": 1}, "sku"),
        ({"count": 1}, "sku"),
        ({"sku": "A", "count": 1, "expectedVersion": 1.5}, "expectedVersion"),
    ],
)
def test_bad_input_is_400_and_stores_nothing(client: Client, body: dict[str, Any], field: str) -> None:
    answer = client.post(PATH, body)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "invalid", field)
    assert client.get("/api/inventory").json()["totalSkus"] == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"null", b'"A"', b'{"sku": "A", "count": NaN}'])
def test_what_is_no_object_is_400(client: Client, body: bytes) -> None:
    assert client.post(PATH, body).status_code == 400


def test_a_correction_that_is_durable_but_not_counted_is_pending(client: Client, engine: Engine) -> None:
    assert isinstance(engine.store, MemoryStore)

    def unavailable(*_: object) -> list[bool]:
        raise RuntimeError("the models are away")

    engine.store.models.commit = unavailable  # type: ignore[method-assign, assignment]
    found = post(client, count=3)
    assert (found["pending"], found["physical"], found["version"], found["duplicate"]) == (True, None, None, False)
    del engine.store.models.commit
    engine.sweeper.sweep()
    assert client.get("/api/inventory/A").json()["physical"] == 3
