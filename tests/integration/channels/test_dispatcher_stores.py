"""The dispatcher over every kind of store: its rows, leases and events are as good on each."""

from collections.abc import Iterator

import httpx
import pytest

from channels.simulators.amazon import Simulator
from channels.tenure import LENGTH
from stock.identities import sku
from tests.integration.channels.accidents import DyingClient, Killed, Trap
from tests.integration.channels.shop import TENANT, Shop
from tests.stores import Eventually, Place


@pytest.fixture
def shop(sim: Simulator, http: httpx.Client, place: Place) -> Iterator[Shop]:
    opened = Shop(sim, http, opened=place.open)
    yield opened
    opened.close()


def test_a_take_over_after_a_crash_shows_the_stock(shop: Shop, eventually: Eventually) -> None:
    names = ["a/b #c%d", "100% wool", "\u65e5\u672c\u8a9e \U0001f44d"]
    for number, name in enumerate(names):
        shop.stock(name, number)
    eventually(shop.due, names)
    first = shop.dispatcher("one", DyingClient(shop.client(), after=Trap(2)))
    with pytest.raises(Killed):
        shop.settle(first)
    assert shop.sent() == [(names[0], 0), (names[1], 1)]
    shop.time.pass_(LENGTH)
    second = shop.dispatcher("two")
    for name in names:
        shop.found(name, 10)
        second.wake(TENANT, sku(name))
    shop.settle(second, 6)
    assert [shop.shown(name) for name in names] == [10, 11, 12]
    assert all(shop.state(name).settled("amazon") for name in names)
    assert [shop.delivery(name).fence for name in names] == [2, 2, 2]
    assert [event.tx_id for event in shop.told(names[1])] == ["attempt:2"]
    eventually(shop.due, [])
