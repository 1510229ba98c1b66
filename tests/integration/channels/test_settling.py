"""What a channel shows is compared with what it was told: confirmed, its own sale, or drift that is repaired."""

from datetime import timedelta

import pytest

from channels.decisions import CONFIRM_AFTER, MOST_REPEATS
from channels.evidence import OrdersRead
from channels.explaining import ORDERS_PATIENCE
from channels.modes import Mode
from channels.requests import RequestBook
from channels.simulators.amazon import Fault
from processor.clock import Instant
from processor.log import Append
from projections.broadcasts.observing import PROCESSING, REPEATED_WITHIN
from stock.events import (
    BroadcastAccepted,
    BroadcastRejected,
    BroadcastsResumed,
    ChannelOrdersRead,
    ChannelQuantityObserved,
    DriftFound,
    SaleCancelled,
    SaleRecorded,
)
from stock.identities import channel_stream, sku
from tests.factories import stated
from tests.integration.channels.accidents import FailingLog, Trap
from tests.integration.channels.shop import SECOND, TENANT, Shop


def notify(shop: Shop, name: str, quantity: int, at: Instant | None = None) -> None:
    """Tell what the channel's notification tells."""
    seen = ChannelQuantityObserved("n", quantity, at or shop.time.clock())
    shop.engine.recorder.record([Append(channel_stream(TENANT, "amazon", sku(name)), (stated(seen),))])


def sold_there(shop: Shop, name: str, quantity: int = 1) -> None:
    """The channel sells by itself; its notification comes before its order."""
    shown = shop.shown(name)
    assert shown is not None
    shop.sim.amazon.put_listing(name, quantity=shown - quantity)
    notify(shop, name, shown - quantity)


def order_comes(shop: Shop, name: str, line: str, quantity: int = 1) -> None:
    shop.record(name, stated(SaleRecorded(quantity), tx=f"amazon:line:{line}:{quantity}"))


def unread(shop: Shop) -> list[str]:
    return [alert.type for alert in shop.alerts() if not alert.read]


def looks(shop: Shop) -> int:
    return shop.sim.amazon.requests.get("get", 0)


@pytest.fixture
def settled(shop: Shop) -> Shop:
    """A shop whose listing A shows its ten units, as its dispatcher has seen."""
    dispatcher = shop.dispatcher()
    shop.listeners.append(dispatcher)
    shop.stock("A", 10)
    shop.settle(dispatcher)
    shop.time.pass_(CONFIRM_AFTER)
    shop.settle(dispatcher, 8)
    assert shop.listing("A").known
    return shop


def run(shop: Shop, rounds: int = 4) -> None:
    shop.settle(shop.listeners[0], rounds)


