"""When two tellings of one key are the same fact."""

from typing import Any, get_args

import msgspec
import pytest

from processor.clock import Instant
from stock.dispositions import Disposition
from stock.events import (
    AmazonOrderLine,
    AmazonOrderSeen,
    ListingMapped,
    ListingStatusObserved,
    OrderLine,
    OrderSeen,
    RefundLine,
    RefundSeen,
    ReturnReceived,
    SaleCancelled,
    SaleRecorded,
    StockEvent,
)
from stock.facts import BUSINESS_FIELDS, digest, fact
from tests.factories import MORNING
from tests.unit.stock.samples import IDS, SAMPLES, Sample

BUSINESS = [(sample, name) for sample in SAMPLES for name in sample.business]
BESIDE = [(sample, name) for sample in SAMPLES for name in sample.beside]


def named(value: object) -> str | None:
    return type(value.fact).__name__ if isinstance(value, Sample) else None


def test_every_type_of_fact_has_its_sample_and_its_business_fields() -> None:
    kinds = set(get_args(StockEvent))

    assert {type(sample.fact) for sample in SAMPLES} == kinds
    assert set(BUSINESS_FIELDS) == kinds


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_every_field_is_known_as_business_or_as_beside_it(sample: Sample) -> None:
    assert {*sample.business, *sample.beside} == set(sample.fact.__struct_fields__)
    assert not {*sample.business} & {*sample.beside}


@pytest.mark.parametrize(("sample", "field"), BUSINESS, ids=named)
def test_another_value_of_a_business_field_is_another_fact(sample: Sample, field: str) -> None:
    other = msgspec.structs.replace(sample.fact, **{field: sample.business[field]})

    assert digest(other) != digest(sample.fact)


def test_a_listing_of_no_special_type_is_told_apart_as_it_always_was() -> None:
    assert digest(ListingMapped("amazon", "T-RED", "B000000001")) == "200591cbf0f3480fec0eb0636b877e84"


@pytest.mark.parametrize(("sample", "field"), BESIDE, ids=named)
def test_another_value_of_any_other_field_is_the_same_fact(sample: Sample, field: str) -> None:
    other = msgspec.structs.replace(sample.fact, **{field: sample.beside[field]})

    assert digest(other) == digest(sample.fact)


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_source_times_and_causes_make_no_other_fact(sample: Sample) -> None:
    one = fact(sample.fact, tx="t", at=MORNING, source="webhook")
    later = Instant("2027-01-01T00:00:00.000000Z")
    other = fact(sample.fact, tx="u", at=later, source="poll", causation="acme/order/1@1", correlation="c")

    assert one.digest == other.digest == digest(sample.fact)


def test_a_refund_is_the_same_in_whatever_order_its_lines_come_and_whatever_sku_stands_beside_them() -> None:
    one, two = RefundLine("a", "1", 1, "return", "SHIRT", "77"), RefundLine("b", "1", 1, "cancel")
    bare = RefundLine("a", "1", 1, "return")
    assert digest(RefundSeen("r", (one, two))) == digest(RefundSeen("r", (two, bare)))


@pytest.mark.parametrize("other", [{"id": "b"}, {"line": "2"}, {"quantity": 2}, {"restock": "cancel"}])
def test_a_refund_line_of_another_id_line_quantity_or_restock_type_is_another_fact(other: dict[str, Any]) -> None:
    line = RefundLine("a", "1", 1, "return")
    assert digest(RefundSeen("r", (line,))) != digest(RefundSeen("r", (msgspec.structs.replace(line, **other),)))


def test_an_amazon_order_and_a_listing_are_the_same_in_whatever_order_their_parts_come() -> None:
    one, two = AmazonOrderLine("a", 1, "SHIRT"), AmazonOrderLine("b", 1, "MUG", 1)
    assert digest(AmazonOrderSeen("Shipped", (one, two))) == digest(AmazonOrderSeen("Shipped", (two, one)))
    seen = [ListingStatusObserved("n", statuses, MORNING) for statuses in (("A", "B"), ("B", "A"))]
    assert digest(seen[0]) == digest(seen[1])


def test_facts_of_two_kinds_differ_though_their_fields_agree() -> None:
    assert digest(SaleRecorded(3)) != digest(SaleCancelled(3))


def test_every_part_of_an_order_s_lines_counts() -> None:
    line = OrderLine("l1", 2, "T", "v1")
    others = [
        OrderLine("l2", 2, "T", "v1"),
        OrderLine("l1", 3, "T", "v1"),
        OrderLine("l1", 2, "U", "v1"),
        OrderLine("l1", 2, None, "v1"),
        OrderLine("l1", 2, "T", None),
    ]

    digests = {digest(OrderSeen((each,))) for each in (line, *others)}

    assert len(digests) == 6


@pytest.mark.parametrize(
    ("happened", "pinned"),
    [
        (SaleRecorded(3, "o1"), "c50f2d65f6290be3e2bade3131eee6dd"),
        (ReturnReceived(2, "fba", Disposition.CARRIER_DAMAGED), "a4fd20170cb152d7f58161675cb1a7e8"),
        (OrderSeen((OrderLine("l1", 2, "T"),)), "b2d5d8bbd2d40945746af48b4bcc006d"),
    ],
)
def test_a_digest_never_changes_for_it_stands_in_every_log(happened: StockEvent, pinned: str) -> None:
    assert digest(happened) == pinned
