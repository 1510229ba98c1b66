"""What operators state, as events."""

import json
from typing import Any

import pytest

from ingest.operators.facts import event_of, read_correction, read_fact, schema
from ingest.operators.payloads import Fact, Return
from ingest.outcome import Refused
from stock.dispositions import WORDS, Disposition
from stock.events import (
    BufferSet,
    ListingMapped,
    ListingUnmapped,
    LowStockThresholdSet,
    ReturnReceived,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
    StockEvent,
)
from tests.factories import NOON


def stated(type_: str, **fields: object) -> Fact:
    fact = read_fact({"type": type_, "sku": "A", **fields})
    assert isinstance(fact, Fact), fact
    return fact


def refused(type_: str, **fields: object) -> Refused:
    refusal = read_fact({"type": type_, "sku": "A", **fields})
    assert isinstance(refusal, Refused), refusal
    return refusal


@pytest.mark.parametrize(
    ("fields", "meant"),
    [
        ({"type": "sale", "quantity": 2, "order": "o1"}, SaleRecorded(2, order="o1")),
        ({"type": "sale", "quantity": "2", "orderId": 7}, SaleRecorded(2, order="7")),
        (
            {"type": "return", "quantity": 1, "disposition": "sellable", "pool": "fba", "reason": " DEFECT "},
            ReturnReceived(1, "fba", Disposition.SELLABLE, None, "DEFECT"),
        ),
        (
            {"type": "return", "quantity": 1, "disposition": "Customer  Damaged", "order": "o1", "reason": " "},
            ReturnReceived(1, "merchant", Disposition.CUSTOMER_DAMAGED, "o1"),
        ),
        ({"type": "sale", "quantity": 1, "orderId": " "}, SaleRecorded(1)),
        (
            {"type": "return", "quantity": 1, "disposition": "SELLABLE", "returnOrderId": "", "orderId": "o1"},
            ReturnReceived(1, "merchant", Disposition.SELLABLE, "o1"),
        ),
        ({"type": "adjustment", "delta": -5, "reason": "Loss"}, StockAdjusted(-5, "loss")),
        ({"type": "adjustment", "delta": "-5", "reason": "damage"}, StockAdjusted(-5, "damage")),
        ({"type": "count", "count": 0}, StockCounted(0)),
        ({"type": "buffer", "buffer": 3}, BufferSet(3)),
        ({"type": "buffer", "bufferQty": "1000000"}, BufferSet(1_000_000)),
        ({"type": "threshold", "threshold": 3}, LowStockThresholdSet(3)),
        ({"type": "threshold", "threshold": None}, LowStockThresholdSet(None)),
        ({"type": "mapping", "asin": " b000000001 "}, ListingMapped("amazon", "A", "B000000001")),
        (
            {"type": "mapping", "listing": 40000000000000001, "channel": "shopify", "productType": "SHIRT"},
            ListingMapped("shopify", "40000000000000001", None, "SHIRT"),
        ),
        ({"type": "unmapping"}, ListingUnmapped("amazon")),
    ],
)
def test_a_fact_means_its_event(fields: dict[str, Any], meant: StockEvent) -> None:
    assert stated(**{"type_": fields.pop("type"), **fields}).happened == meant


NO_NUMBERS = [True, 1.0, 2.5, 1e3, float("nan"), "1.0", "1e3", "", " 5", "5 ", "+1", "one", "٣", None, [1], {}, 10**30]


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0, -1, 1_000_001, "0", "-1", "1000001"])
def test_a_quantity_is_a_plain_integer_from_1(value: object) -> None:
    for kind, more in (("sale", {}), ("return", {"disposition": "SELLABLE"})):
        refusal = refused(kind, quantity=value, **more)
        assert (refusal.code, refusal.field) == ("invalid", "quantity")
        assert refusal.hint


