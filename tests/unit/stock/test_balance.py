"""The fold of one SKU's facts into its quantities."""

import msgspec
import pytest

from stock.balance import Balance, apply
from stock.dispositions import Disposition
from stock.events import (
    BufferSet,
    LowStockThresholdSet,
    ReturnReceived,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
    StockEvent,
)
from tests.unit.stock.samples import IDS, SAMPLES, Sample

OPENING = StockAdjusted(10, "opening")
MOVERS = (
    SaleRecorded,
    SaleCancelled,
    ReturnReceived,
    StockAdjusted,
    StockCounted,
    BufferSet,
    LowStockThresholdSet,
)


def given(*facts: StockEvent) -> Balance:
    """The balance after `facts`, each of which must be one that moves a balance."""
    balance = Balance()
    for fact in facts:
        assert apply(balance, fact)
    return balance


def seen(balance: Balance) -> tuple[int, int, int, int]:
    """What is shown: on hand, physical, oversold, broadcast."""
    return balance.on_hand, balance.physical, balance.oversold, balance.broadcast


def test_a_sku_of_which_nothing_is_known_reads_as_zeros() -> None:
    assert seen(given()) == (0, 0, 0, 0)
    assert not given().counted
    assert not given().low


def test_a_sale_takes_units_and_its_cancellation_gives_them_back() -> None:
    assert seen(given(OPENING, SaleRecorded(3))) == (7, 7, 0, 7)
    assert seen(given(OPENING, SaleRecorded(3), SaleCancelled(2))) == (9, 9, 0, 9)


def test_what_is_sold_beyond_stock_is_oversold_and_nothing_is_broadcast() -> None:
    assert seen(given(OPENING, SaleRecorded(12))) == (-2, 0, 2, 0)


def test_a_cancellation_after_overselling_fills_the_hole_first() -> None:
    assert seen(given(OPENING, SaleRecorded(12), SaleCancelled(5))) == (3, 3, 0, 3)


def test_an_adjustment_moves_by_its_delta_up_and_down() -> None:
    assert seen(given(OPENING, StockAdjusted(5, "found"))) == (15, 15, 0, 15)
    assert seen(given(OPENING, StockAdjusted(-4, "loss"))) == (6, 6, 0, 6)


def test_an_uncounted_sku_reads_as_zeros_whatever_was_sold_or_found() -> None:
    sold = given(SaleRecorded(3), LowStockThresholdSet(5), BufferSet(1))
    assert (sold.physical, sold.oversold, sold.broadcast, sold.low) == (0, 0, 0, False)

    found = given(StockAdjusted(7, "correction"), LowStockThresholdSet(50))
    assert (found.counted, found.physical, found.broadcast, found.low) == (False, 0, 0, False)


def test_opening_stock_adds_to_what_was_sold_before_it() -> None:
    balance = given(SaleRecorded(3), OPENING)

    assert balance.counted
    assert seen(balance) == (7, 7, 0, 7)


def test_opening_below_what_was_sold_is_oversold() -> None:
    assert seen(given(SaleRecorded(12), OPENING)) == (-2, 0, 2, 0)


def test_a_count_is_absolute_at_its_place() -> None:
    balance = given(SaleRecorded(3), StockCounted(20))

    assert balance.counted
    assert seen(balance) == (20, 20, 0, 20)
    assert seen(given(OPENING, SaleRecorded(3), StockCounted(0), SaleRecorded(1))) == (-1, 0, 1, 0)


def test_a_correction_does_not_take_back_that_a_sku_was_counted() -> None:
    assert given(StockCounted(5), StockAdjusted(-1, "damage")).counted


def test_a_buffer_is_held_back_from_the_broadcast_alone() -> None:
    assert seen(given(OPENING, BufferSet(4))) == (10, 10, 0, 6)
    assert seen(given(OPENING, BufferSet(14))) == (10, 10, 0, 0)
    assert seen(given(OPENING, BufferSet(4), BufferSet(0))) == (10, 10, 0, 10)
    assert seen(given(OPENING, BufferSet(4), SaleRecorded(13))) == (-3, 0, 3, 0)


@pytest.mark.parametrize(("sold", "low"), [(4, False), (5, True), (6, True), (12, True)])
def test_stock_is_low_at_or_below_its_threshold(sold: int, *, low: bool) -> None:
    assert given(OPENING, LowStockThresholdSet(5), SaleRecorded(sold)).low is low


def test_without_a_threshold_stock_is_never_low() -> None:
    assert not given(OPENING, SaleRecorded(10)).low
    assert not given(OPENING, LowStockThresholdSet(5), LowStockThresholdSet(None), SaleRecorded(10)).low


def test_a_threshold_of_0_is_met_by_an_empty_shelf() -> None:
    assert given(StockCounted(0), LowStockThresholdSet(0)).low
    assert not given(StockCounted(1), LowStockThresholdSet(0)).low


@pytest.mark.parametrize(
    ("disposition", "bucket"),
    [
        (Disposition.SELLABLE, "on_hand"),
        (Disposition.CUSTOMER_DAMAGED, "quarantined"),
        (Disposition.WAREHOUSE_DAMAGED, "quarantined"),
        (Disposition.CARRIER_DAMAGED, "quarantined"),
        (Disposition.UNSELLABLE, "disposed"),
        (Disposition.UNKNOWN, "on_review"),
    ],
)
def test_a_return_to_the_merchant_goes_where_its_disposition_says(disposition: Disposition, bucket: str) -> None:
    before = {"on_hand": 10, "quarantined": 0, "disposed": 0, "on_review": 0, "fba": 0}

    balance = given(OPENING, ReturnReceived(2, "merchant", disposition), ReturnReceived(1, "merchant", disposition))

    assert {name: getattr(balance, name) for name in before} == {**before, bucket: before[bucket] + 3}


@pytest.mark.parametrize("disposition", Disposition)
def test_a_return_to_amazon_never_moves_the_merchant_s_stock(disposition: Disposition) -> None:
    balance = given(OPENING, ReturnReceived(2, "fba", disposition))

    assert (balance.on_hand, balance.quarantined, balance.disposed, balance.on_review) == (10, 0, 0, 0)
    assert balance.fba == (2 if disposition is Disposition.SELLABLE else 0)


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_facts_of_other_kinds_leave_a_balance_as_it_was_and_say_so(sample: Sample) -> None:
    balance = given(OPENING)

    moves = apply(balance, sample.fact)

    assert moves is isinstance(sample.fact, MOVERS)
    assert (balance == given(OPENING)) is not moves


def test_a_balance_outlives_its_bytes() -> None:
    balance = given(OPENING, SaleRecorded(12), BufferSet(1), LowStockThresholdSet(3), *_returns())

    assert msgspec.json.decode(msgspec.json.encode(balance), type=Balance) == balance


def _returns() -> list[StockEvent]:
    return [ReturnReceived(n, "merchant", disposition) for n, disposition in enumerate(Disposition, start=1)]
