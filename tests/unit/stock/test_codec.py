"""Facts to bytes and back; what is impossible never becomes an event."""

from typing import Any

import msgspec
import pytest

from processor.errors import Retryable, TooNew
from stock.codec import SCHEMAS, decode, schema_of
from stock.dispositions import Disposition
from stock.events import (
    AlertAcknowledged,
    AmazonOrderLine,
    AmazonOrderSeen,
    BroadcastAccepted,
    BroadcastRejected,
    BufferSet,
    ChannelQuantityObserved,
    FbaLevelObserved,
    FeedFinished,
    ListingMapped,
    ListingStatusObserved,
    ListingUnmapped,
    LowStockThresholdSet,
    OrderLine,
    OrderSeen,
    ReturnReceived,
    ReviewRequested,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
    StockEvent,
)
from stock.facts import fact
from stock.upcasters import UPCASTERS
from tests.factories import MORNING, a_recorded, an_event, stated
from tests.unit.stock.samples import IDS, SAMPLES, Sample

LARGEST = [
    SaleRecorded(1_000_000, "o" * 200, "l" * 200),
    StockAdjusted(-1_000_000, "other"),
    StockAdjusted(0, "correction"),
    StockCounted(0),
    StockCounted(1_000_000),
    LowStockThresholdSet(None),
    OrderSeen(()),
    OrderSeen((OrderLine("l", 0, "\N{GRINNING FACE}" * 200),)),
    ChannelQuantityObserved("n", -1_000_000_000_000, MORNING),
    AlertAcknowledged("a" * 900),
    BroadcastAccepted(1, 0, 0),
]

IMPOSSIBLE: list[StockEvent] = [
    SaleRecorded(0),
    SaleRecorded(-1),
    SaleRecorded(1_000_001),
    SaleRecorded(1, ""),
    SaleRecorded(1, "o" * 201),
    SaleCancelled(0),
    SaleCancelled(1, line=""),
    ReturnReceived(0, "merchant", Disposition.SELLABLE),
    ReturnReceived(1, "shelf", Disposition.SELLABLE),  # type: ignore[arg-type]
    ReturnReceived(1, "fba", "MELTED"),  # type: ignore[arg-type]
    StockAdjusted(1_000_001, "correction"),
    StockAdjusted(-1_000_001, "correction"),
    StockAdjusted(1, "because"),  # type: ignore[arg-type]
    StockCounted(-1),
    StockCounted(1_000_001),
    BufferSet(-1),
    LowStockThresholdSet(-1),
    ListingMapped("ebay", "T"),  # type: ignore[arg-type]
    ListingMapped("amazon", ""),
    ListingUnmapped("ebay"),  # type: ignore[arg-type]
    OrderSeen((OrderLine("l1", -1),)),
    OrderSeen((OrderLine("", 1),)),
    ReviewRequested("whim", "s"),  # type: ignore[arg-type]
    ReviewRequested("conflict", "s", "d" * 501),
    AlertAcknowledged(""),
    BroadcastAccepted(0, 1, 1),
    BroadcastAccepted(1, 1, -1),
    BroadcastRejected(1, -1, 1, "c"),
    ChannelQuantityObserved("n", 1_000_000_000_001, MORNING),
    ChannelQuantityObserved("n", 1, MORNING, ""),
    AmazonOrderSeen("Unshipped", (AmazonOrderLine("i", -1),)),
    AmazonOrderSeen("Unshipped", (AmazonOrderLine("i", 1, shipped=-1),)),
    AmazonOrderSeen("Unshipped", (AmazonOrderLine("", 1),)),
    FbaLevelObserved("n", -1, MORNING),
    ListingStatusObserved("n", ("s" * 201,), MORNING),
    FeedFinished("", "DONE", MORNING),
    SaleRecorded("1"),  # type: ignore[arg-type]
    SaleRecorded(1.5),  # type: ignore[arg-type]
]


def short(value: object) -> str:
    return repr(value)[:60]


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_a_fact_of_every_type_comes_back_from_its_event(sample: Sample) -> None:
    event = stated(sample.fact)

    assert (event.type, event.schema) == (type(sample.fact).__name__, schema_of(type(sample.fact).__name__))
    assert decode(a_recorded(event)) == sample.fact


