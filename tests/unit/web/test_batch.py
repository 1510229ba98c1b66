import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from processor.engine import Engine
from processor.errors import StoreUnavailable
from tests.unit.web.client import Client
from web.app import create_app
from web.services import Services

PATH = "/api/batch"
MIB = 1024 * 1024
FACTS: list[object] = [
    {"type": "count", "sku": "A", "count": 10, "tx": "c1"},
    {"type": "sale", "sku": "A", "quantity": "3", "tx": "s1"},
    {"type": "sale", "sku": "A", "quantity": 0},
    {"type": "sale", "sku": "A", "quantity": 3, "tx": "s1"},
    {"type": "sale", "sku": "A", "quantity": 4, "tx": "s1"},
    {"type": "count", "sku": "A", "count": 10, "expectedVersion": 1},
    {"type": "mapping", "sku": "B/ #%", "asin": "B000000001"},
    {"type": "mapping", "sku": "B/ #%", "asin": "B000000001"},
]


def test_each_fact_is_answered_in_its_place(client: Client) -> None:
    answer = client.post(PATH, {"facts": FACTS})
    assert answer.status_code == 200
    found = answer.json()
    results = found.pop("results")
    assert found == {
        "ok": False,
        "recorded": 3,
        "buffered": 0,
        "duplicates": 2,
        "conflicts": 1,
        "stale": 1,
        "invalid": 1,
    }
    assert [(result["status"], result["version"]) for result in results] == [
        ("recorded", 1),
        ("recorded", 2),
        ("invalid", None),
        ("duplicate", 2),
        ("conflict", 2),
        ("stale", 2),
        ("recorded", 1),
        ("duplicate", None),
    ]
    assert [result["error"] is None for result in results] == [True, True, False, True, False, False, True, True]
    assert (results[2]["field"], results[2]["hint"] is None) == ("quantity", False)
    assert client.get("/api/inventory/A").json()["physical"] == 7


def test_a_batch_that_is_all_known_is_fine(client: Client) -> None:
    for recorded, duplicates in ((2, 0), (0, 2)):
        found = client.post(PATH, {"facts": FACTS[:2]}).json()
        assert (found["ok"], found["recorded"], found["duplicates"]) == (True, recorded, duplicates)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"facts": []}', b'{"facts": 1}'])
def test_a_body_that_cannot_be_read_is_400(client: Client, body: bytes) -> None:
    answer = client.post(PATH, body)
    assert (answer.status_code, answer.json()["ok"]) == (400, False)


def test_more_than_a_thousand_facts_are_400_and_none_is_stored(client: Client) -> None:
    fact = {"type": "sale", "sku": "A", "quantity": 1}
    answer = client.post(PATH, {"facts": [fact] * 1001})
    assert (answer.status_code, answer.json()["field"]) == (400, "facts")
    assert answer.json()["hint"]
    assert client.get("/api/inventory").json()["totalSkus"] == 0
    assert client.post(PATH, {"facts": [fact] * 1000}).json()["recorded"] == 1000


def test_a_batch_may_be_4_mib_long(client: Client) -> None:
    body = json.dumps({"facts": FACTS[:1]}).encode()
    assert client.post(PATH, body + b" " * (4 * MIB - len(body))).status_code == 200
    answer = client.post(PATH, body + b" " * (4 * MIB + 1 - len(body)))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


ROUTES: list[tuple[str, dict[str, Any]]] = [
    ("/webhook/shopify", {"items": [{"sku": "A", "quantity": 1}]}),
    ("/webhook/amazon/return", {"sku": "A", "quantity": 1, "disposition": "SELLABLE"}),
    ("/api/adjustments", {"sku": "A", "count": 1}),
    ("/api/buffer/A", {"bufferQty": 1}),
    ("/api/buffer?sku=A", {"bufferQty": 1}),
    ("/api/threshold/A", {"threshold": 1}),
    ("/api/mapping", {"sku": "A", "asin": "B000000001"}),
    ("/api/sku-mapping", {"sku": "A", "asin": "B000000001"}),
]


@pytest.mark.parametrize(("path", "payload"), ROUTES)
def test_every_other_body_may_be_256_kib_long(client: Client, path: str, payload: dict[str, Any]) -> None:
    body = json.dumps(payload).encode()
    too_long = body + b" " * (256 * 1024 + 1 - len(body))

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(too_long), 65536):
            yield too_long[start : start + 65536]

    headers = {"content-type": "application/json"}
    for content in (too_long, in_pieces()):
        answer = client.ask("POST", path, content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert client.get("/api/inventory").json()["totalSkus"] == 0
    assert client.post(path, body + b" " * (256 * 1024 - len(body))).status_code == 200


@pytest.mark.parametrize(("path", "payload"), [*ROUTES, (PATH, {"facts": FACTS[:1]})])
def test_a_store_that_is_away_is_503_and_says_when_to_come_again(
    client: Client, engine: Engine, path: str, payload: dict[str, Any]
) -> None:
    def away(*_: object) -> list[object]:
        raise StoreUnavailable("append", "the disk is full")

    engine.store.log.append = away  # type: ignore[method-assign, assignment]
    answer = client.post(path, payload)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


def test_the_description_names_every_body_and_promises_no_422(parts: Services) -> None:
    paths = create_app(parts).openapi()["paths"]
    for path in ("/api/batch", "/api/adjustments", "/api/buffer/{sku}", "/api/threshold", "/api/mapping"):
        operation = paths[path]["post"]
        assert "422" not in operation["responses"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert "$ref" not in json.dumps(schema)
    facts = paths["/api/batch"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]["facts"]
    assert {fact["properties"]["type"]["const"] for fact in facts["items"]["oneOf"]} >= {
        "sale",
        "return",
        "adjustment",
        "count",
        "buffer",
    }
