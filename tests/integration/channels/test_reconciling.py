"""The walk over all listings: what nobody told is found by it, at its own pace, wherever it was broken off."""

from datetime import timedelta

import pytest

from channels.decisions import CONFIRM_AFTER
from channels.limits import Rate
from channels.modes import Mode
from channels.passes import EVERY, FIRST_AFTER, Passes
from channels.requests import MOST, RequestBook, Requests
from channels.sellers import Rates
from channels.simulators.amazon import Fault
from channels.tenure import LENGTH
from processor.clock import later
from stock.events import DriftFound
from stock.identities import sku
from tests.factories import MORNING
from tests.integration.channels.shop import FAST, TENANT, Shop

NAMES = [f"SKU-{number:02d}" for number in range(30)]


def drifts(shop: Shop, name: str) -> int:
    return sum(isinstance(fact, DriftFound) for fact in shop.outcomes(name))


def looks(shop: Shop) -> int:
    return shop.sim.amazon.requests.get("get", 0)


def stocked(shop: Shop) -> None:
    """Thirty listings that show their stock, as was seen, and a first walk that is over."""
    dispatcher = shop.dispatcher("first")
    for number, name in enumerate(NAMES):
        shop.stock(name, number)
    shop.settle(dispatcher)
    shop.time.pass_(CONFIRM_AFTER)
    shop.settle(dispatcher, 12)
    assert all(shop.listing(name).known for name in NAMES)
    shop.time.pass_(FIRST_AFTER)
    shop.settle(dispatcher, 4)
    assert Passes(shop.store.registers, "amazon", shop.clock).read(TENANT)[0].ended is not None
    dispatcher.stop()


def edited(shop: Shop, name: str, quantity: int) -> None:
    """Somebody edits a listing and nobody is told."""
    shop.sim.amazon.put_listing(name, quantity=quantity)


def test_an_edit_that_nobody_told_is_found_by_the_next_walk(shop: Shop) -> None:
    stocked(shop)
    dispatcher = shop.dispatcher()
    edited(shop, NAMES[7], 70)
    edited(shop, NAMES[20], 0)
    shop.settle(dispatcher, 10)
    assert shop.shown(NAMES[7]) == 70
    before = looks(shop)
    shop.time.pass_(EVERY)
    shop.settle(dispatcher, 10)
    assert looks(shop) >= before + len(NAMES)
    assert (shop.shown(NAMES[7]), drifts(shop, NAMES[7])) == (7, 1)
    assert shop.shown(NAMES[20]) == 0, "it may have been sold"
    assert shop.listing(NAMES[20]).limit == 0
    assert drifts(shop, NAMES[3]) == 0


def test_a_walk_that_finds_nothing_tells_nothing(shop: Shop) -> None:
    stocked(shop)
    before = [len(shop.told(name)) for name in NAMES]
    shop.time.pass_(EVERY)
    shop.settle(shop.dispatcher(), 10)
    assert [len(shop.told(name)) for name in NAMES] == before


def test_a_walk_is_asked_for(shop: Shop) -> None:
    stocked(shop)
    dispatcher = shop.dispatcher()
    edited(shop, NAMES[7], 70)
    RequestBook(shop.store.registers, "amazon").ask(TENANT, shop.time.clock())
    shop.settle(dispatcher, 10)
    assert shop.shown(NAMES[7]) == 7


def test_a_walk_that_is_asked_for_does_not_wait_for_the_first_one(shop: Shop) -> None:
    dispatcher = shop.dispatcher(mode=Mode.OBSERVE)
    shop.stock("A", 7)
    shop.settle(dispatcher, 4)
    assert looks(shop) == 0
    RequestBook(shop.store.registers, "amazon").ask(TENANT, shop.time.clock())
    shop.settle(dispatcher, 4)
    assert shop.listing("A").observed == 99
    place, _ = Passes(shop.store.registers, "amazon", shop.clock).read(TENANT)
    assert (place.looked, place.differed, place.ended is None) == (1, 1, False)


def test_one_listing_is_asked_for_and_no_other_is_looked_at(shop: Shop) -> None:
    stocked(shop)
    dispatcher = shop.dispatcher()
    edited(shop, NAMES[7], 70)
    edited(shop, NAMES[8], 80)
    before = looks(shop)
    for _ in range(3):
        RequestBook(shop.store.registers, "amazon").ask(TENANT, shop.time.clock(), sku(NAMES[7]))
    shop.settle(dispatcher, 10)
    assert (shop.shown(NAMES[7]), shop.shown(NAMES[8])) == (7, 80)
    assert looks(shop) == before + 1


