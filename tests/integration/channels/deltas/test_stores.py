"""Deltas over every kind of store: an intent is appended where the stream ends as the account knew it, on each."""

from collections.abc import Iterator

import httpx
import pytest

from channels.deltas.deciding import Decider
from channels.simulators.shopify import Fault, Simulator
from channels.tenure import LENGTH
from stock.events import SaleRecorded
from stock.identities import sku
from tests.integration.channels.accidents import Killed, Trap
from tests.integration.channels.deltas.dying import DyingShelves
from tests.integration.channels.deltas.store import TENANT, Merchant
from tests.stores import Eventually, Place


@pytest.fixture
def merchant(sim: Simulator, http: httpx.Client, place: Place) -> Iterator[Merchant]:
    opened = Merchant(sim.url, sim.shopify, http, place.open)
    yield opened
    opened.close()


def test_a_take_over_after_a_crash_gives_each_delta_once(merchant: Merchant, eventually: Eventually) -> None:
    names = ["a/b #c%d", "100% wool"]
    first = merchant.desk("one", DyingShelves(merchant.client(), Trap(2), after=True))
    for name in names:
        merchant.stock(name, 10)
        first.moved(sku(name))
    merchant.settle(first, 2)
    for name in names:
        merchant.record(name, SaleRecorded(3))
    with pytest.raises(Killed):
        merchant.settle(first, 4)
    merchant.time.pass_(LENGTH)
    second = merchant.desk("two")
    for name in names:
        second.moved(sku(name))
    merchant.settle(second, 4)
    assert sorted(merchant.given()) == [-3, -3]
    assert [merchant.deltas(name).outstanding for name in names] == [0, 0]
    eventually(lambda: [merchant.there(name) for name in names], [27, 27])


def test_what_is_in_doubt_is_listed_and_decided(merchant: Merchant, eventually: Eventually) -> None:
    merchant.shopify.honours_keys = False
    merchant.stock("A", 10)
    desk = merchant.desk()
    desk.moved(sku("A"))
    merchant.settle(desk, 2)
    merchant.shopify.faults.add(Fault(kind="drop", operation="inventoryAdjustQuantities", applied=True))
    merchant.record("A", SaleRecorded(3))
    for _ in range(4):
        desk.moved(sku("A"))
        merchant.settle(desk, 1)
    decider = Decider(merchant.engine, merchant.clock)
    eventually(lambda: [one.sku for one in decider.asked(TENANT)[0]], ["A"])
    assert decider.change(TENANT, sku("A"), 1, made=True) == "decided"
    assert decider.change(TENANT, sku("A"), 1, made=True) == "known"
    eventually(lambda: decider.asked(TENANT)[0], [])
    assert (merchant.given(), merchant.deltas("A").expected) == ([-3], 27)
