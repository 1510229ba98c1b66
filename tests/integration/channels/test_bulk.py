"""Many due at once: the riskiest go one by one, the rest in a feed."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import msgspec
import pytest

from channels.desk import Desk
from channels.limits import Rate
from channels.modes import Mode
from channels.sellers import Rates
from channels.simulators.amazon import Fault
from channels.switchboard import Switchboard
from channels.teller import MERCHANT_CHECK
from channels.visits import visit
from stock.events import BroadcastAccepted, BroadcastRejected
from tests.integration.channels.mall import STOCK, Mall, mall, names
from tests.integration.channels.shop import TENANT

THIN = Rates(Rate(0.1, 5), Rate(0.2, 10), create_feed=Rate(0.0083, 2))
"""So slow that a feed pays for forty."""

FEW = names(40)
LAST = FEW[-1]
"""Nobody is less risky: it goes in the feed."""


@pytest.fixture
def shop(http: httpx.Client) -> Iterator[Mall]:
    with mall(http) as built:
        built.open(FEW)
        built.limit(THIN)
        yield built


def sell_out(shop: Mall, these: list[str] = FEW) -> None:
    for name in these:
        shop.sell(name, STOCK)


def test_many_sold_out_at_once_go_in_a_feed_and_the_riskiest_by_themselves(shop: Mall) -> None:
    dispatcher = shop.bulk(rates=THIN)
    sell_out(shop)
    took = shop.until(dispatcher, shop.calm(FEW))
    assert (len(shop.sim.amazon.feeds.all()), shop.sim.amazon.refused) == (1, {})
    carried = {name for name, _ in shop.by_feed()}
    alone = [name for name, _ in shop.by_patch()]
    assert carried.isdisjoint(alone)
    assert len(carried) + len(alone) == len(FEW)
    assert alone == FEW[: len(alone)], "what was sold out first"
    assert took < len(FEW) / THIN.set_quantity.per_second / 2


def test_the_log_tells_of_a_feeds_quantities_what_it_tells_of_others(shop: Mall) -> None:
    dispatcher = shop.bulk(rates=THIN)
    sell_out(shop)
    shop.until(dispatcher, shop.calm(FEW))
    (event,) = [event for event in shop.told(LAST) if event.tx_id.startswith("attempt:")]
    assert shop.outcomes(LAST)[-1] == BroadcastAccepted(1, 0, shop.state(LAST).cause_version, LAST)
    assert event.correlation == shop.sim.amazon.feeds.all()[0].feed
    assert (shop.delivery(LAST).outcome, shop.delivery(LAST).carried) == ("accepted", None)


def test_few_go_by_themselves(shop: Mall) -> None:
    dispatcher = shop.bulk(rates=THIN)
    sell_out(shop, FEW[:20])
    shop.until(dispatcher, shop.calm(FEW))
    assert (shop.sim.amazon.feeds.all(), len(shop.by_patch())) == ([], 20)


def test_less_is_told_at_once_while_a_feed_is_under_way_and_again_when_it_is_over(shop: Mall) -> None:
    dispatcher = shop.bulk(rates=THIN)
    for name in FEW:
        shop.found(name, 4)
    shop.until(dispatcher, shop.in_state("carried"))
    shop.sell(LAST, 8)
    dispatcher.wake(TENANT, LAST)  # type: ignore[arg-type]
    shop.until(dispatcher, lambda: (LAST, 1) in shop.by_patch(), timedelta(seconds=30))
    assert shop.record_of_feed().state == "carried"
    shop.until(dispatcher, shop.calm(FEW))
    of_last = [(change.quantity, change.submission) for change in shop.sim.amazon.history if change.sku == LAST]
    feed = shop.sim.amazon.feeds.all()[0].feed
    assert [quantity for quantity, _ in of_last] == [STOCK, 1, 9, 1]
    shop.sound(FEW)
    assert of_last[2][1] == feed


def test_more_waits_until_the_feed_is_over(shop: Mall) -> None:
    dispatcher = shop.bulk(rates=THIN)
    sell_out(shop)
    shop.until(dispatcher, shop.in_state("carried"))
    shop.found(LAST, 3)
    shop.until(dispatcher, lambda: shop.shown(LAST) == 0, timedelta(minutes=5))
    shop.until(dispatcher, shop.calm(FEW))
    assert [quantity for name, quantity in shop.sent() if name == LAST] == [0, 3]
    shop.sound(FEW)


def test_what_a_feed_refuses_is_told_by_the_log_and_tried_again(shop: Mall) -> None:
    shop.sim.amazon.faults.add(Fault(kind="invalid", operation="message", sku=LAST))
    dispatcher = shop.bulk(rates=THIN)
    sell_out(shop)
    shop.until(dispatcher, shop.calm(FEW))
    outcomes = [fact for fact in shop.outcomes(LAST) if isinstance(fact, BroadcastAccepted | BroadcastRejected)]
    assert [(type(fact), fact.attempt, fact.quantity) for fact in outcomes] == [
        (BroadcastAccepted, 1, 0),
        (BroadcastRejected, 2, 0),
        (BroadcastAccepted, 3, 0),
    ]
    assert "sync_failed" in {alert.type for alert in shop.alerts()}


def test_what_a_feed_that_was_given_up_did_is_told_again(shop: Mall) -> None:
    shop.sim.amazon.faults.add(Fault(kind="fatal", operation="message", sku=FEW[30]))
    dispatcher = shop.bulk(rates=THIN)
    sell_out(shop)
    shop.until(dispatcher, shop.calm(FEW))
    assert shop.sim.amazon.feeds.all()[-1].status == "FATAL"
    shop.sound(FEW)


def test_a_feed_that_was_cancelled_by_somebody_is_told_again(shop: Mall) -> None:
    dispatcher = shop.bulk(rates=THIN)
    sell_out(shop)
    shop.until(dispatcher, shop.in_state("carried"))
    assert shop.sim.amazon.feeds.cancel(shop.record_of_feed().feed)
    shop.until(dispatcher, shop.calm(FEW))
    shop.sound(FEW)


def test_taking_over_knows_of_the_feeds_before(shop: Mall) -> None:
    """One may be made at once, then one in two minutes: whoever makes them."""
    rates = msgspec.structs.replace(THIN, create_feed=Rate(0.0083, 1))
    shop.limit(rates)
    for holder in ("one", "two", "three"):
        dispatcher = shop.bulk(holder, rates=rates)
        for name in FEW:
            shop.found(name, 1)
        shop.until(dispatcher, shop.in_state("carried"))
        shop.until(dispatcher, shop.in_state("idle"))
        dispatcher.stop()
    assert len(shop.sim.amazon.feeds.all()) == 3
    assert shop.sim.amazon.refused == {}


def test_a_listing_that_amazon_fulfils_is_in_no_feed(shop: Mall) -> None:
    shop.sim.amazon.put_listing(LAST, quantity=STOCK, channel="AMAZON_NA")
    shop.time.pass_(MERCHANT_CHECK)
    dispatcher = shop.bulk(rates=THIN)
    sell_out(shop)
    shop.until(dispatcher, lambda: not shop.due() and shop.record_of_feed().state == "idle")
    assert shop.by_feed() == [], "a look of yesterday is no look"
    assert not any(listing.corrupted for listing in shop.sim.amazon.listings())
    assert LAST not in {name for name, _ in shop.sent()}


def test_listings_that_nobody_looked_at_lately_are_asked_for_twenty_at_a_time(shop: Mall) -> None:
    shop.sim.amazon.put_listing(LAST, quantity=STOCK, channel="AMAZON_NA")
    shop.time.pass_(MERCHANT_CHECK)
    dispatcher = shop.bulk(rates=THIN, lookup=shop.client().catalogue)
    sell_out(shop)
    shop.until(dispatcher, lambda: not shop.due() and shop.record_of_feed().state == "idle")
    carried = {name for name, _ in shop.by_feed()}
    assert len(carried) > 20
    assert LAST not in carried | {name for name, _ in shop.by_patch()}, "Amazon fulfils it"
    assert not any(listing.corrupted for listing in shop.sim.amazon.listings())
    assert shop.sim.amazon.requests["searchListingsItems"] == 2
    assert shop.sim.amazon.refused == {}


def test_listings_that_cannot_be_asked_for_go_by_themselves(shop: Mall) -> None:
    shop.time.pass_(MERCHANT_CHECK)
    shop.sim.amazon.faults.add(Fault(kind="status", operation="searchListingsItems", times=None))
    dispatcher = shop.bulk(rates=THIN, lookup=shop.client().catalogue)
    sell_out(shop)
    shop.until(dispatcher, shop.calm(FEW))
    assert (shop.by_feed(), len(shop.by_patch())) == ([], len(FEW))


def test_two_skus_of_one_listing_are_not_in_one_feed(shop: Mall) -> None:
    shop.map(FEW[-2], LAST)
    dispatcher = shop.bulk(rates=THIN)
    sell_out(shop)
    shop.until(dispatcher, lambda: not shop.due() and shop.record_of_feed().state == "idle")
    assert shop.by_feed().count((LAST, 0)) == 1


def test_what_may_still_be_on_its_way_goes_in_no_feed(shop: Mall) -> None:
    shop.sim.amazon.shelf.settles = timedelta(seconds=70)
    dispatcher = shop.bulk(rates=THIN)
    shop.found(LAST, 1)
    shop.until(dispatcher, lambda: shop.listing(LAST).accepted == STOCK + 1)
    sell_out(shop)
    shop.sell(LAST)
    shop.until(dispatcher, shop.in_state("carried"))
    assert shop.delivery(LAST).carried is None
    assert shop.delivery(FEW[-2]).carried is not None


def test_an_observer_makes_no_feed(shop: Mall) -> None:
    dispatcher = shop.bulk(rates=THIN, mode=Mode.OBSERVE)
    sell_out(shop)
    for _ in range(30):
        dispatcher.round()
        shop.time.pass_(timedelta(seconds=1))
    assert (shop.sent(), shop.sim.amazon.feeds.all(), shop.record_of_feed().number) == ([], [], 0)


def test_a_feed_under_way_is_followed_when_the_channel_is_observed_from_then_on(shop: Mall) -> None:
    dispatcher = shop.bulk(rates=THIN)
    sell_out(shop)
    shop.until(dispatcher, shop.in_state("created", "carried"))
    board = Switchboard(shop.store.log, shop.engine.recorder, shop.clock)
    board.set_mode(TENANT, "amazon", "observe", source="operator")
    shop.until(dispatcher, shop.in_state("idle"), timedelta(minutes=5))
    assert shop.shown(LAST) == 0
    assert shop.delivery(LAST).outcome == "accepted"


def test_too_many_zeros_pause_the_channel_and_no_feed_is_made(shop: Mall) -> None:
    dispatcher = shop.bulk(rates=THIN, zeroing=0.1)
    sell_out(shop)
    for _ in range(60):
        dispatcher.round()
        shop.time.pass_(timedelta(seconds=1))
    board = Switchboard(shop.store.log, shop.engine.recorder, shop.clock)
    assert (shop.sent(), shop.sim.amazon.feeds.all()) == ([], [])
    assert board.read(TENANT, "amazon").pause is not None
    board.resume(TENANT, "amazon", source="operator")
    shop.until(dispatcher, shop.calm(FEW))
    assert len(shop.sim.amazon.feeds.all()) == 1


@pytest.mark.parametrize("kind", ["throttle", "unauthorised", "status"])
@pytest.mark.parametrize("operation", ["createFeedDocument", "upload", "createFeed"])
def test_a_feed_that_cannot_be_made_leaves_all_to_be_told_by_themselves(shop: Mall, operation: str, kind: str) -> None:
    shop.sim.amazon.faults.add(Fault.model_validate({"kind": kind, "operation": operation, "times": None}))
    dispatcher = shop.bulk(rates=THIN)
    sell_out(shop)
    shop.until(dispatcher, shop.calm(FEW))
    assert (shop.by_feed(), len(shop.by_patch())) == ([], len(FEW))


def test_how_long_feeds_take_is_learned(shop: Mall) -> None:
    dispatcher = shop.bulk(rates=THIN)
    sell_out(shop)
    shop.until(dispatcher, shop.calm(FEW))
    assert 75 <= shop.record_of_feed().took <= 90


def test_a_process_that_comes_and_goes_carries_a_feed_to_its_end(shop: Mall) -> None:
    desk = Desk(
        shop.engine,
        msgspec.structs.replace(shop.seller(rates=THIN), feeds=shop.client().feeds, zeroing=1.0),
        "amazon",
        "one",
        clock=shop.clock,
        monotonic=shop.monotonic,
    )
    sell_out(shop)
    visits = 0
    again: timedelta | None = timedelta()
    while again is not None:
        shop.time.pass_(again)
        end = shop.monotonic() + 60
        visited = visit(
            desk,
            [],
            lambda end=end: timedelta(seconds=end - shop.monotonic()),  # type: ignore[misc]
            lambda seconds: shop.time.pass_(timedelta(seconds=seconds)),
        )
        again, visits = visited.again, visits + 1
        assert visits < 100, "there is no end of it"
    assert (visits > 3, len(shop.sim.amazon.feeds.all())) == (True, 1)
    shop.sound(FEW)