@pytest.mark.parametrize("value", [v for v in (*NO_NUMBERS, -1, 1_000_001, "-0", "-1") if v is not None])
def test_a_level_is_a_plain_integer_from_0(value: object) -> None:
    for kind, field in (("buffer", "buffer"), ("threshold", "threshold"), ("count", "count")):
        refusal = refused(kind, **{field: value})
        assert (refusal.code, refusal.field) == ("invalid", field)
        assert refusal.hint


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0, "0", "-0", "--1", 1_000_001, -1_000_001])
def test_a_difference_is_a_plain_integer_and_never_0(value: object) -> None:
    refusal = refused("adjustment", delta=value, reason="loss")
    assert (refusal.code, refusal.field) == ("invalid", "delta")
    assert refusal.hint


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\x00b", "line\nbreak", None, 7, ["A"]])
def test_what_is_no_sku_is_refused(name: object) -> None:
    refusal = read_fact({"type": "count", "sku": name, "count": 1})
    assert isinstance(refusal, Refused)
    assert refusal.field == "sku"


@pytest.mark.parametrize("word", WORDS)
def test_every_word_for_a_disposition_is_read_whatever_its_form(word: str) -> None:
    plain, odd = (
        stated("return", quantity=1, disposition=given).happened
        for given in (word, f"  {word.lower().replace('_', '  ')}_ ")
    )
    assert plain == odd


@pytest.mark.parametrize("word", ["", "BROKEN", "SELL-ABLE", None, 3])
def test_another_word_for_a_disposition_is_refused_with_those_that_are_read(word: object) -> None:
    refusal = refused("return", quantity=1, disposition=word)
    assert refusal.field == "disposition"
    assert all(known in refusal.message for known in WORDS)


@pytest.mark.parametrize(
    ("type_", "fields", "field"),
    [
        ("sale", {}, "quantity"),
        ("sale", {"quantity": 1, "order": "x" * 201}, "order"),
        ("sale", {"quantity": 1, "tx": "x" * 201}, "tx"),
        ("sale", {"quantity": 1, "tx": 1.5}, "tx"),
        ("sale", {"quantity": 1, "occurredAt": "yesterday"}, "occurredAt"),
        ("sale", {"quantity": 1, "occurredAt": 1700000000}, "occurredAt"),
        ("sale", {"quantity": 1, "occurredAt": "0001-01-01T00:00:00+14:00"}, "occurredAt"),
        ("sale", {"quantity": 1, "occurredAt": "9999-12-31T23:59:59-14:00"}, "occurredAt"),
        ("return", {"quantity": 1}, "disposition"),
        ("return", {"quantity": 1, "disposition": "SELLABLE", "pool": "shelf"}, "pool"),
        ("return", {"quantity": 1, "disposition": "SELLABLE", "reason": "x" * 201}, "reason"),
        ("adjustment", {"delta": 1}, "reason"),
        ("adjustment", {"delta": 1, "reason": "mood"}, "reason"),
        ("count", {"count": 1, "expectedVersion": -1}, "expectedVersion"),
        ("count", {"count": 1, "expectedVersion": "1"}, "expectedVersion"),
        ("threshold", {}, "threshold"),
        ("mapping", {}, None),
        ("mapping", {"asin": "B000000001", "channel": "shopify"}, None),
        ("mapping", {"asin": "x" * 201}, "asin"),
        ("mapping", {"asin": "B0"}, "asin"),
        ("mapping", {"asin": "B00000000-"}, "asin"),
        ("mapping", {"asin": "B00000000\u00e9"}, "asin"),
        ("mapping", {"asin": "B00000000\u0661", "listing": "A"}, "asin"),
        ("mapping", {"asin": "B000000001", "channel": "ebay"}, "channel"),
        ("unmapping", {"channel": "ebay"}, "channel"),
        ("refund", {}, "type"),
    ],
)
def test_a_field_that_is_wrong_is_named(type_: str, fields: dict[str, Any], field: str | None) -> None:
    assert refused(type_, **fields).field == field


@pytest.mark.parametrize("given", [None, 3, "sale", [], {}, {"type": None}, {"type": []}, {"type": "Sale"}])
def test_what_states_nothing_is_refused(given: object) -> None:
    assert isinstance(read_fact(given), Refused)


