"""The rules of every way in, over HTTP, in every mode."""

import json
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from processor.engine import Engine
from stock.dispositions import WORDS
from tests.integration.http.conftest import FUNCTIONS
from tests.payloads import a_line, an_order_body, shopify_headers
from tests.unit.web.client import Client, Posting

SIMPLE, RETURN, BATCH = "/webhook/shopify", "/webhook/amazon/return", "/api/batch"
ADJUST, MAP = "/api/adjustments", "/api/mapping"
KIB = 1024
SKUS = ("A", "A/B", "/A/", "A#1", "100% wool", "%2F", "a?b=c&d", "é ü/日本語", "👍🏽", "'; --", "..", "x" * 200)

Post = Callable[..., httpx.Response]


def stored(engine: Engine) -> int:
    """Count the events of every stream, but for what a mapping notes beside its SKU: which SKU the listing has."""
    log = engine.store.log
    return sum(log.heads([s for s in log.streams() if not s.key.startswith("amazon:listing:")]).values())


def fine(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def simple(sku: object = "A", quantity: object = 1, **more: Any) -> dict[str, Any]:
    return {"items": [{"sku": sku, "quantity": quantity}], **more}


def a_return(**more: Any) -> dict[str, Any]:
    return {"sku": "A", "quantity": 1, "disposition": "SELLABLE", **more}


def in_path(sku: str) -> str:
    return quote(sku, safe="").replace(".", "%2E")


NO_QUANTITIES: list[object] = [-1, 1_000_001, 1.0, 1e3, True, None, "", " 5", "1.0", "-1", "1e3", float("nan"), [1]]


@pytest.mark.parametrize("value", NO_QUANTITIES)
def test_what_is_no_quantity_is_400_everywhere_and_stores_nothing(
    client: Client, engine: Engine, value: object
) -> None:
    asked: list[tuple[str, dict[str, Any], str]] = [
        (SIMPLE, simple(quantity=value), "items[0].quantity"),
        (RETURN, a_return(quantity=value), "quantity"),
        ("/api/buffer/A", {"bufferQty": value}, "bufferQty"),
    ]
    if value is not None:
        asked += [
            (ADJUST, {"sku": "A", "count": value}, "count"),
            ("/api/threshold/A", {"threshold": value}, "threshold"),
        ]
    for path, body, field in asked:
        answer = client.post(path, body)
        error = answer.json()
        assert (answer.status_code, error["code"], error["field"]) == (400, "invalid", field), path
        assert error["hint"], path
    [result] = fine(client.post(BATCH, {"facts": [{"type": "sale", "sku": "A", "quantity": value}]}))["results"]
    assert (result["status"], result["field"], result["hint"] is None) == ("invalid", "quantity", False)
    assert stored(engine) == 0


@pytest.mark.parametrize("value", [1, "1", "0000001", 1_000_000, "1000000"])
def test_a_quantity_is_an_integer_or_its_decimal_string(client: Client, value: int | str) -> None:
    meant = int(value)
    assert fine(client.post(SIMPLE, simple(quantity=value, orderId="init-1")))["inventoryAfter"] == {"A": meant}
    assert fine(client.post(RETURN, a_return(quantity=value)))["inventoryAfter"] == 2 * meant
    assert fine(client.post("/api/buffer/A", {"bufferQty": value}))["buffer"] == meant
    assert fine(client.post("/api/threshold/A", {"threshold": value}))["threshold"] == meant
    assert fine(client.post(ADJUST, {"sku": "A", "count": value}))["physical"] == meant
    fine(client.post(BATCH, {"facts": [{"type": "sale", "sku": "A", "quantity": value}]}))
    assert fine(client.get("/api/inventory/A"))["physical"] == 0


def test_nothing_of_zero_is_stored_in_the_simple_payload_and_refused_elsewhere(client: Client, engine: Engine) -> None:
    found = fine(client.post(SIMPLE, simple(quantity=0, orderId="o1")))
    assert (found["queued"], found["inventoryAfter"]) == (1, {"A": 0})
    assert client.post(RETURN, a_return(quantity=0)).status_code == 400
    assert stored(engine) == 0
    assert fine(client.post("/api/buffer/A", {"bufferQty": 0}))["buffer"] == 0


@pytest.mark.parametrize("sku", SKUS)
def test_any_sku_comes_in_by_every_way_and_is_one(client: Client, sku: str) -> None:
    at = in_path(sku)
    fine(client.post(ADJUST, {"sku": f"  {sku} ", "count": 10}))
    fine(client.post(SIMPLE, simple(sku, 1, orderId="o1")))
    fine(client.post(RETURN, a_return(sku=sku)))
    fine(client.post(f"/api/buffer/{at}", {"bufferQty": 2}))
    fine(client.ask("POST", "/api/threshold", params={"sku": sku}, json={"threshold": 1}))
    fine(client.post(MAP, {"sku": sku, "asin": "B000000001"}))
    assert fine(client.post(BATCH, {"facts": [{"type": "sale", "sku": sku, "quantity": 2}]}))["recorded"] == 1
    assert fine(client.get("/api/inventory"))["totalSkus"] == 1
    found = fine(client.get(f"/api/inventory/{at}"))
    assert (found["sku"], found["physical"], found["broadcast"], found["version"]) == (sku, 8, 6, 7)
    assert fine(client.get("/api/buffer", sku=sku)) == fine(client.get(f"/api/buffer/{at}"))
    assert fine(client.get(f"{MAP}/{at}"))["listing"] == sku
    fine(client.ask("DELETE", f"{MAP}/{at}"))


@pytest.mark.parametrize("sku", ["", "   ", "x" * 201, "a\x00b", "line\nbreak", "\u200b", None, 7])
def test_what_is_no_sku_is_400_everywhere_and_stores_nothing(client: Client, engine: Engine, sku: object) -> None:
    for path, body, field in (
        (SIMPLE, simple(sku), "items[0].sku"),
        (RETURN, a_return(sku=sku), "sku"),
        (ADJUST, {"sku": sku, "count": 1}, "sku"),
        (MAP, {"sku": sku, "asin": "B000000001"}, "sku"),
    ):
        answer = client.post(path, body)
        assert (answer.status_code, answer.json()["field"]) == (400, field), path
    if isinstance(sku, str):
        named = client.ask("POST", "/api/buffer", params={"sku": sku}, json={"bufferQty": 1})
        assert (named.status_code, named.json()["field"]) == (400, "sku")
        assert client.post(f"/api/buffer/{in_path(sku)}", {"bufferQty": 1}).is_client_error
    assert stored(engine) == 0


def test_a_sale_is_known_by_order_sku_and_occurrence(client: Client, engine: Engine) -> None:
    fine(client.post(SIMPLE, simple(quantity=10, orderId="init-1")))
    order = {"orderId": "o1", "items": [{"sku": "A", "quantity": 1}, {"sku": "A", "quantity": 1}]}
    assert fine(client.post(SIMPLE, order))["inventoryAfter"] == {"A": 8}
    again = fine(client.post(SIMPLE, order))
    assert (again["duplicates"], again["inventoryAfter"]) == (2, {"A": 8})
    for _ in range(2):
        fine(client.post(SIMPLE, simple()))
    assert fine(client.get("/api/inventory/A"))["physical"] == 6
    assert stored(engine) == 5


def test_an_order_that_begins_with_init_adds(client: Client) -> None:
    for order in ("init-1", "init-1", "init-2"):
        fine(client.post(SIMPLE, simple(quantity=5, orderId=order)))
    assert fine(client.get("/api/inventory/A"))["physical"] == 10


def test_one_invalid_line_refuses_its_order(client: Client, engine: Engine) -> None:
    lines = [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": -1}]
    answer = client.post(SIMPLE, {"orderId": "o1", "items": lines})
    assert (answer.status_code, answer.json()["field"]) == (400, "items[1].quantity")
    assert stored(engine) == 0


def test_one_conflicting_line_does_not_spoil_the_others(client: Client) -> None:
    fine(client.post(SIMPLE, simple(quantity=1, orderId="o1")))
    lines = [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 1}]
    answer = client.post(SIMPLE, {"orderId": "o1", "items": lines})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert [line["status"] for line in answer.json()["results"]] == ["conflict", "recorded"]
    assert fine(client.get("/api/inventory/B"))["version"] == 1


RETURNED = {"returnOrderId": "r1", "reason": "LATE", "returnedAt": "2026-11-20T10:00:00Z"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"tx": "t1"}, {"tx": "t1"}, True),
        ({"tx": "t1"}, {"tx": "t2"}, False),
        (RETURNED, RETURNED, True),
        (RETURNED, {**RETURNED, "returnedAt": "2026-11-20T11:00:00+01:00"}, True),
        (RETURNED, {**RETURNED, "returnOrderId": None, "orderId": "r1"}, True),
        (RETURNED, {**RETURNED, "disposition": "sellable"}, True),
        (RETURNED, {**RETURNED, "returnOrderId": "r2"}, False),
        (RETURNED, {**RETURNED, "quantity": 2}, False),
        (RETURNED, {**RETURNED, "disposition": "EXPIRED"}, False),
        (RETURNED, {**RETURNED, "reason": None}, False),
        (RETURNED, {**RETURNED, "returnedAt": None}, False),
        ({"returnOrderId": "r1"}, {"returnOrderId": "r1"}, True),
        ({"returnedAt": "2026-11-20"}, {"returnedAt": "2026-11-20T00:00:00Z"}, True),
        ({"reason": "LATE"}, {"reason": "LATE"}, False),
        ({}, {}, False),
    ],
)
def test_a_return_is_known_by_its_tx_else_by_all_it_tells(
    client: Client, engine: Engine, one: dict[str, Any], other: dict[str, Any], *, same: bool
) -> None:
    assert fine(client.post(RETURN, a_return(**one)))["processed"] is True
    again = fine(client.post(RETURN, a_return(**other)))
    assert (again["processed"], again["action"] == "skipped") == (not same, same)
    by_batch = fine(client.post(BATCH, {"facts": [{"type": "return", **a_return(**other)}]}))
    known = same or "tx" in other or other.get("returnOrderId") is not None or other.get("returnedAt") is not None
    assert by_batch["duplicates"] == int(known)
    assert stored(engine) == 1 + (not same) + (not known)


