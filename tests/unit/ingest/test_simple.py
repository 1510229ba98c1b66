import json

import pytest

from ingest.operators.simple import SimpleDoor
from ingest.outcome import Refused, Taken
from processor.engine import Engine
from stock.events import SaleRecorded, StockAdjusted
from tests.payloads import a_simple_body
from tests.unit.ingest.conftest import TENANT
from tests.unit.ingest.stock_of import everything_stored, facts_of


def taken(outcome: Taken | Refused) -> Taken:
    assert isinstance(outcome, Taken), outcome
    return outcome


def test_an_order_sells_each_of_its_items(simple: SimpleDoor, engine: Engine) -> None:
    outcome = taken(simple.receive(TENANT, a_simple_body(("A", 2), ("B/ #%", 1), order="o1")))
    assert outcome.tx == "o1"
    assert [item.status for item in outcome.items] == ["recorded", "recorded"]
    assert facts_of(engine, "A") == [SaleRecorded(2, order="o1")]
    assert facts_of(engine, "B/ #%") == [SaleRecorded(1, order="o1")]


def test_the_same_order_again_counts_once(simple: SimpleDoor, engine: Engine) -> None:
    body = a_simple_body(("A", 2), order="o1")
    simple.receive(TENANT, body)
    assert [item.status for item in taken(simple.receive(TENANT, body)).items] == ["duplicate"]
    assert facts_of(engine, "A") == [SaleRecorded(2, order="o1")]


def test_a_sku_that_comes_twice_in_an_order_is_two_lines(simple: SimpleDoor, engine: Engine) -> None:
    body = a_simple_body(("A", 2), ("A", 2), (" A ", 1), order="o1")
    simple.receive(TENANT, body)
    assert {item.status for item in taken(simple.receive(TENANT, body)).items} == {"duplicate"}
    assert facts_of(engine, "A") == [SaleRecorded(n, order="o1") for n in (2, 2, 1)]


def test_a_changed_quantity_under_the_same_order_conflicts_and_spoils_no_other_line(
    simple: SimpleDoor, engine: Engine
) -> None:
    simple.receive(TENANT, a_simple_body(("A", 2), order="o1"))
    outcome = taken(simple.receive(TENANT, a_simple_body(("A", 3), ("B", 1), order="o1")))
    assert [item.status for item in outcome.items] == ["conflict", "recorded"]
    assert facts_of(engine, "A") == [SaleRecorded(2, order="o1")]
    assert facts_of(engine, "B") == [SaleRecorded(1, order="o1")]


def test_without_an_order_each_request_is_a_new_fact(simple: SimpleDoor, engine: Engine) -> None:
    first, second = (taken(simple.receive(TENANT, a_simple_body(("A", 1)))) for _ in range(2))
    assert first.tx != second.tx
    assert facts_of(engine, "A") == [SaleRecorded(1), SaleRecorded(1)]


@pytest.mark.parametrize("order", ["", "  ", None])
def test_an_empty_order_is_none(simple: SimpleDoor, engine: Engine, order: str | None) -> None:
    body = json.dumps({"orderId": order, "items": [{"sku": "A", "quantity": 1}]}).encode()
    first, second = (taken(simple.receive(TENANT, body)) for _ in range(2))
    assert first.tx != second.tx
    assert facts_of(engine, "A") == [SaleRecorded(1), SaleRecorded(1)]


@pytest.mark.parametrize("order", ["INIT-5", "Init-5", "init5", " xinit-5"])
def test_an_order_that_merely_resembles_opening_stock_is_a_sale(simple: SimpleDoor, engine: Engine, order: str) -> None:
    simple.receive(TENANT, a_simple_body(("A", 1), order=order))
    assert facts_of(engine, "A") == [SaleRecorded(1, order=order.strip())]


def test_an_order_that_begins_with_init_is_opening_stock(simple: SimpleDoor, engine: Engine) -> None:
    for _ in range(2):
        simple.receive(TENANT, a_simple_body(("A", 70), ("A", 30), order="init-2026"))
    assert facts_of(engine, "A") == [StockAdjusted(70, "opening"), StockAdjusted(30, "opening")]