def test_a_time_is_kept_in_utc_and_one_without_a_zone_is_in_it() -> None:
    times = ["2026-11-20T13:00:00+01:00", "2026-11-20T12:00:00Z", "2026-11-20T12:00:00", "2026-11-20 12:00"]
    assert {stated("sale", quantity=1, occurredAt=at).at for at in times} == {"2026-11-20T12:00:00.000000Z"}
    assert stated("sale", quantity=1, occurredAt="2026-11-20").at == "2026-11-20T00:00:00.000000Z"


def test_a_fact_is_dated_by_its_source_else_by_us() -> None:
    early = stated("sale", quantity=1, occurredAt="2026-11-19T12:00:00Z")
    assert event_of(early, NOON, "api", lambda: "1").occurred_at == "2026-11-19T12:00:00.000000Z"
    assert event_of(stated("sale", quantity=1), NOON, "api", lambda: "1").occurred_at == NOON


def test_a_fact_is_known_by_the_clients_tx_else_by_nothing_before() -> None:
    named = event_of(stated("sale", quantity=1, tx=9007199254740993), NOON, "api", lambda: "1")
    unnamed = event_of(stated("sale", quantity=1), NOON, "api", lambda: "1")
    assert (named.tx_id, named.correlation) == ("tx:9007199254740993", "9007199254740993")
    assert (unnamed.tx_id, unnamed.correlation) == ("tx:1", "1")


RETURN: dict[str, Any] = {
    "quantity": 1,
    "disposition": "SELLABLE",
    "order": "o1",
    "reason": "LATE",
    "returnedAt": "2026-11-20T12:00:00Z",
}


def test_a_return_is_known_by_all_it_tells() -> None:
    key = stated("return", **RETURN).key
    assert key is not None
    assert key.startswith("return:")
    same = {"returnOrderId": "o1", "order": None, "disposition": "sellable", "returnedAt": "2026-11-20T13:00:00+01:00"}
    assert stated("return", **RETURN | same).key == key
    others: list[dict[str, Any]] = [
        {"quantity": 2},
        {"disposition": "DAMAGED"},
        {"order": "o2"},
        {"reason": None},
        {"returnedAt": None},
        {"sku": "B"},
    ]
    assert key not in {stated("return", **RETURN | other).key for other in others}


def test_a_return_without_order_and_time_is_always_new_unless_it_has_a_tx() -> None:
    assert stated("return", **RETURN | {"order": None, "returnedAt": None}).key is None
    assert stated("return", **RETURN | {"tx": "t1"}).key == "tx:t1"


def test_the_order_that_is_not_null_is_the_returns() -> None:
    fact = stated("return", **RETURN | {"returnOrderId": "r1", "order": None, "orderId": "o1"})
    assert isinstance(fact, Return)
    assert fact.order == "r1"
    assert stated("return", quantity=1, disposition="SELLABLE", returnOrderId=None, orderId="o1").key is not None


@pytest.mark.parametrize(
    ("given", "field"), [({}, "delta"), ({"delta": 1, "count": 1}, "count"), ({"delta": None, "count": None}, "delta")]
)
def test_a_correction_is_either_a_difference_or_a_count(given: dict[str, Any], field: str) -> None:
    refusal = read_correction({"sku": "A", "reason": "loss", **given})
    assert isinstance(refusal, Refused)
    assert refusal.field == field
    assert refusal.hint


def test_a_null_beside_it_does_not_count() -> None:
    fact = read_correction({"sku": "A", "delta": None, "count": 3})
    assert isinstance(fact, Fact)
    assert fact.happened == StockCounted(3)


def test_a_schema_names_every_field_in_the_apis_own_words() -> None:
    buffer = schema("buffer", without=("sku",))
    assert set(buffer["properties"]) == {"tx", "occurredAt", "bufferQty"}
    assert buffer["required"] == ["bufferQty"]
    assert schema("count", tagged=True)["properties"]["type"] == {"const": "count"}
    assert "$ref" not in json.dumps([schema(kind) for kind in ("sale", "return", "adjustment", "mapping", "threshold")])
