"""Of several dispatchers one tends a seller, and whoever is late sends nothing more."""

from datetime import timedelta

import msgspec
import pytest

from channels.attempts import Delivery
from channels.dispatcher import Dispatcher
from channels.limits import Rate
from channels.modes import Mode
from channels.sellers import Rates
from channels.tenure import LENGTH
from stock.identities import sku
from tests.integration.channels.accidents import InterruptedClient, SlowRegisters
from tests.integration.channels.shop import TENANT, Shop


def test_one_of_two_dispatchers_sends(shop: Shop) -> None:
    one, two = shop.dispatcher("one"), shop.dispatcher("two")
    shop.stock("A", 7)
    for _ in range(4):
        (first,), (second,) = one.round().sellers, two.round().sellers
        assert (first.held, second.held) == (True, False)
        shop.settle(one, 1)
    assert shop.sent() == [("A", 7)]


def test_another_takes_over_at_once_from_one_that_stops(shop: Shop) -> None:
    one, two = shop.dispatcher("one"), shop.dispatcher("two")
    shop.settle(one)
    one.stop()
    shop.stock("A", 7)
    shop.settle(two)
    assert shop.sent() == [("A", 7)]
    assert shop.delivery("A").fence == 2


def test_another_takes_over_from_one_that_is_silent_once_its_lease_runs_out(shop: Shop) -> None:
    one, two = shop.dispatcher("one"), shop.dispatcher("two")
    shop.settle(one, 1)
    shop.stock("A", 7)
    shop.settle(two, int(LENGTH.total_seconds()) - 2)
    assert shop.sent() == []
    shop.settle(two)
    assert shop.sent() == [("A", 7)]


def test_taking_over_starts_with_empty_buckets(shop: Shop) -> None:
    rates = Rates(Rate(1, 5), Rate(1000, 1000))
    one = shop.dispatcher("one", rates=rates)
    shop.time.pass_(timedelta(minutes=1))
    for name in ("A", "B", "C"):
        shop.stock(name, 7)
    shop.settle(one, 3)
    assert [name for name, _ in shop.sent()] == ["A", "B"], "one a second, whatever time went by before"


@pytest.mark.parametrize("operation", ["set_quantity", "listing"])
def test_losing_the_lease_in_the_middle_stops_the_sending(shop: Shop, operation: str) -> None:
    """While the first one waits for an answer its lease runs out and a second one takes over."""
    two = shop.dispatcher("two")
    happened: list[str] = []

    def meanwhile(during: str) -> None:
        if during == operation and not happened:
            happened.append(during)
            shop.time.pass_(LENGTH)
            shop.sell("C", 4)
            shop.settle(two, 2)

    one = shop.dispatcher("one", InterruptedClient(shop.client(), meanwhile))
    for name, quantity in (("A", 1), ("B", 2), ("C", 7)):
        shop.stock(name, quantity)
    one.round()
    shop.time.pass_(timedelta(seconds=1))
    reports = [report.sellers[0] for report in shop.settle(one, 2)]
    assert happened
    assert [report.lost for report in reports].count(True) == 1
    assert not reports[-1].held
    by_two = [("A", 1), ("B", 2), ("C", 3)]
    assert shop.sent() == ([("A", 1)] if operation == "set_quantity" else []) + by_two
    assert {shop.delivery(name).fence for name in "ABC"} == {2}
    assert shop.due() == []


def test_the_outcome_of_a_call_that_outlived_its_lease_is_kept(shop: Shop) -> None:
    """The answer came: that is a fact, whoever holds the seller now. The next one need not repeat it."""

    def meanwhile(during: str) -> None:
        if during == "set_quantity":
            shop.time.pass_(LENGTH)

    one = shop.dispatcher("one", InterruptedClient(shop.client(), meanwhile))
    shop.stock("A", 7)
    shop.settle(one, 2)
    assert [event.tx_id for event in shop.told("A")] == ["attempt:1"]
    shop.settle(shop.dispatcher("two"))
    assert shop.sent() == [("A", 7)]


def test_a_lease_that_ran_out_while_the_listing_was_looked_at_leaves_no_row(shop: Shop) -> None:
    one = shop.dispatcher("one", InterruptedClient(shop.client(), lambda _: shop.time.pass_(LENGTH)))
    shop.stock("A", 7)
    assert shop.settle(one, 2)[-1].sellers[0].lost
    assert (shop.sent(), shop.delivery("A").attempt) == ([], 0)


def test_a_lease_that_ran_out_while_the_row_was_written_sends_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.stock("A", 7)
    with monkeypatch.context() as patch:
        slow = SlowRegisters(shop.store.registers, lambda: shop.time.pass_(LENGTH))
        patch.setattr(shop.store, "registers", slow)
        one = shop.dispatcher("one")
    reports = shop.settle(one, 2)
    assert reports[-1].sellers[0].lost
    assert shop.sent() == []
    shop.settle(shop.dispatcher("two"))
    assert shop.sent() == [("A", 7)]


def test_a_row_of_a_later_holder_stops_an_earlier_one(shop: Shop) -> None:
    """An earlier holder that slept between its lease and its row finds the later fence and sends nothing."""
    one = shop.dispatcher("one")
    shop.stock("A", 7)
    shop.stock("B", 8)
    one.round()
    shop.time.pass_(timedelta(seconds=1))
    later = Delivery(4, "A", 6, 1, fence=9, at=shop.time.clock(), outcome="untaken")
    assert shop.attempts.write(shop.attempts.entry(TENANT, sku("A")), later)
    report = one.round().sellers[0]
    assert (report.lost, shop.sent()) == (True, [])
    assert shop.delivery("A") == later


def test_sellers_of_one_tenant_or_of_two_are_not_mixed_up(shop: Shop) -> None:
    seller = shop.seller()
    for twin in (msgspec.structs.replace(seller, seller_id="A2"), msgspec.structs.replace(seller, tenant="other")):
        with pytest.raises(ValueError, match="seller"):
            Dispatcher(shop.engine, [seller, twin], holder="one")


def test_an_observer_holds_the_seller_too(shop: Shop) -> None:
    one, two = shop.dispatcher("one", mode=Mode.OBSERVE), shop.dispatcher("two", mode=Mode.OBSERVE)
    shop.stock("A", 7)
    reports = [*shop.settle(one, 2), *shop.settle(two, 2)]
    assert sum(report.would_tell for report in reports) == 1