@pytest.mark.parametrize("happened", LARGEST, ids=short)
def test_a_fact_at_its_bounds_comes_back_from_its_event(happened: StockEvent) -> None:
    assert decode(a_recorded(stated(happened))) == happened


@pytest.mark.parametrize("happened", IMPOSSIBLE, ids=short)
def test_an_impossible_fact_becomes_no_event(happened: StockEvent) -> None:
    with pytest.raises(ValueError, match=r"Expected|Invalid"):
        stated(happened)


@pytest.mark.parametrize("happened", IMPOSSIBLE, ids=short)
def test_an_impossible_fact_in_the_log_is_not_read(happened: StockEvent) -> None:
    name = type(happened).__name__
    event = an_event(type_=name, schema=schema_of(name), data=msgspec.json.encode(happened))

    with pytest.raises(msgspec.ValidationError):
        decode(a_recorded(event))


def test_data_holds_the_fields_alone_without_those_at_their_default() -> None:
    data: dict[str, Any] = msgspec.json.decode(stated(SaleRecorded(3, order="o1")).data)

    assert data == {"quantity": 3, "order": "o1"}


def test_an_event_carries_what_it_was_told_with() -> None:
    event = fact(SaleRecorded(3), tx="t", at=MORNING, source="shopify", causation="c", correlation="r")

    assert (event.tx_id, event.occurred_at, event.source, event.causation, event.correlation) == (
        "t",
        MORNING,
        "shopify",
        "c",
        "r",
    )


def test_a_fact_without_an_identity_becomes_no_event() -> None:
    with pytest.raises(ValueError, match="never empty"):
        stated(SaleRecorded(1), tx="")


def test_a_long_tx_becomes_a_hash_that_is_the_same_each_time_and_differs_from_another_s() -> None:
    fits, long = "\u00e9" * 100, "\u00e9" * 101
    hashed = stated(SaleRecorded(1), tx=long).tx_id

    assert stated(SaleRecorded(1), tx=fits).tx_id == fits
    assert len(hashed.encode()) <= 200
    assert hashed == stated(SaleRecorded(2), tx=long).tx_id
    assert hashed != stated(SaleRecorded(1), tx=long + "x").tx_id


@pytest.mark.parametrize(
    ("type_", "schema", "known"),
    [("DroneDispatched", 1, None), ("SaleRecorded", 2, 1), ("ReturnReceived", 3, 2), ("ProjectionQuarantined", 2, 1)],
)
def test_what_a_later_release_wrote_is_too_new_and_worth_a_retry(type_: str, schema: int, known: int | None) -> None:
    event = a_recorded(an_event(type_=type_, schema=schema, data=b'{"quantity":1}'))

    with pytest.raises(TooNew) as refused:
        decode(event)
    assert (refused.value.type, refused.value.schema, refused.value.known) == (type_, schema, known)
    assert isinstance(refused.value, Retryable)


def test_a_return_of_schema_1_is_lifted_to_the_merchant_s_pool() -> None:
    data = b'{"quantity":2,"disposition":"CARRIER_DAMAGED","order":"o1","reason":"TOO_SMALL"}'

    lifted = decode(a_recorded(an_event(type_="ReturnReceived", schema=1, data=data)))

    assert lifted == ReturnReceived(2, "merchant", Disposition.CARRIER_DAMAGED, "o1", "TOO_SMALL")


def test_a_review_of_schema_1_is_read_as_it_is() -> None:
    data = b'{"reason":"conflict","subject":"shopify:1"}'
    assert decode(a_recorded(an_event(type_="ReviewRequested", schema=1, data=data))) == ReviewRequested(
        "conflict", "shopify:1"
    )


def test_an_impossible_fact_of_an_older_schema_is_not_read_either() -> None:
    data = b'{"quantity":0,"disposition":"SELLABLE"}'

    with pytest.raises(msgspec.ValidationError):
        decode(a_recorded(an_event(type_="ReturnReceived", schema=1, data=data)))


def test_every_schema_below_the_newest_has_its_upcaster_and_no_other_has() -> None:
    assert set(UPCASTERS) == {(name, schema) for name, newest in SCHEMAS.items() for schema in range(1, newest)}