def test_what_was_told_is_looked_for_when_nobody_tells_that_it_is_shown(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.settle(dispatcher)
    assert looks(shop) == 1, "before the first quantity"
    shop.time.pass_(CONFIRM_AFTER)
    shop.settle(dispatcher, 8)
    assert looks(shop) == 2
    assert (shop.listing("A").flying, shop.listing("A").known) == (False, True)
    shop.time.pass_(timedelta(minutes=10))
    shop.settle(dispatcher, 8)
    assert looks(shop) == 2


def test_a_notification_saves_the_look(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.settle(dispatcher)
    notify(shop, "A", 7)
    shop.time.pass_(CONFIRM_AFTER)
    shop.settle(dispatcher, 8)
    assert looks(shop) == 1


def test_somebodys_edit_is_seen_told_and_repaired(settled: Shop) -> None:
    settled.sim.amazon.put_listing("A", quantity=15)
    notify(settled, "A", 15)
    run(settled)
    assert settled.shown("A") == 10
    found = [fact for fact in settled.outcomes("A") if isinstance(fact, DriftFound)]
    assert [(fact.expected, fact.observed, fact.reason) for fact in found] == [(10, 15, "foreign")]
    assert settled.sent() == [("A", 10), ("A", 10)]
    assert unread(settled) == ["drift"]
    settled.time.pass_(CONFIRM_AFTER)
    run(settled, 8)
    assert unread(settled) == [], "it was seen to be right again"


def test_a_late_notification_of_our_own_repairs_nothing(settled: Shop) -> None:
    settled.found("A", 2)
    run(settled)
    settled.time.pass_(SECOND)
    notify(settled, "A", 10)
    before = looks(settled)
    run(settled)
    assert looks(settled) == before + 1
    assert settled.sent() == [("A", 10), ("A", 12)]
    assert not any(isinstance(fact, DriftFound) for fact in settled.outcomes("A"))


def test_a_quantity_that_was_taken_and_is_never_shown_is_told_again(settled: Shop) -> None:
    settled.found("A", 2)
    run(settled)
    settled.sim.amazon.put_listing("A", quantity=10)
    settled.time.pass_(PROCESSING)
    run(settled, 12)
    assert settled.shown("A") == 12


def test_the_channels_own_sale_is_not_written_over(settled: Shop) -> None:
    sold_there(settled, "A")
    run(settled)
    assert (settled.shown("A"), settled.state("A").wanted("amazon")) == (9, 9)
    order_comes(settled, "A", "1")
    run(settled)
    assert settled.shown("A") == 9
    assert settled.sent() == [("A", 10)], "the channel counted its sale itself"
    assert settled.state("A").settled("amazon")
    assert settled.listing("A").limit is None
    assert not any(isinstance(fact, DriftFound) for fact in settled.outcomes("A"))


def test_a_sale_that_an_update_wrote_over_is_not_missed_beside_one_that_came_after(settled: Shop) -> None:
    """Two were sold since that quantity was computed, and one of them before it was shown: one less is no drift."""
    settled.found("A", 1)
    run(settled)
    settled.time.pass_(SECOND)
    notify(settled, "A", 11)
    run(settled)
    settled.time.pass_(SECOND)
    sold_there(settled, "A")
    order_comes(settled, "A", "before")
    order_comes(settled, "A", "after")
    run(settled)
    settled.time.pass_(CONFIRM_AFTER)
    run(settled, 40)
    assert settled.shown("A") == 9
    assert not any(isinstance(fact, DriftFound) for fact in settled.outcomes("A"))


@pytest.mark.parametrize("told", ["before", "after"])
def test_a_cancelled_unit_that_is_offered_again_is_no_drift(settled: Shop, told: str) -> None:
    """The quantity was told without it, and the channel puts it back, before its cancellation is known or after."""

    def cancelled() -> None:
        settled.record("A", stated(SaleCancelled(1, "o", "1"), tx="amazon:line:1:cancelled:1"))

    settled.record("A", stated(SaleRecorded(1, "o", "1"), tx="amazon:line:1:1"))
    run(settled)
    settled.time.pass_(SECOND)
    notify(settled, "A", 9)
    if told == "before":
        cancelled()
    settled.time.pass_(SECOND)
    settled.sim.amazon.put_listing("A", quantity=10)
    notify(settled, "A", 10)
    run(settled)
    if told == "after":
        cancelled()
    settled.time.pass_(CONFIRM_AFTER)
    run(settled, 20)
    assert settled.shown("A") == 10
    assert not any(isinstance(fact, DriftFound) for fact in settled.outcomes("A"))


def test_more_than_cancelled_orders_put_back_is_drift(settled: Shop) -> None:
    settled.record("A", stated(SaleRecorded(1, "o", "1"), tx="amazon:line:1:1"))
    run(settled)
    settled.time.pass_(SECOND)
    settled.sim.amazon.put_listing("A", quantity=11)
    notify(settled, "A", 11)
    run(settled)
    assert settled.shown("A") == 9
    assert [fact.observed for fact in settled.outcomes("A") if isinstance(fact, DriftFound)] == [11]


def test_an_edit_of_a_listing_that_counted_its_own_sale_is_not_hidden(settled: Shop) -> None:
    """Nothing was told since the sale, so what was taken last is no longer what is wanted: that alone is not urgent."""
    sold_there(settled, "A")
    order_comes(settled, "A", "1")
    run(settled)
    settled.time.pass_(SECOND)
    settled.sim.amazon.put_listing("A", quantity=50)
    notify(settled, "A", 50)
    run(settled)
    assert settled.shown("A") == 9
    assert [fact.observed for fact in settled.outcomes("A") if isinstance(fact, DriftFound)] == [50]


def test_stock_that_comes_before_the_order_does_not_bring_the_sold_unit_back(settled: Shop) -> None:
    sold_there(settled, "A")
    settled.found("A", 5)
    run(settled)
    assert settled.shown("A") == 9
    order_comes(settled, "A", "1")
    run(settled)
    assert settled.shown("A") == 14


def test_less_on_the_shelf_than_the_channel_shows_is_told_at_once(settled: Shop) -> None:
    sold_there(settled, "A")
    settled.sell("A", 4)
    run(settled)
    assert settled.shown("A") == 6


def test_what_remains_once_orders_are_read_is_drift(settled: Shop) -> None:
    settled.sim.amazon.put_listing("A", quantity=6)
    notify(settled, "A", 6)
    run(settled)
    assert settled.shown("A") == 6
    OrdersRead(settled.store.registers, "amazon").advance(TENANT, settled.time.clock())
    settled.time.pass_(CONFIRM_AFTER)
    run(settled, 40)
    assert settled.shown("A") == 10
    facts = settled.outcomes("A")
    assert [fact for fact in facts if isinstance(fact, ChannelOrdersRead)]
    assert [(fact.expected, fact.observed) for fact in facts if isinstance(fact, DriftFound)] == [(10, 6)]


def test_a_sale_and_an_edit_together_leave_the_edit_as_drift(settled: Shop) -> None:
    sold_there(settled, "A")
    order_comes(settled, "A", "1")
    run(settled)
    settled.time.pass_(SECOND)
    settled.sim.amazon.put_listing("A", quantity=5)
    notify(settled, "A", 5)
    OrdersRead(settled.store.registers, "amazon").advance(TENANT, settled.time.clock())
    settled.time.pass_(CONFIRM_AFTER)
    run(settled, 40)
    assert settled.shown("A") == 9
    found = [fact for fact in settled.outcomes("A") if isinstance(fact, DriftFound)]
    assert [(fact.expected, fact.observed) for fact in found] == [(9, 5)]


def test_less_than_was_told_is_told_to_people_where_nobody_reads_orders(settled: Shop) -> None:
    settled.sim.amazon.put_listing("A", quantity=6)
    notify(settled, "A", 6)
    settled.time.pass_(ORDERS_PATIENCE)
    run(settled, 40)
    assert settled.shown("A") == 6, "it may have been sold"
    found = [fact for fact in settled.outcomes("A") if isinstance(fact, DriftFound)]
    assert [(fact.expected, fact.observed, fact.reason) for fact in found] == [(10, 6, "orders_unread")]


def test_observing_reports_drift_and_repairs_nothing(settled: Shop) -> None:
    settled.listeners[0].stop()
    settled.listeners[:] = [settled.dispatcher("two", mode=Mode.OBSERVE)]
    settled.sim.amazon.put_listing("A", quantity=15)
    notify(settled, "A", 15)
    run(settled, 8)
    assert settled.shown("A") == 15
    assert len([fact for fact in settled.outcomes("A") if isinstance(fact, DriftFound)]) == 1


def test_an_edit_while_an_update_is_on_its_way_is_not_hidden(settled: Shop) -> None:
    """It is above all we told, so it cannot be ours."""
    settled.found("A", 1)
    run(settled)
    settled.sim.amazon.put_listing("A", quantity=50)
    notify(settled, "A", 50)
    run(settled)
    assert settled.shown("A") == 11
    assert any(isinstance(fact, DriftFound) for fact in settled.outcomes("A"))


def test_a_listing_that_is_gone_when_it_is_looked_for_is_a_refusal(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.settle(dispatcher)
    shop.time.pass_(CONFIRM_AFTER)
    shop.sim.amazon.faults.add(Fault(kind="status", status=404, operation="get"))
    shop.settle(dispatcher, 8)
    assert [type(fact) for fact in shop.outcomes("A")] == [BroadcastAccepted, BroadcastRejected]


def test_a_listing_that_became_the_channels_is_not_told_any_more(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7)
    shop.settle(dispatcher)
    shop.sim.amazon.put_listing("A", quantity=3, channel="AMAZON_NA")
    shop.time.pass_(CONFIRM_AFTER)
    shop.settle(dispatcher, 8)
    assert isinstance(shop.outcomes("A")[-1], BroadcastRejected)
    assert shop.sent() == [("A", 7)]


def test_a_listing_that_shows_its_stock_already_is_sent_nothing(shop: Shop) -> None:
    dispatcher = shop.dispatcher()
    shop.stock("A", 7, shown=7)
    shop.settle(dispatcher, 8)
    assert (shop.sent(), shop.due(), looks(shop)) == ([], [], 1)
    shop.sell("A")
    shop.settle(dispatcher, 4)
    assert shop.shown("A") == 6


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_around_what_a_look_tells_looks_again(shop: Shop, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    shop.stock("A", 7)
    shop.settle(shop.dispatcher())
    shop.time.pass_(CONFIRM_AFTER)
    trap = Trap()
    failing = FailingLog(shop.store.log, before=trap) if when == "before" else FailingLog(shop.store.log, after=trap)
    monkeypatch.setattr(shop.store, "log", failing)
    dispatcher = shop.dispatcher()
    for _ in range(12):
        try:
            dispatcher.round()
        except Exception as error:  # noqa: BLE001 - what a store that fails raises ends a round, whatever it is
            assert "on command" in str(error)  # noqa: PT017
        shop.time.pass_(SECOND)
    assert shop.listing("A").known
    assert len([fact for fact in shop.outcomes("A") if isinstance(fact, ChannelQuantityObserved)]) <= 2
    assert shop.sent() == [("A", 7)]


def fight(shop: Shop, rounds: int) -> None:
    """Somebody sets the listing again and again to fifteen."""
    for _ in range(rounds):
        if shop.shown("A") != 15:
            shop.sim.amazon.put_listing("A", quantity=15)
            notify(shop, "A", 15)
        run(shop, 6)
        shop.time.pass_(PROCESSING)
        run(shop, 6)


def test_a_fight_with_another_tool_is_given_up_and_told(settled: Shop) -> None:
    fight(settled, 15)
    assert len(settled.sent()) == 1 + MOST_REPEATS
    assert settled.shown("A") == 15
    assert ("sync_failed", "critical") in [(alert.type, alert.severity) for alert in settled.alerts()]
    assert settled.due() == []
    settled.time.pass_(timedelta(hours=1))
    run(settled, 10)
    assert len(settled.sent()) == 1 + MOST_REPEATS


def test_what_was_given_up_goes_on_when_stock_moves(settled: Shop) -> None:
    fight(settled, 15)
    settled.sell("A")
    run(settled)
    assert settled.shown("A") == 9


def test_another_listing_of_what_was_given_up_is_told(settled: Shop) -> None:
    fight(settled, 15)
    settled.sim.amazon.put_listing("B", quantity=1)
    settled.map("A", "B")
    run(settled)
    assert settled.shown("B") == 10


def test_what_was_given_up_goes_on_when_an_operator_says_so(settled: Shop) -> None:
    fight(settled, 15)
    stream = channel_stream(TENANT, "amazon", sku("A"))
    settled.engine.recorder.record([Append(stream, (stated(BroadcastsResumed()),))])
    RequestBook(settled.store.registers, "amazon").ask(TENANT, settled.time.clock(), sku("A"))
    run(settled)
    assert settled.shown("A") == 10
    settled.time.pass_(CONFIRM_AFTER)
    run(settled, 8)
    assert unread(settled) == []


def test_repairs_that_are_far_between_are_no_fight(settled: Shop) -> None:
    for _ in range(MOST_REPEATS + 2):
        settled.sim.amazon.put_listing("A", quantity=15)
        notify(settled, "A", 15)
        run(settled, 10)
        assert settled.shown("A") == 10
        settled.time.pass_(REPEATED_WITHIN)