def test_no_units_are_accepted_and_store_nothing(simple: SimpleDoor, engine: Engine) -> None:
    outcome = taken(simple.receive(TENANT, a_simple_body(("A", 0), ("B", 1), order="o1")))
    assert [item.status for item in outcome.items] == ["nothing", "recorded"]
    assert facts_of(engine, "A") == []


def test_an_order_of_no_units_at_all_is_taken(simple: SimpleDoor, engine: Engine) -> None:
    assert [item.status for item in taken(simple.receive(TENANT, a_simple_body(("A", 0)))).items] == ["nothing"]
    assert everything_stored(engine) == ""


@pytest.mark.parametrize(
    ("given", "meant"), [(1, 1), ("1", 1), ("1000000", 1_000_000), (1_000_000, 1_000_000), ("007", 7)]
)
def test_a_quantity_is_an_integer_or_its_decimal_string(
    simple: SimpleDoor, engine: Engine, given: object, meant: int
) -> None:
    taken(simple.receive(TENANT, json.dumps({"items": [{"sku": "A", "quantity": given}]}).encode()))
    assert facts_of(engine, "A") == [SaleRecorded(meant)]


@pytest.mark.parametrize(
    "quantity",
    [-1, 1_000_001, "1000001", 1.0, 1.5, "1.0", "1e3", " 1", "+1", "-1", "", "one", True, None, [1], "٣", 10**30],
)
def test_another_quantity_refuses_the_whole_order(simple: SimpleDoor, engine: Engine, quantity: object) -> None:
    body = {"orderId": "o1", "items": [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": quantity}]}
    refused = simple.receive(TENANT, json.dumps(body).encode())
    assert isinstance(refused, Refused)
    assert (refused.code, refused.field) == ("invalid", "items[1].quantity")
    assert everything_stored(engine) == ""


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\x00b", "line\nbreak", None, 7, ["A"]])
def test_what_is_no_sku_refuses_the_whole_order(simple: SimpleDoor, engine: Engine, name: object) -> None:
    body = {"items": [{"sku": "A", "quantity": 1}, {"sku": name, "quantity": 1}]}
    refused = simple.receive(TENANT, json.dumps(body).encode())
    assert isinstance(refused, Refused)
    assert refused.field == "items[1].sku"
    assert everything_stored(engine) == ""


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"", "invalid_json", None),
        (b"{", "invalid_json", None),
        (b"\xff\xfe", "invalid_json", None),
        (b'{"items": [{"sku": "\\ud800", "quantity": 1}]}', "invalid_json", None),
        (b"[" * 5000, "invalid_json", None),
        (b"[]", "invalid", None),
        (b"null", "invalid", None),
        (b"{}", "invalid", "items"),
        (b'{"items": []}', "invalid", "items"),
        (b'{"items": {"sku": "A"}}', "invalid", "items"),
        (b'{"items": ["A"]}', "invalid", "items[0]"),
        (b'{"items": [{"sku": "A"}]}', "invalid", "items[0].quantity"),
        (b'{"orderId": 1.5, "items": [{"sku": "A", "quantity": 1}]}', "invalid", "orderId"),
        (b'{"orderId": true, "items": [{"sku": "A", "quantity": 1}]}', "invalid", "orderId"),
    ],
)
def test_what_is_no_order_is_refused_by_name(
    simple: SimpleDoor, engine: Engine, body: bytes, code: str, field: str | None
) -> None:
    refused = simple.receive(TENANT, body)
    assert isinstance(refused, Refused)
    assert refused.hint
    assert (refused.code, refused.field) == (code, field)
    assert everything_stored(engine) == ""


def test_an_order_id_of_many_digits_keeps_them_all(simple: SimpleDoor, engine: Engine) -> None:
    outcome = taken(simple.receive(TENANT, b'{"orderId": 9007199254740993, "items": [{"sku": "A", "quantity": 1}]}'))
    assert outcome.tx == "9007199254740993"
    simple.receive(TENANT, b'{"orderId": "9007199254740993", "items": [{"sku": "A", "quantity": 1}]}')
    assert len(facts_of(engine, "A")) == 1


def test_more_than_a_thousand_items_are_refused(simple: SimpleDoor) -> None:
    refused = simple.receive(TENANT, a_simple_body(*[("A", 1)] * 1001))
    assert isinstance(refused, Refused)
    assert refused.field == "items"
