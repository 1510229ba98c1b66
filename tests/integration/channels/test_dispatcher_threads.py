"""The dispatcher at work in its thread, in real time."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from time import monotonic, sleep

import httpx
import pytest

from channels.dispatcher import Dispatcher
from channels.limits import Rate
from channels.modes import Mode
from channels.sellers import Rates
from channels.simulators.amazon import SimulatedAmazon, Simulator, simulated_amazon
from channels.switchboard import Switchboard
from stock.events import ChannelPaused
from tests.integration.channels.shop import SECOND, TENANT, Shop

Start = Callable[..., Dispatcher]


def until(probe: Callable[[], bool], seconds: float = 5) -> float:
    """Wait until `probe` holds; answer how long that took."""
    began = monotonic()
    while not probe():
        assert monotonic() - began < seconds, "it did not happen"
        sleep(0.001)
    return monotonic() - began


def shows(shop: Shop, quantity: int) -> Callable[[], bool]:
    return lambda: shop.shown("A") == quantity


@pytest.fixture
def shop(sim: Simulator, http: httpx.Client) -> Iterator[Shop]:
    opened = Shop(sim, http, live=True)
    yield opened
    opened.close()


@pytest.fixture
def start(shop: Shop) -> Iterator[Start]:
    started: list[Dispatcher] = []

    def begin(holder: str = "one", *, poll: timedelta = SECOND, mode: Mode = Mode.LIVE) -> Dispatcher:
        dispatcher = shop.dispatcher(holder, mode=mode, poll=poll)
        started.append(dispatcher)
        shop.listeners.append(dispatcher)
        dispatcher.start()
        return dispatcher

    yield begin
    for dispatcher in started:
        dispatcher.stop()


def test_a_sale_shows_on_amazon_within_moments(shop: Shop, start: Start) -> None:
    start(poll=timedelta(hours=1))
    shop.stock("A", 50)
    until(shows(shop, 50))
    took = []
    for left in range(49, 39, -1):
        shop.sell("A")
        took.append(until(shows(shop, left)))
    assert sorted(took)[5] < 0.5, "a median; a loaded machine may be slow at times"


def test_what_no_wake_told_is_found_by_the_next_poll(shop: Shop, start: Start) -> None:
    start(poll=timedelta(milliseconds=50))
    shop.listeners.clear()
    shop.stock("A", 50)
    until(shows(shop, 50))


def test_stopping_ends_the_thread_and_frees_the_seller(shop: Shop, start: Start) -> None:
    first = start()
    shop.stock("A", 50)
    until(shows(shop, 50))
    first.stop()
    shop.sell("A")
    sleep(0.05)
    assert shop.shown("A") == 50
    start("two")
    until(shows(shop, 49))


def test_an_observer_in_its_thread_sends_nothing(shop: Shop, start: Start) -> None:
    start(mode=Mode.OBSERVE, poll=timedelta(milliseconds=5))
    shop.stock("A", 50)
    sleep(0.2)
    assert shop.sim.amazon.requests == {}


def test_the_thread_outlives_what_breaks_in_a_round(shop: Shop, monkeypatch: pytest.MonkeyPatch, start: Start) -> None:
    dispatcher = start(poll=timedelta(milliseconds=5))
    shop.stock("A", 50)
    until(shows(shop, 50))
    with monkeypatch.context() as patch:
        patch.setattr(shop.store, "models", None)
        dispatcher.wake(TENANT)
        sleep(0.05)
    shop.sell("A")
    until(shows(shop, 49))


def test_amazon_never_has_to_say_that_it_is_asked_too_often(http: httpx.Client) -> None:
    """Many listings at once, at the very rate that Amazon grants, with a take-over in the middle."""
    rates = Rates(Rate(40, 5), Rate(60, 10))
    with simulated_amazon(SimulatedAmazon(rates=rates)) as sim, ExitStack() as stack:
        shop = Shop(sim, http, live=True)
        stack.callback(shop.close)
        names = [f"SKU-{number}" for number in range(30)]
        dispatchers = [shop.dispatcher(holder, rates=rates, poll=SECOND / 50) for holder in ("one", "two", "three")]
        shop.listeners.extend(dispatchers)
        for dispatcher in dispatchers:
            stack.callback(dispatcher.stop)
            dispatcher.start()
        for name in names:
            shop.stock(name, 100)
        until(lambda: len(shop.sent()) > 10)
        dispatchers[0].stop()
        for name in names:
            shop.sell(name, 40)
        until(lambda: shop.due() == [], 20)
        assert sim.amazon.requests["throttled"] == 0
        assert [shop.shown(name) for name in names] == [60] * len(names)
        assert {shop.delivery(name).fence for name in names} == {2}


def switched(shop: Shop) -> Switchboard:
    return Switchboard(shop.store.log, shop.engine.recorder, shop.clock)


def test_a_mode_that_is_set_is_honoured_within_two_seconds(shop: Shop, start: Start) -> None:
    start(mode=Mode.OFF)
    shop.stock("A", 50)
    board = switched(shop)
    board.set_mode(TENANT, "amazon", "observe", source="operator")
    sleep(1.5)
    assert shop.sent() == []
    board.set_mode(TENANT, "amazon", "live", source="operator")
    assert until(shows(shop, 50), 4) < 3
    board.pause(TENANT, "amazon", ChannelPaused("operator"), source="operator")
    sleep(2)
    shop.sell("A")
    sleep(0.5)
    assert shop.shown("A") == 50
    board.resume(TENANT, "amazon", source="operator")
    assert until(shows(shop, 49), 4) < 3
    board.set_mode(TENANT, "amazon", "off", source="operator")
    until(lambda: shop.engine.leases.holder(f"dispatch/amazon/{shop.sim.seller_id}") is None)
