"""Whatever is lost, repeated or comes out of order: a line sells the largest quantity seen, once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.adapters.memory import MemoryStore
from processor.engine import Engine
from processor.errors import StoreUnavailable
from projections import PROJECTIONS
from stock.codec import decode
from stock.events import SaleRecorded
from tests.payloads import a_line, an_order_body, shopify_headers
from tests.unit.ingest.conftest import a_shopify_door
from tests.unit.ingest.flaky import Fate, FlakyStore
from tests.unit.ingest.interrupted import Interruption, an_interrupted_door
from tests.unit.ingest.stock_of import facts_of, reviews_of, snapshots_of

Snapshot = dict[int, int]
"""Quantities by line."""

snapshots = st.dictionaries(st.integers(1, 3), st.integers(0, 4), max_size=3)
fates = st.lists(st.sampled_from(["works", "lost", "unanswered"]), max_size=4)
deliveries = st.lists(st.tuples(snapshots, fates), min_size=1, max_size=8)


def body_of(snapshot: Snapshot) -> bytes:
    lines = [a_line(line, f"SKU-{line}", quantity) for line, quantity in snapshot.items()]
    return an_order_body(line_items=lines)


def a_door(engine: Engine) -> Callable[[bytes], object]:
    door = a_shopify_door(engine)
    return lambda body: door.receive(shopify_headers(body), body)


def sold(engine: Engine, line: int) -> int:
    return sum(found.quantity for found in facts_of(engine, f"SKU-{line}") if isinstance(found, SaleRecorded))


@given(deliveries, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_once_every_snapshot_was_acknowledged_each_line_has_sold_its_largest_quantity(
    plan: list[tuple[Snapshot, list[Fate]]], order: Random
) -> None:
    store = FlakyStore()
    with closing(Engine(store, PROJECTIONS, decode, watch="inventory")) as engine:
        deliver = a_door(engine)
        unacknowledged: list[Snapshot] = []
        for snapshot, coming in plan:
            store.log.meet(coming)
            try:
                deliver(body_of(snapshot))
            except StoreUnavailable:
                unacknowledged.append(snapshot)
        store.log.meet(())
        order.shuffle(unacknowledged)
        for snapshot in unacknowledged:
            deliver(body_of(snapshot))
        for line in (1, 2, 3):
            assert sold(engine, line) == max(snapshot.get(line, 0) for snapshot, _ in plan)


@pytest.mark.parametrize("fate", ["lost", "unanswered"])
@pytest.mark.parametrize("step", [0, 1])
def test_a_redelivery_completes_what_was_cut_short(fate: Fate, step: int) -> None:
    """Step 0 is the order's snapshot, step 1 the facts that it leads to."""
    store = FlakyStore()
    with closing(Engine(store, PROJECTIONS, decode, watch="inventory")) as engine:
        deliver = a_door(engine)
        before: list[Fate] = ["works"] * step
        store.log.meet([*before, fate])
        with pytest.raises(StoreUnavailable):
            deliver(body_of({1: 2, 2: 1}))
        deliver(body_of({1: 2, 2: 1}))
        assert (sold(engine, 1), sold(engine, 2)) == (2, 1)
        assert len(snapshots_of(engine, "4501")) == 1


@pytest.mark.parametrize(("outer", "inner"), [(1, 3), (3, 1)])
def test_a_snapshot_within_another_at_any_of_its_calls_agrees_with_it(outer: int, inner: int) -> None:
    for call in range(60):
        with closing(Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory")) as engine:
            deliver, body = a_door(engine), body_of({1: outer})
            within = Interruption(call, partial(deliver, body_of({1: inner})))
            an_interrupted_door(engine, within).receive(shopify_headers(body), body)
            if within.calls <= call:
                assert call >= 3
                return
            assert sold(engine, 1) == 3
            assert reviews_of(engine, "4501") == []
    pytest.fail("the delivery never ends")


def test_deliveries_at_once_agree_on_one_history(engine: Engine) -> None:
    deliver = a_door(engine)
    bodies = [body_of({1: quantity, 2: 6 - quantity}) for quantity in range(1, 6)] * 4
    with ThreadPoolExecutor(len(bodies)) as pool:
        list(pool.map(deliver, bodies))
    assert (sold(engine, 1), sold(engine, 2)) == (5, 5)
    assert len(snapshots_of(engine, "4501")) == 5
