"""The older service's store.json: every entry is carried or left with a reason."""

import json
from typing import Any

import pytest

from ingest.imports.rows import FileFact, Unreadable
from ingest.imports.store_json import Plan, StoreFile
from tests.payloads.files import A_STORE


def plan(**sections: Any) -> Plan:
    return StoreFile(json.dumps(sections).encode()).plan()


def facts(found: Plan) -> list[FileFact]:
    return [fact for row in found.rows for fact in row.facts]


def test_history_comes_first_then_the_buffer_then_the_count() -> None:
    found = plan(**A_STORE)
    assert [(fact.sku, fact.type) for fact in facts(found)] == [
        ("MUG", "return"),
        ("MUG", "buffer"),
        ("MUG", "count"),
        ("CAP", "count"),
    ]
    assert facts(found)[0].body == {
        "type": "return",
        "sku": "MUG",
        "quantity": 2,
        "disposition": "SELLABLE",
        "pool": "merchant",
        "orderId": "9",
        "tx": facts(found)[0].tx,
        "occurredAt": "2026-02-05T09:00:00.000000Z",
    }
    assert found.carried == {"physical": 2, "buffer": 1, "returns": 1}
    assert found.derived == 2
    assert {name: count for name, (count, _) in found.set_aside.items()} == {
        "transactions": 1,
        "lastBroadcast": 1,
        "alerts": 1,
    }
    assert (found.left, found.differing) == ((), ())


def test_transactions_may_be_a_list_and_say_why_they_stay() -> None:
    found = plan(physical={}, transactions=["o1", "o2"], alerts={"a": {}})
    assert found.set_aside["transactions"][0] == 2
    assert "cannot be replayed" in found.set_aside["transactions"][1]


def test_stock_below_zero_stays_below_zero() -> None:
    assert [fact.fields for fact in facts(plan(physical={"MUG": -3}))] == [
        {"count": 0},
        {"delta": -3, "reason": "correction"},
    ]


def test_a_buffer_is_carried_without_a_count_too() -> None:
    assert [(fact.sku, fact.fields) for fact in facts(plan(buffer={"MUG": 5}))] == [("MUG", {"bufferQty": 5})]


def test_a_broadcast_that_differs_is_told() -> None:
    found = plan(
        physical={"A": 5, "B": 2, "C": -1}, buffer={"A": 1, "B": 9}, broadcast={"A": 5, "B": 0, "C": 0, "D": 1}
    )
    assert found.derived == 4
    assert [line.split(":")[0] for line in found.differing] == ["A", "D"]


@pytest.mark.parametrize("units", [5, 5.0, "5", " 5 "])
def test_numbers_are_read_as_javascript_may_have_left_them(units: object) -> None:
    assert facts(plan(physical={"MUG": units}))[0].fields == {"count": 5}


@pytest.mark.parametrize("units", [5.5, "five", None, True, [], 1_000_001, float("inf"), float("nan"), 10**400])
def test_what_is_no_number_of_units_is_left_with_the_reason(units: object) -> None:
    found = plan(physical={"MUG": units, "CAP": 1})
    assert [fact.sku for fact in facts(found)] == ["CAP"]
    assert [(left.section, left.entry, left.wrong) for left in found.left] == [("physical", "MUG", True)]
    assert "whole number" in found.left[0].reason


def test_names_that_are_no_skus_or_the_same_sku_are_left() -> None:
    found = plan(physical={"": 1, "x" * 201: 2, "A": 3, " A": 4, "B": 5}, buffer={"B": -1})
    assert [fact.body["sku"] for fact in facts(found)] == ["B"]
    assert [(left.section, left.entry[:5]) for left in found.left] == [
        ("physical", ""),
        ("physical", "xxxxx"),
        ("physical", "A"),
        ("physical", " A"),
        ("buffer", "B"),
    ]


def test_every_return_is_carried_or_left() -> None:
    entry = {"quantity": 1, "disposition": "damaged", "timestamp": 1_770_000_000_000}
    returns = {
        "A": [entry, entry, {"quantity": 0}, "?", {"quantity": 2, "disposition": "odd", "timestamp": "x"}],
        "B": entry,
    }
    found = plan(returns=returns)
    assert [(f.sku, f.fields["disposition"], f.at) for f in facts(found)] == [
        ("A", "CUSTOMER_DAMAGED", "2026-02-02T02:40:00.000000Z"),
        ("A", "CUSTOMER_DAMAGED", "2026-02-02T02:40:00.000000Z"),
        ("A", "UNKNOWN", None),
        ("B", "CUSTOMER_DAMAGED", "2026-02-02T02:40:00.000000Z"),
    ]
    assert [left.entry for left in found.left] == ["A[2]", "A[3]"]
    assert len({(fact.sku, fact.tx) for fact in facts(found)}) == 4
    listed = plan(returns=[{"sku": "B", **entry}, {"quantity": 1}, 7])
    assert [fact.tx for fact in facts(listed)] == [facts(found)[3].tx]
    assert len(listed.left) == 2


def test_a_newer_copy_tells_old_returns_again_and_counts_anew() -> None:
    old, new = facts(plan(**A_STORE)), facts(plan(**{**A_STORE, "physical": {"MUG": 49, "CAP": 3}}))
    assert old[0].tx == new[0].tx
    assert {fact.tx for fact in old[1:]}.isdisjoint(fact.tx for fact in new[1:])
    reordered = dict(reversed(A_STORE.items()))
    assert [fact.tx for fact in facts(plan(**reordered))] == [fact.tx for fact in old]


def test_parts_that_nobody_knows_are_told_and_lost_by_no_silence() -> None:
    found = plan(physical={"A": 1}, mappings={"A": "B000000001"}, buffer=[1])
    assert [(left.section, left.wrong) for left in found.left] == [("buffer", True), ("mappings", False)]


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'"x"', b"{}", b'{"physical": 5}', b"\xff", b"[" * 100_000, b'{"sku": "A"}']
)
def test_what_is_no_store_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        StoreFile(content)