def test_the_walk_keeps_to_half_the_rate(shop: Shop) -> None:
    stocked(shop)
    dispatcher = shop.dispatcher(rates=Rates(FAST.set_quantity, Rate(1, 4)))
    shop.time.pass_(EVERY)
    before = looks(shop)
    shop.settle(dispatcher, 20)
    assert 8 <= looks(shop) - before <= 12
    shop.settle(dispatcher, 60)
    assert Passes(shop.store.registers, "amazon", shop.clock).read(TENANT)[0].ended is not None


def test_what_is_due_goes_before_the_walk(shop: Shop) -> None:
    stocked(shop)
    dispatcher = shop.dispatcher(rates=Rates(FAST.set_quantity, Rate(1, 4)))
    shop.listeners.append(dispatcher)
    shop.time.pass_(EVERY)
    shop.settle(dispatcher, 5)
    shop.sell(NAMES[29])
    dispatcher.round()
    assert shop.shown(NAMES[29]) == 28


def test_the_next_process_goes_on_where_one_was_killed(shop: Shop) -> None:
    stocked(shop)
    shop.time.pass_(EVERY)
    rates = Rates(FAST.set_quantity, Rate(10, 10))
    shop.settle(shop.dispatcher("one", rates=rates), 6)
    place, _ = Passes(shop.store.registers, "amazon", shop.clock).read(TENANT)
    assert place.after is not None
    assert place.looked == 20
    before = looks(shop)
    shop.time.pass_(LENGTH)
    shop.settle(shop.dispatcher("two", rates=rates), 10)
    assert looks(shop) - before <= 10
    assert Passes(shop.store.registers, "amazon", shop.clock).read(TENANT)[0].ended is not None


def test_a_listing_that_is_not_answered_for_does_not_stop_the_walk(shop: Shop) -> None:
    stocked(shop)
    shop.sim.amazon.faults.add(Fault(kind="status", operation="get", sku=NAMES[2], times=None))
    edited(shop, NAMES[9], 90)
    shop.time.pass_(EVERY)
    shop.settle(shop.dispatcher(), 60)
    assert shop.shown(NAMES[9]) == 9


def test_a_listing_that_is_gone_is_told(shop: Shop) -> None:
    stocked(shop)
    shop.sim.amazon.faults.add(Fault(kind="status", status=404, operation="get", sku=NAMES[2], times=None))
    shop.time.pass_(EVERY)
    shop.settle(shop.dispatcher(), 10)
    assert [alert.type for alert in shop.alerts() if alert.sku == NAMES[2]] == ["sync_failed"]


def test_an_observer_walks_and_sends_nothing(shop: Shop) -> None:
    for number, name in enumerate(NAMES):
        shop.stock(name, number)
    shop.sim.amazon.put_listing("UNCOUNTED", quantity=50)
    shop.map("UNCOUNTED")
    dispatcher = shop.dispatcher(mode=Mode.OBSERVE)
    shop.settle(dispatcher, 2)
    shop.time.pass_(FIRST_AFTER)
    shop.settle(dispatcher, 10)
    assert shop.sent() == []
    assert [shop.listing(name).observed for name in NAMES] == [99] * len(NAMES)
    assert shop.listing("UNCOUNTED").observed == 50
    assert not any(drifts(shop, name) for name in NAMES), "nothing was ever told"


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.LIVE])
def test_a_listing_that_amazon_fulfils_does_not_stop_the_walk(shop: Shop, mode: Mode) -> None:
    for name in ("A", "B", "C"):
        shop.stock(name, 4, shown=4)
    shop.sim.amazon.put_listing("B", quantity=4, channel="AMAZON_NA")
    dispatcher = shop.dispatcher(mode=mode)
    shop.settle(dispatcher, 4)
    shop.time.pass_(FIRST_AFTER)
    shop.settle(dispatcher, 10)
    assert (shop.listing("A").observed, shop.listing("B").observed, shop.listing("C").observed) == (4, None, 4)


def test_many_requests_become_one_for_all() -> None:
    requests = Requests()
    for number in range(MOST + 1):
        requests = requests.plus(later(MORNING, timedelta(seconds=number)), sku(f"S{number}"))
    assert requests == Requests(later(MORNING, timedelta(seconds=MOST)))