@pytest.mark.parametrize("word", WORDS)
def test_a_disposition_is_read_whatever_its_form(client: Client, engine: Engine, word: str) -> None:
    for order, form in enumerate((word, word.lower(), word.replace("_", " "), f" {word}_")):
        assert fine(client.post(RETURN, a_return(disposition=form, orderId=order)))["processed"]
    [kind] = {event["data"]["disposition"] for event in fine(client.get("/api/events/A"))["events"]}
    assert stored(engine) == 4
    assert kind in WORDS


def test_another_word_is_400_and_lists_those_that_are_read(client: Client, engine: Engine) -> None:
    answer = client.post(RETURN, a_return(disposition="BROKEN"))
    assert answer.status_code == 400
    assert all(word in answer.json()["error"] for word in WORDS)
    assert stored(engine) == 0


@pytest.mark.parametrize(
    ("path", "one", "other"),
    [
        (RETURN, a_return(), a_return(quantity=2)),
        (RETURN, a_return(), a_return(pool="fba")),
        (ADJUST, {"sku": "A", "delta": 1, "reason": "found"}, {"sku": "A", "delta": 2, "reason": "found"}),
        (ADJUST, {"sku": "A", "count": 1}, {"sku": "A", "delta": 1, "reason": "found"}),
        ("/api/buffer/A", {"bufferQty": 1}, {"bufferQty": 2}),
        ("/api/threshold/A", {"threshold": 1}, {"threshold": None}),
        (MAP, {"sku": "A", "asin": "B000000001"}, {"sku": "A", "asin": "B000000002"}),
    ],
)
def test_a_clients_tx_counts_once_and_is_409_with_other_content(
    client: Client, engine: Engine, path: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    long = "t" * 200
    for tx in ("t1", 9007199254740993, long):
        before = stored(engine)
        fine(client.post(path, {**one, "tx": tx}))
        fine(client.post(path, {**one, "tx": str(tx)}))
        answer = client.post(path, {**other, "tx": tx})
        error = answer.json()
        assert (answer.status_code, error["ok"], error["code"], error["field"]) == (409, False, "conflict", "tx")
        assert (error["sku"], error["hint"] is None) == ("A", False)
        assert stored(engine) == before + 1


def test_a_count_that_others_overtook_is_409_with_the_present_quantities(client: Client, engine: Engine) -> None:
    fine(client.post(ADJUST, {"sku": "A", "count": 10}))
    fine(client.post(SIMPLE, simple(quantity=3, orderId="o1")))
    answer = client.post(ADJUST, {"sku": "A", "count": 9, "expectedVersion": 1})
    error = answer.json()
    assert (answer.status_code, error["code"], error["physical"], error["version"]) == (409, "stale", 7, 2)
    assert fine(client.post(ADJUST, {"sku": "A", "count": 9, "expectedVersion": 2, "tx": "c"}))["physical"] == 9
    assert fine(client.post(ADJUST, {"sku": "A", "count": 9, "expectedVersion": 2, "tx": "c"}))["duplicate"] is True
    assert stored(engine) == 3


def test_of_counts_at_once_at_one_version_one_holds(client: Client, engine: Engine) -> None:
    fine(client.post(ADJUST, {"sku": "A", "count": 10}))
    bodies: list[Posting] = [
        (json.dumps({"sku": "A", "count": n, "expectedVersion": 1}).encode(), {}) for n in range(20)
    ]
    answers = client.post_at_once(ADJUST, bodies)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
    [winner] = [answer.json()["physical"] for answer in answers if answer.status_code == 200]
    assert fine(client.get("/api/inventory/A"))["physical"] == winner
    assert stored(engine) == 2


def test_one_fact_sent_twenty_times_at_once_counts_once(client: Client, engine: Engine) -> None:
    body = json.dumps(a_return(**RETURNED)).encode()
    answers = client.post_at_once(RETURN, [(body, {})] * 20)
    assert Counter(answer.json()["processed"] for answer in answers) == {True: 1, False: 19}
    assert stored(engine) == 1


def test_each_of_many_adjustments_at_once_gets_its_own_numbers(client: Client, mode: str) -> None:
    """Where several functions fold one SKU, another one may have folded it first: then the numbers are pending."""
    fine(client.post(ADJUST, {"sku": "A", "count": 100}))
    body = json.dumps({"sku": "A", "delta": -1, "reason": "loss"}).encode()
    answers = [fine(answer) for answer in client.post_at_once(ADJUST, [(body, {})] * 50)]
    told = [answer for answer in answers if not answer["pending"]]
    assert mode in FUNCTIONS or len(told) == 50
    assert len({answer["physical"] for answer in told}) == len(told)
    assert all(answer["physical"] == 101 - answer["version"] for answer in told)
    assert fine(client.get("/api/inventory/A"))["physical"] == 50


def test_a_mapping_that_is_told_again_is_no_event(client: Client, engine: Engine) -> None:
    for path in (MAP, "/api/sku-mapping", MAP):
        assert fine(client.post(path, {"sku": "A", "asin": "b000000001"}))["asin"] == "B000000001"
    assert stored(engine) == 1
    fine(client.ask("DELETE", f"{MAP}/A"))
    assert client.ask("DELETE", f"{MAP}/A").status_code == 404
    assert fine(client.post(MAP, {"sku": "A", "asin": "B000000001"}))["duplicate"] is False
    assert stored(engine) == 3


def test_an_alert_is_read_once(client: Client, engine: Engine) -> None:
    alert = fine(client.post(RETURN, a_return(disposition="DAMAGED", sku="A/ #%é")))["alert"]
    assert (alert["sku"], alert["read"]) == ("A/ #%é", False)
    for _ in range(3):
        assert fine(client.post(f"/api/alerts/{quote(alert['id'], safe='')}/read", b""))["read"] is True
    assert fine(client.get("/api/alerts/unread"))["count"] == 0
    assert client.post("/api/alerts/nothing%2Fat%20all/read", b"").status_code == 404
    assert stored(engine) == 2


def test_a_batch_stores_its_valid_facts_alone(client: Client, engine: Engine) -> None:
    facts: list[Any] = [
        {"type": "count", "sku": "A", "count": 10, "tx": "c"},
        {"type": "sale", "sku": "A", "quantity": 1, "tx": "s"},
        {"type": "sale", "sku": "A", "quantity": 1, "tx": "s"},
        {"type": "sale", "sku": "A", "quantity": 2, "tx": "s"},
        {"type": "sale", "sku": "A", "quantity": 0},
        {"type": "count", "sku": "A", "count": 1, "expectedVersion": 0},
        {"type": "adjustment", "sku": "A", "delta": -1, "reason": "loss"},
        {"type": "return", "sku": "B/ #", "quantity": 1, "disposition": "sellable"},
        {"type": "buffer", "sku": "A", "buffer": 2},
        {"type": "threshold", "sku": "A", "threshold": 2},
        {"type": "mapping", "sku": "A", "asin": "B000000001"},
        "sale",
    ]
    found = fine(client.post(BATCH, {"facts": facts}))
    statuses = [result["status"] for result in found["results"]]
    wanted = ["recorded", "recorded", "duplicate", "conflict", "invalid", "stale"] + ["recorded"] * 5 + ["invalid"]
    assert statuses == wanted
    assert (found["ok"], found["recorded"], found["duplicates"], found["conflicts"]) == (False, 7, 1, 1)
    assert (found["stale"], found["invalid"]) == (1, 2)
    assert [r["version"] for r in found["results"]] == [1, 2, 2, 2, None, 2, 3, 1, 4, 5, 6, None]
    assert fine(client.get("/api/inventory/A"))["broadcast"] == 6
    assert stored(engine) == 7


def test_large_batches_at_once_count_each_fact_once(client: Client, engine: Engine, mode: str) -> None:
    """A thousand facts each; fewer where an emulator would need a minute for them."""
    most = 200 if mode in FUNCTIONS else 1000
    facts = [{"type": "sale", "sku": f"S{n % 7}", "quantity": 1, "tx": f"t{n}"} for n in range(most)]
    halves = (facts, facts[::-1], facts[most // 2 :])
    bodies: list[Posting] = [(json.dumps({"facts": part}).encode(), {}) for part in halves]
    found = [fine(answer) for answer in client.post_at_once(BATCH, bodies)]
    assert sum(answer["recorded"] for answer in found) == most
    assert sum(answer["duplicates"] for answer in found) == most * 3 // 2
    assert stored(engine) == most


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 5000, b'"', b"nul", b'{"sku": "\\ud800"}'])
@pytest.mark.parametrize(
    "path", [SIMPLE, RETURN, BATCH, ADJUST, MAP, "/api/sku-mapping", "/api/buffer/A", "/api/threshold/A"]
)
def test_what_is_no_json_is_400(client: Client, engine: Engine, path: str, body: bytes) -> None:
    answer = client.post(path, body)
    assert (answer.status_code, answer.json()["code"], answer.json()["ok"]) == (400, "invalid_json", False)
    assert stored(engine) == 0


@pytest.mark.parametrize(
    ("path", "limit"),
    [(SIMPLE, 256), (RETURN, 256), (ADJUST, 256), (MAP, 256), ("/api/buffer/A", 256), (BATCH, 4096)],
)
def test_a_body_over_its_limit_is_413(client: Client, engine: Engine, path: str, limit: int) -> None:
    answer = client.post(path, b" " * (limit * KIB + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert client.post(path, b" " * (limit * KIB)).json()["code"] == "invalid_json"
    assert stored(engine) == 0


def test_a_signed_order_may_be_longer(client: Client) -> None:
    body = an_order_body(*(a_line(number, "A", 1, name="x" * 3000) for number in range(500)))
    assert len(body) > 1024 * KIB
    assert fine(client.post(SIMPLE, body, shopify_headers(body)))["queued"] == 500
    wrong = client.post(SIMPLE, body, shopify_headers(body, signer="guessed"))
    assert (wrong.status_code, wrong.json()["code"]) == (401, "unauthorized")


def test_ids_beyond_2_to_the_53rd_survive(client: Client) -> None:
    big = b"9007199254740993"
    fine(client.post(SIMPLE, b'{"orderId": ' + big + b', "items": [{"sku": "A", "quantity": 1}]}'))
    fine(client.post(RETURN, b'{"sku":"A","quantity":1,"disposition":"SELLABLE","returnOrderId":' + big + b"}"))
    fine(client.post(BATCH, b'{"facts":[{"type":"sale","sku":"A","quantity":1,"orderId":' + big + b',"tx":1}]}'))
    orders = {event["data"]["order"] for event in fine(client.get("/api/events/A"))["events"]}
    assert orders == {big.decode()}


def test_times_are_iso_8601_in_utc(client: Client) -> None:
    fine(client.post(RETURN, a_return(returnedAt="2026-11-20T23:30:00-05:00")))
    made = fine(client.post(MAP, {"sku": "A", "asin": "B000000001"}))
    [returned, _] = fine(client.get("/api/events/A"))["events"]
    assert returned["occurredAt"] == "2026-11-21T04:30:00.000000Z"
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", at) for at in (made["mappedAt"], returned["recordedAt"]))


def test_what_is_answered_503_may_be_sent_again(client: Client, engine: Engine) -> None:
    facts = {"facts": [{"type": "sale", "sku": "A", "quantity": 1, "tx": f"t{n}"} for n in range(3)]}
    fine(client.post(BATCH, facts))
    engine.recorder.close()
    for path, body in ((BATCH, facts), (ADJUST, {"sku": "A", "count": 1}), (RETURN, a_return())):
        answer = client.post(path, body)
        assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "unavailable", "1")
    assert stored(engine) == 3


def test_batches_and_orders_at_once_leave_what_is_left(client: Client) -> None:
    fine(client.post(ADJUST, {"sku": "A", "count": 1000}))
    orders = [(SIMPLE, simple(quantity=1, orderId=f"o{n}")) for n in range(30)]
    batches = [(BATCH, {"facts": [{"type": "sale", "sku": "A", "quantity": 1}] * 10}) for _ in range(10)]
    returns = [(RETURN, a_return(orderId=f"r{n}")) for n in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda asked: fine(client.post(*asked)), orders + batches + returns))
    assert fine(client.get("/api/inventory/A"))["physical"] == 1000 - 30 - 100 + 20
