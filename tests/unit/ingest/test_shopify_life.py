"""One order's life, told in every order and twice: the same stock, the same facts."""

from collections.abc import Sequence
from contextlib import closing
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.outcome import Taken
from ingest.shopify.webhook import ShopifyDoor
from processor.engine import Engine
from processor.errors import StoreUnavailable
from projections import PROJECTIONS
from stock.balance import Balance, apply
from stock.codec import decode
from tests.payloads import life_of, shopify_headers
from tests.unit.ingest.conftest import a_shopify_door
from tests.unit.ingest.flaky import Fate, FlakyStore
from tests.unit.ingest.stock_of import everything_stored, facts_of, reviews_of, snapshots_of

SHARES = 6
END = {"TSHIRT-RED-M": 0, "MUG/BLUE 11oz #2": -1, "CAP-BLACK": 0}
"""Both shirts are back, the broken mug is not, the cap was cancelled."""

FACTS = {
    "TSHIRT-RED-M": ["ReturnReceived", "SaleCancelled", "SaleRecorded"],
    "MUG/BLUE 11oz #2": ["SaleRecorded"],
    "CAP-BLACK": ["SaleCancelled", "SaleRecorded"],
}

Told = tuple[str, bytes]


def deliver(door: ShopifyDoor, told: Sequence[Told]) -> None:
    for topic, body in told:
        outcome = door.receive(shopify_headers(body, topic=topic), body)
        assert isinstance(outcome, Taken), outcome


def has_ended_well(engine: Engine, order: int) -> None:
    for name, left in END.items():
        facts = facts_of(engine, f"{order}/{name}")
        assert sorted(type(fact).__name__ for fact in facts) == FACTS[name]
        balance = Balance()
        for fact in facts:
            apply(balance, fact)
        assert balance.on_hand == left
    assert reviews_of(engine, f"{9007199254740993 + order}001") == []


@pytest.mark.parametrize("share", range(SHARES))
def test_a_life_told_in_every_order_and_twice_ends_in_the_same_stock(
    share: int, engine: Engine, shopify: ShopifyDoor
) -> None:
    for order, told in list(enumerate(permutations(range(6))))[share::SHARES]:
        life = life_of(order)
        once = [life[step] for step in told]
        deliver(shopify, [delivery for delivery in once for _ in range(2)] if order % 2 else once + once)
        has_ended_well(engine, order)


deliveries = st.permutations([*range(6), *range(6)])
fates = st.lists(st.sampled_from(["works", "lost", "unanswered"]), max_size=40)


@given(deliveries, fates, st.randoms(use_true_random=False))
@settings(max_examples=120, deadline=None)
def test_a_life_survives_a_failure_at_any_append(order: list[int], coming: list[Fate], later: Random) -> None:
    """What was not acknowledged is delivered again, in any order, until it is."""
    store = FlakyStore()
    with closing(Engine(store, PROJECTIONS, decode, watch="inventory")) as engine:
        door, life = a_shopify_door(engine), life_of(1)
        store.log.meet(coming)
        waiting = [life[step] for step in order]
        while waiting:
            unacknowledged = []
            for told in waiting:
                try:
                    deliver(door, [told])
                except StoreUnavailable:
                    unacknowledged.append(told)
            later.shuffle(unacknowledged)
            waiting = unacknowledged
        has_ended_well(engine, 1)


def test_each_telling_is_kept_once(engine: Engine, shopify: ShopifyDoor) -> None:
    deliver(shopify, life_of(1) * 3)
    kept = [type(fact).__name__ for fact in snapshots_of(engine, "9007199254740994001")]
    assert kept == ["OrderSeen", "OrderSeen", "RefundSeen", "OrderEdited", "RefundSeen", "OrderSeen", "RefundSeen"]


def test_nothing_personal_of_a_life_is_stored(engine: Engine, shopify: ShopifyDoor) -> None:
    deliver(shopify, life_of(1))
    stored = everything_stored(engine)
    assert "CAP-BLACK" in stored
    for personal in ("Ada", "Buyer", "example.com", "5550100", "broke", "548380009", "engraving", "phone"):
        assert personal not in stored
