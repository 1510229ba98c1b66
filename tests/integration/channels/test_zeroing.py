"""A shop is not emptied by mistake: too many listings about to become zero, and a person is asked first."""

from datetime import timedelta

import msgspec

from channels.dispatcher import Dispatcher
from channels.limits import Rate
from channels.modes import Mode
from channels.passes import FIRST_AFTER
from channels.sellers import Rates
from channels.switchboard import Switchboard
from channels.zeroing import LEAST, WITHIN
from stock.identities import sku
from tests.integration.channels.shop import FAST, TENANT, Shop

NAMES = [f"SKU-{number:02d}" for number in range(40)]


def stocked(shop: Shop) -> Dispatcher:
    """Forty listings with five units each, and who tends them."""
    dispatcher = shop.dispatcher()
    shop.listeners.append(dispatcher)
    for name in NAMES:
        shop.stock(name, 5)
    shop.settle(dispatcher)
    assert [shop.shown(name) for name in NAMES] == [5] * len(NAMES)
    return dispatcher


def zeros(shop: Shop) -> int:
    return sum(shop.shown(name) == 0 for name in NAMES)


def board(shop: Shop) -> Switchboard:
    return Switchboard(shop.store.log, shop.engine.recorder, shop.clock)


def critical(shop: Shop) -> list[str]:
    return [alert.message for alert in shop.alerts() if alert.severity == "critical" and not alert.read]


def test_too_many_at_once_are_not_sent_and_a_person_is_told(shop: Shop) -> None:
    dispatcher = stocked(shop)
    for name in NAMES[:LEAST]:
        shop.sell(name, 5)
    shop.settle(dispatcher, 4)
    assert zeros(shop) == 0
    pause = board(shop).read(TENANT, "amazon").pause
    assert pause is not None
    assert (pause.reason, pause.zeroed, pause.listings) == ("zeroing", LEAST, len(NAMES))
    assert len(critical(shop)) == 1
    assert "5 of 40 listings" in critical(shop)[0]


def test_while_it_is_paused_nothing_is_sent_at_all(shop: Shop) -> None:
    dispatcher = stocked(shop)
    for name in NAMES:
        shop.sell(name, 5)
    shop.settle(dispatcher, 4)
    sent = len(shop.sent())
    shop.found(NAMES[0], 3)
    shop.settle(dispatcher, 40)
    assert len(shop.sent()) == sent


def test_who_confirms_lets_them_become_zero(shop: Shop) -> None:
    dispatcher = stocked(shop)
    for name in NAMES[:20]:
        shop.sell(name, 5)
    shop.settle(dispatcher, 4)
    assert board(shop).resume(TENANT, "amazon", source="operator")
    shop.settle(dispatcher, 4)
    assert zeros(shop) == 20
    assert critical(shop) == []
    for name in NAMES[20:]:
        shop.sell(name, 5)
    shop.settle(dispatcher, 4)
    assert zeros(shop) == 20, "those were not confirmed"


def test_a_few_become_zero_and_nobody_is_asked(shop: Shop) -> None:
    dispatcher = stocked(shop)
    for name in NAMES[: LEAST - 1]:
        shop.sell(name, 5)
    shop.settle(dispatcher, 4)
    assert zeros(shop) == LEAST - 1
    shop.time.pass_(WITHIN + timedelta(minutes=1))
    for name in NAMES[LEAST : 2 * LEAST - 1]:
        shop.sell(name, 5)
    shop.settle(dispatcher, 4)
    assert zeros(shop) == 2 * (LEAST - 1)


def test_what_comes_one_by_one_comes_all_the_same(shop: Shop) -> None:
    dispatcher = stocked(shop)
    for name in NAMES:
        shop.sell(name, 5)
        shop.settle(dispatcher, 2)
    assert zeros(shop) == LEAST - 1


def test_a_first_send_of_zeros_to_a_full_channel_is_one_too(shop: Shop) -> None:
    """Nothing was ever told, and a wrong count says that all is gone: what is shown is looked at first."""
    dispatcher = shop.dispatcher(rates=Rates(FAST.set_quantity, Rate(2, 4)))
    for name in NAMES:
        shop.stock(name, 0, shown=30)
    shop.settle(dispatcher, 60)
    assert zeros(shop) < LEAST
    assert board(shop).read(TENANT, "amazon").pause is not None


def test_a_channel_that_shows_the_zeros_already_is_not_emptied_by_them(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    for name in NAMES:
        shop.stock(name, 0, shown=0)
    shop.settle(dispatcher, 10)
    assert (shop.sent(), shop.due(), board(shop).read(TENANT, "amazon").pause) == ([], [], None)


def test_an_uncounted_shop_connected_to_a_channel_full_of_stock_zeroes_nothing(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.listeners.append(dispatcher)
    for name in NAMES:
        shop.sim.amazon.put_listing(name, quantity=50)
        shop.map(name)
        shop.sell(name)
        dispatcher.wake(TENANT, sku(name))
    shop.settle(dispatcher, 10)
    shop.time.pass_(FIRST_AFTER)
    shop.settle(dispatcher, 20)
    assert [shop.shown(name) for name in NAMES] == [50] * len(NAMES)
    assert [shop.listing(name).observed for name in NAMES] == [50] * len(NAMES), "but it is looked at"
    assert shop.sent() == []


def test_the_share_is_a_setting(shop: Shop) -> None:
    stocked(shop).stop()
    shop.listeners.clear()
    seller = msgspec.structs.replace(shop.seller(), zeroing=1.0)
    dispatcher = Dispatcher(shop.engine, [seller], holder="two", clock=shop.clock, monotonic=shop.monotonic)
    for name in NAMES:
        shop.sell(name, 5)
    shop.settle(dispatcher, 6)
    assert zeros(shop) == len(NAMES)


def test_an_observer_is_not_paused(shop: Shop) -> None:
    stocked(shop).stop()
    shop.listeners.clear()
    for name in NAMES:
        shop.sell(name, 5)
    shop.settle(shop.dispatcher("two", mode=Mode.OBSERVE), 4)
    assert board(shop).read(TENANT, "amazon").pause is None
