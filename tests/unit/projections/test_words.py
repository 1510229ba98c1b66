"""What is on hand as a sum: whatever happened, its terms come to the quantity."""

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from projections.inventory.documents import numbers
from projections.inventory.fold import InventoryProjection
from projections.inventory.words import MAX_ORDERS, Sum, sentence, summary
from stock.dispositions import Disposition, Pool
from stock.events import (
    BufferSet,
    ReasonCode,
    ReturnReceived,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
    StockEvent,
)
from tests.factories import NOON, a_recorded, stated
from tests.unit.stock.samples import SAMPLES

quantity = st.integers(1, 50)
order = st.sampled_from([None, "o1", "o2", "o3"])
FACTS = st.one_of(
    st.builds(SaleRecorded, quantity, order),
    st.builds(SaleCancelled, quantity, order),
    st.builds(ReturnReceived, quantity, st.sampled_from(get_args(Pool)), st.sampled_from(Disposition), order),
    st.builds(StockAdjusted, st.integers(-50, 50), st.sampled_from(get_args(ReasonCode))),
    st.builds(StockCounted, st.integers(0, 50)),
    st.builds(BufferSet, st.integers(0, 50)),
)


@given(st.lists(FACTS, max_size=30))
def test_the_terms_come_to_what_is_on_hand(facts: list[StockEvent]) -> None:
    told, projection = Sum(), InventoryProjection()
    state = projection.initial()
    for version, happened in enumerate(facts, 1):
        projection.apply(state, a_recorded(stated(happened), version), happened)
        told.add(happened, NOON)
    assert sum(term.units for term in told.terms) == state.on_hand
    assert all(line.endswith(".") for line in summary("A", state, told))


@given(st.lists(FACTS, min_size=1, max_size=30), st.integers(1, 30))
def test_a_sum_that_begins_on_the_way_comes_to_the_same(facts: list[StockEvent], begins: int) -> None:
    projection, told = InventoryProjection(), Sum()
    state = projection.initial()
    for version, happened in enumerate(facts, 1):
        projection.apply(state, a_recorded(stated(happened), version), happened)
        told.add(happened, NOON)
        if version == begins:
            told = Sum(state)
    assert sum(term.units for term in told.terms) == state.on_hand


def test_every_kind_of_event_has_a_sentence() -> None:
    state = numbers(InventoryProjection.initial())
    for happened in SAMPLES:
        text = sentence(happened.fact, None, state)
        assert text.endswith("not counted yet.")
        assert "=" not in text


def test_orders_are_told_apart_up_to_a_bound() -> None:
    told = Sum()
    for number in range(MAX_ORDERS + 10):
        told.add(SaleRecorded(1, f"o{number}"), NOON)
    assert str(told) == f"-{MAX_ORDERS + 10} sold in at least {MAX_ORDERS} orders"
