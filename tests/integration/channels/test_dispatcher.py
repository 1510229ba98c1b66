"""What channels should show becomes what they show, and nothing else is sent."""

from datetime import timedelta

import pytest

from channels.decisions import BACKOFF
from channels.limits import Rate
from channels.modes import Mode
from channels.sellers import Rates
from channels.simulators.amazon import Fault
from channels.teller import MERCHANT_CHECK, NOT_MERCHANT_FULFILLED, OTHER_CHECK
from stock.events import BroadcastAccepted, BroadcastRejected
from stock.identities import sku
from tests.integration.channels.accidents import InterruptedClient
from tests.integration.channels.shop import SECOND, TENANT, Shop


def test_a_listing_comes_to_show_its_stock(shop: Shop) -> None:
    shop.stock("A", 7)
    shop.settle(shop.dispatcher())
    assert shop.shown("A") == 7
    assert shop.outcomes("A") == [BroadcastAccepted(1, 7, 1, "A")]
    assert shop.state("A").settled("amazon")
    assert (shop.delivery("A").outcome, shop.delivery("A").fence) == ("accepted", 1)


def test_the_event_tells_which_attempt_and_which_submission(shop: Shop) -> None:
    shop.stock("A", 7)
    shop.settle(shop.dispatcher())
    (event,) = shop.told("A")
    assert event.tx_id == "attempt:1"
    assert event.correlation == shop.sim.amazon.history[-1].submission
    assert event.source == "dispatcher"


def test_only_the_newest_quantity_is_sent(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    for _ in range(5):
        shop.sell("A")
    shop.settle(dispatcher)
    assert shop.sent() == [("A", 2)]


def test_what_changes_while_the_listing_is_looked_at_is_sent(shop: Shop) -> None:
    def meanwhile(during: str) -> None:
        if during == "listing":
            shop.sell("A", 2)

    shop.stock("A", 7)
    shop.settle(shop.dispatcher(client=InterruptedClient(shop.client(), meanwhile)))
    assert shop.sent() == [("A", 5)]


def test_nothing_is_sent_twice(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.settle(dispatcher)
    before = shop.sim.amazon.requests
    shop.settle(dispatcher)
    assert shop.sim.amazon.requests == before


def test_a_version_that_moves_without_the_quantity_sends_nothing(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.settle(dispatcher)
    shop.map("A")
    shop.sell("A")
    shop.found("A")
    shop.settle(dispatcher)
    assert shop.sent() == [("A", 7)]


def test_the_riskiest_goes_first(shop: Shop) -> None:
    for name, quantity in (("plenty", 500), ("some", 20), ("out", 0), ("last", 1)):
        shop.stock(name, quantity)
    shop.settle(shop.dispatcher())
    assert shop.sent() == [("out", 0), ("last", 1), ("some", 20), ("plenty", 500)]


def test_of_equals_the_one_that_waits_longest_goes_first(shop: Shop) -> None:
    for name in ("Z", "M", "A"):
        shop.stock(name, 3)
        shop.time.pass_(SECOND)
    shop.settle(shop.dispatcher())
    assert [name for name, _ in shop.sent()] == ["Z", "M", "A"]


def test_who_runs_out_meanwhile_overtakes_those_that_wait_for_a_token(shop: Shop) -> None:
    dispatcher = shop.dispatcher(rates=Rates(Rate(1, 1), Rate(1000, 1000)))
    for name in ("A", "B", "C"):
        shop.stock(name, 10)
    shop.settle(dispatcher, 2)
    assert shop.sent() == [("A", 10)]
    shop.sell("C", 10)
    shop.settle(dispatcher, 2)
    assert shop.sent() == [("A", 10), ("C", 0), ("B", 10)]


@pytest.mark.parametrize("name", ["a/b #c%d", "100% wool/#1 @home", "日本語 👍🏽", "..", "%2F", "amazon:x"])
def test_any_sku_comes_to_show_its_stock(shop: Shop, name: str) -> None:
    shop.stock(name, 7)
    shop.settle(shop.dispatcher())
    shop.sell(name)
    shop.settle(shop.dispatcher())
    assert shop.shown(name) == 6
    assert shop.state(name).settled("amazon")


def test_a_listing_may_have_another_name_than_its_sku(shop: Shop) -> None:
    shop.stock("A", 7)
    shop.sim.amazon.put_listing("seller/sku 1", quantity=99)
    shop.map("A", "seller/sku 1")
    shop.settle(shop.dispatcher())
    assert shop.sent() == [("seller/sku 1", 7)]


def test_observing_counts_and_sends_nothing(shop: Shop) -> None:
    dispatcher = shop.dispatcher(mode=Mode.OBSERVE)
    shop.stock("A", 7)
    shop.stock("B", 3)
    assert sum(report.would_tell for report in shop.settle(dispatcher)) == 2
    shop.sell("A")
    dispatcher.wake(TENANT, sku("A"))
    assert sum(report.would_tell for report in shop.settle(dispatcher)) == 1
    assert shop.sim.amazon.requests == {}
    assert shop.outcomes("A") == []
    assert shop.delivery("A").attempt == 0


def test_off_is_off(shop: Shop) -> None:
    shop.stock("A", 7)
    (report, *_) = shop.settle(shop.dispatcher(mode=Mode.OFF))
    assert not report.sellers[0].held
    assert (shop.sim.amazon.requests, report.would_tell) == ({}, 0)


def test_an_uncounted_sku_is_never_sent(shop: Shop) -> None:
    shop.sim.amazon.put_listing("A", quantity=99)
    shop.map("A")
    shop.sell("A")
    dispatcher = shop.dispatcher()
    dispatcher.wake(TENANT, sku("A"))
    shop.settle(dispatcher)
    assert shop.sim.amazon.requests == {}
    assert shop.shown("A") == 99


def test_an_unmapped_sku_is_never_sent(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.settle(dispatcher)
    shop.unmap("A")
    shop.sell("A")
    dispatcher.wake(TENANT, sku("A"))
    shop.settle(dispatcher)
    assert shop.sent() == [("A", 7)]


def test_another_tenants_stock_is_not_this_sellers(shop: Shop) -> None:
    shop.stock("A", 7, tenant="other")
    shop.settle(shop.dispatcher())
    assert shop.sim.amazon.requests == {}


@pytest.mark.parametrize("channel", ["AMAZON_NA", "AMAZON_EU", None])
def test_a_listing_that_is_not_known_to_be_the_merchants_is_refused(shop: Shop, channel: str | None) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7, shown=4, channel=channel)
    shop.settle(dispatcher)
    assert shop.sent() == []
    assert shop.outcomes("A") == [BroadcastRejected(1, 7, 1, NOT_MERCHANT_FULFILLED, retry=False)]
    assert [alert.type for alert in shop.alerts()] == ["sync_failed"]
    assert shop.due() == []
    shop.sell("A")
    shop.settle(dispatcher)
    assert shop.sim.amazon.requests["get"] == 1, "the answer is remembered for a while"
    listing = shop.sim.amazon.listing("A")
    assert listing is not None
    assert not listing.corrupted


def test_a_listing_that_becomes_the_merchants_is_told_in_time(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7, channel="AMAZON_NA")
    shop.settle(dispatcher)
    shop.sim.amazon.put_listing("A", quantity=99)
    shop.time.pass_(OTHER_CHECK)
    shop.sell("A")
    shop.settle(dispatcher)
    assert shop.sent() == [("A", 6)]


def test_a_listing_is_looked_at_before_it_is_first_told_and_once_a_day(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 70)
    for _ in range(3):
        shop.settle(dispatcher)
        shop.sell("A")
    assert (shop.sim.amazon.requests["get"], shop.sim.amazon.requests["patch"]) == (1, 3)
    shop.time.pass_(MERCHANT_CHECK)
    shop.settle(dispatcher)
    assert (shop.sim.amazon.requests["get"], shop.sim.amazon.requests["patch"]) == (2, 4)


def test_another_listing_is_looked_at_anew(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.settle(dispatcher)
    shop.sim.amazon.put_listing("FBA", quantity=4, channel="AMAZON_NA")
    shop.map("A", "FBA")
    shop.sell("A")
    shop.settle(dispatcher)
    assert shop.sent() == [("A", 7)]
    assert isinstance(shop.outcomes("A")[-1], BroadcastRejected)


def test_a_listing_that_does_not_exist_is_refused_and_tried_again(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.map("A", "LATE")
    shop.settle(dispatcher)
    assert shop.outcomes("A") == [BroadcastRejected(1, 7, 1, "NOT_FOUND")]
    shop.sim.amazon.put_listing("LATE", quantity=99)
    shop.time.pass_(BACKOFF)
    shop.settle(dispatcher)
    assert shop.shown("LATE") == 7


def test_a_refused_quantity_is_tried_again_after_its_backoff_which_doubles(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.sim.amazon.faults.add(Fault(kind="invalid", times=2))
    shop.settle(dispatcher)
    assert shop.outcomes("A") == [BroadcastRejected(1, 7, 1, "8541")]
    for seconds, outcomes in ((25, 1), (10, 2), (50, 2), (15, 3)):
        shop.settle(dispatcher, seconds)
        assert len(shop.outcomes("A")) == outcomes
    assert shop.outcomes("A")[-1] == BroadcastAccepted(3, 7, 1, "A")
    assert shop.shown("A") == 7


def test_a_lower_quantity_does_not_wait_for_the_backoff(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.sim.amazon.faults.add(Fault(kind="invalid"))
    shop.settle(dispatcher)
    shop.listeners.append(dispatcher)
    shop.sell("A")
    shop.settle(dispatcher, 1)
    assert shop.sent() == [("A", 6)]


def test_one_refused_listing_holds_up_no_other(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.sim.amazon.faults.add(Fault(kind="invalid", sku="bad", times=None))
    shop.stock("bad", 0)
    shop.stock("good", 7)
    shop.settle(dispatcher, 2)
    assert shop.sent() == [("good", 7)]


def test_more_refused_listings_than_a_round_looks_at_hold_up_no_other(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    for number in range(50):
        shop.sim.amazon.faults.add(Fault(kind="invalid", sku=f"bad-{number}", times=None))
        shop.stock(f"bad-{number}", 1)
    shop.stock("good", 7)
    shop.settle(dispatcher, 6)
    assert shop.sent() == [("good", 7)]


def test_a_429_is_honoured_and_counts_as_no_attempt(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.stock("B", 8)
    shop.sim.amazon.faults.add(Fault(kind="throttle", operation="patch", retry_after=30))
    shop.settle(dispatcher, 29)
    assert shop.sim.amazon.requests["patch"] == 1
    assert shop.outcomes("A") == []
    assert (shop.delivery("A").outcome, shop.delivery("A").doubtful) == ("untaken", False)
    shop.settle(dispatcher, 4)
    assert shop.sent() == [("A", 7), ("B", 8)]
    assert shop.outcomes("A") == [BroadcastAccepted(2, 7, 1, "A")]


def test_a_429_to_a_look_is_honoured_too(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.sim.amazon.faults.add(Fault(kind="throttle", operation="get", retry_after=30))
    shop.settle(dispatcher, 29)
    assert shop.sim.amazon.requests["get"] == 1
    shop.settle(dispatcher, 4)
    assert shop.sent() == [("A", 7)]


def test_a_granted_rate_is_kept(shop: Shop) -> None:
    from channels.simulators.amazon.state import Limit

    dispatcher = shop.dispatcher(rates=Rates(Rate(1, 1), Rate(1000, 1000)))
    shop.sim.amazon.limits["patch"] = Limit(Rate(0.1, 1000))
    shop.stock("A", 700)
    for _ in range(60):
        shop.sell("A")
        shop.settle(dispatcher, 1)
    assert 6 <= len(shop.sent()) <= 7


def test_an_unknown_outcome_is_told_again_under_a_new_number(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.sim.amazon.faults.add(Fault(kind="drop", operation="patch", applied=True))
    shop.settle(dispatcher, 2)
    assert shop.outcomes("A") == []
    assert shop.delivery("A").doubtful
    shop.sell("A")
    shop.settle(dispatcher, 4)
    assert shop.sent() == [("A", 7), ("A", 6)]
    assert shop.outcomes("A") == [BroadcastAccepted(2, 6, 3, "A")]
    assert not shop.delivery("A").doubtful


def test_an_unknown_outcome_is_told_again_even_where_nothing_is_due(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.settle(dispatcher)
    shop.sell("A")
    shop.sim.amazon.faults.add(Fault(kind="status", operation="patch", applied=True))
    shop.settle(dispatcher, 1)
    shop.found("A")
    assert (shop.shown("A"), shop.due()) == (6, [])
    shop.settle(dispatcher)
    assert shop.shown("A") == 7


def test_doubt_outlives_a_refusal(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.settle(dispatcher)
    shop.sim.amazon.faults.add(
        Fault(kind="drop", operation="patch", applied=True), Fault(kind="throttle", operation="patch")
    )
    shop.sell("A")
    shop.settle(dispatcher, 4)
    shop.found("A")
    assert (shop.shown("A"), shop.due()) == (6, [])
    shop.settle(dispatcher, 8)
    assert shop.shown("A") == 7


def test_a_channel_that_is_down_is_asked_less_and_less_and_then_told_everything(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    for number in range(10):
        shop.stock(f"SKU-{number}", number)
    shop.sim.amazon.faults.add(Fault(kind="status", status=503, bare=True, times=None))
    shop.settle(dispatcher, 120)
    assert shop.sim.amazon.requests["token"] < 15
    shop.sim.amazon.faults.clear()
    shop.settle(dispatcher, 90)
    assert shop.due() == []
    assert [shop.shown(f"SKU-{number}") for number in range(10)] == list(range(10))


def test_refused_credentials_raise_an_alert_and_stop_the_seller_for_a_while(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    for name in ("A", "B", "C"):
        shop.stock(name, 7)
    shop.sim.amazon.faults.add(Fault(kind="unauthorised", operation="get", times=2))
    shop.settle(dispatcher, 30)
    assert shop.sim.amazon.requests["get"] == 2, "asked once, and once more with a new token"
    assert shop.outcomes("A") == [BroadcastRejected(1, 7, 1, "Unauthorized")]
    assert [alert.type for alert in shop.alerts()] == ["sync_failed"]
    shop.settle(dispatcher, 60)
    assert sorted(shop.sent()) == [("A", 7), ("B", 7), ("C", 7)]


def test_a_rebuild_of_the_broadcasts_sends_nothing(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    for number in range(5):
        shop.stock(f"SKU-{number}", number)
    shop.settle(dispatcher)
    before = shop.sent()
    shop.rebuild("broadcasts")
    shop.settle(dispatcher, 10)
    assert shop.sent() == before


def test_a_round_tells_what_it_did(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.stock("B", 8)
    shop.sim.amazon.faults.add(Fault(kind="invalid", sku="B"))
    first, second, third, _ = shop.settle(dispatcher)
    assert first.sellers[0].held
    assert (first.accepted, first.sellers[0].again) == (0, timedelta(milliseconds=1))
    assert (second.accepted, second.sellers[0].rejected) == (1, 1)
    assert third.accepted == 0
