"""Shopify receives, once, what others changed: over real HTTP, one step at a time."""

from datetime import timedelta

import pytest

from channels.deltas.decisions import KEY_TRUSTED, LATE
from channels.modes import Mode
from channels.shopify.intents import Intent
from channels.simulators.shopify import MAIN, Fault
from channels.tenure import LENGTH
from stock.dispositions import Disposition
from stock.events import (
    BufferSet,
    DeltaApplied,
    DeltaInDoubt,
    DeltaIntended,
    DeltaRefused,
    ListingMapped,
    ReturnReceived,
    SaleRecorded,
    StockCounted,
)
from tests.integration.channels.accidents import Killed, Trap
from tests.integration.channels.deltas.dying import DyingShelves, MeanwhileShelves
from tests.integration.channels.deltas.store import Merchant

LOST = Fault(kind="drop", operation="inventoryAdjustQuantities", applied=True)


def test_a_sale_elsewhere_is_taken_from_the_shop_once(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.settle(desk, 2)
    merchant.record("A", SaleRecorded(3))
    merchant.settle(desk)
    assert (merchant.there("A"), merchant.given()) == (27, [-3])
    assert not merchant.alerts()


def test_the_shops_own_sale_is_not_sent_back(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.settle(desk, 2)
    merchant.sell_at_shop("A", 2)
    merchant.settle(desk)
    assert (merchant.there("A"), merchant.given()) == (28, [])


def test_several_events_go_in_one_change(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.settle(desk, 2)
    merchant.record("A", SaleRecorded(3), ReturnReceived(1, "merchant", Disposition.SELLABLE), BufferSet(4))
    merchant.record("A", StockCounted(20))
    merchant.settle(desk)
    assert merchant.given() == [20 - 4 - 10]
    assert merchant.deltas("A").outstanding == 0


def test_the_shops_count_may_fall_below_zero(merchant: Merchant) -> None:
    merchant.stock("A", 1, there=1)
    desk = merchant.desk()
    merchant.settle(desk, 2)
    merchant.record("A", SaleRecorded(5))
    merchant.settle(desk)
    assert merchant.there("A") == -4


def test_in_observe_mode_nothing_is_sent_and_each_delta_counted_once(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk(mode=Mode.OBSERVE)
    merchant.settle(desk, 2)
    merchant.record("A", SaleRecorded(3))
    assert sum(report.would_tell for report in merchant.settle(desk, 4)) == 1
    assert (merchant.given(), merchant.shopify.asked) == ([], {})
    merchant.settle(merchant.desk(mode=Mode.OFF))
    assert not merchant.given()


def test_an_answer_that_got_lost_is_asked_for_again_exactly(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.settle(desk, 2)
    merchant.shopify.faults.add(LOST)
    merchant.record("A", SaleRecorded(3))
    merchant.settle(desk)
    assert merchant.given() == [-3]
    assert list(merchant.shopify.asked.values()) == [2]
    assert [type(fact) for fact in merchant.outcomes("A")[-2:]] == [DeltaIntended, DeltaApplied]


def test_after_a_retry_the_next_change_waits_for_what_may_be_late(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.settle(desk, 2)
    merchant.shopify.faults.add(LOST)
    merchant.record("A", SaleRecorded(3))
    merchant.settle(desk, 2)
    merchant.record("A", SaleRecorded(1))
    desk.round()
    assert merchant.given() == [-3]
    merchant.time.pass_(LATE)
    merchant.settle(desk, 2)
    assert merchant.given() == [-3, -1]


def test_where_the_shop_sold_in_between_another_intent_is_made(merchant: Merchant) -> None:
    merchant.stock("A", 10)

    def sold() -> None:
        if not merchant.shopify.asked:
            merchant.sell_at_shop("A", 1)

    desk = merchant.desk(client=MeanwhileShelves(merchant.client(), before_adjust=sold))
    merchant.settle(desk, 2)
    merchant.record("A", SaleRecorded(3))
    merchant.settle(desk)
    assert (merchant.there("A"), merchant.given()) == (26, [-3])
    assert not merchant.alerts()


def test_a_mismatch_after_a_lost_answer_is_never_resent(merchant: Merchant) -> None:
    merchant.shopify.honours_keys = False
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.settle(desk, 2)
    merchant.shopify.faults.add(LOST)
    merchant.record("A", SaleRecorded(3))
    merchant.settle(desk, 8)
    assert merchant.given() == [-3]
    assert any(isinstance(fact, DeltaInDoubt) for fact in merchant.outcomes("A"))
    assert merchant.unread() == [("sync_failed", "critical")]
    merchant.record("A", SaleRecorded(1))
    merchant.time.pass_(LATE)
    merchant.settle(desk)
    assert merchant.given() == [-3, -1], "what comes after it is given"


@pytest.mark.parametrize("after", [False, True])
def test_whoever_takes_over_repeats_what_was_begun(merchant: Merchant, after: bool) -> None:  # noqa: FBT001
    merchant.stock("A", 10)
    first = merchant.desk("one", DyingShelves(merchant.client(), Trap(), after=after))
    merchant.settle(first, 2)
    merchant.record("A", SaleRecorded(3))
    with pytest.raises(Killed):
        merchant.settle(first)
    merchant.time.pass_(LENGTH)
    merchant.settle(merchant.desk("two"))
    assert merchant.given() == [-3]
    assert len(merchant.shopify.asked) == 1, "the key of the first try"
    assert merchant.deltas("A").outstanding == 0


def test_a_key_that_may_be_forgotten_is_not_used_again(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    first = merchant.desk("one", DyingShelves(merchant.client(), Trap(), after=True))
    merchant.settle(first, 2)
    merchant.record("A", SaleRecorded(3))
    with pytest.raises(Killed):
        merchant.settle(first)
    merchant.time.pass_(KEY_TRUSTED)
    merchant.settle(merchant.desk("two"))
    assert list(merchant.shopify.asked.values()) == [1]
    assert merchant.unread() == [("sync_failed", "critical")]


def test_two_processes_never_both_send(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    one, two = merchant.desk("one"), merchant.desk("two")
    merchant.settle(one, 2, timedelta(seconds=1))
    merchant.record("A", SaleRecorded(3))
    assert not two.round().held
    merchant.settle(one, 2, timedelta(seconds=1))
    one.leave()
    assert two.round().held
    merchant.record("A", SaleRecorded(1))
    merchant.settle(two, 3, timedelta(seconds=1))
    assert merchant.given() == [-3, -1]


def test_even_without_a_lease_the_same_units_are_in_one_intent(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    other = merchant.desk("two", lease="another lease")
    merchant.settle(other, 2)
    raced: list[int] = []

    def race() -> None:
        if merchant.deltas("A").outstanding and not raced:
            raced.append(other.round().accepted)
            merchant.shopify.edit("A", 30)  # so that the quantity compared holds nobody off either

    desk = merchant.desk("one", MeanwhileShelves(merchant.client(), after_look=race))
    desk.round()
    merchant.record("A", SaleRecorded(3))
    merchant.settle(desk, 4)
    assert (raced, merchant.given()) == ([1], [-3])


def test_a_refusal_is_told_and_slept_over(merchant: Merchant) -> None:
    item = merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.settle(desk, 2)
    merchant.shopify.faults.add(
        Fault(kind="user_error", code="ADJUST_QUANTITIES_FAILED", operation="inventoryAdjustQuantities")
    )
    merchant.record("A", SaleRecorded(3))
    desk.round()
    assert [(fact.code, fact.retry) for fact in merchant.outcomes("A") if isinstance(fact, DeltaRefused)] == [
        ("ADJUST_QUANTITIES_FAILED", True)
    ]
    assert merchant.unread() == [("sync_failed", "warning")]
    merchant.settle(desk, 6)
    assert (merchant.shopify.available(item), merchant.given(), merchant.unread()) == (27, [-3], [])


def test_an_item_that_is_not_stocked_is_told(merchant: Merchant) -> None:
    item = merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.settle(desk, 2)
    merchant.record("A", SaleRecorded(3))
    del merchant.shopify._stock[item, MAIN]  # noqa: SLF001 - as somebody in the shop's admin does
    merchant.settle(desk, 2)
    assert merchant.unread() == [("sync_failed", "warning")]
    merchant.shopify.edit("A", 30)
    merchant.settle(desk, 4)
    assert (merchant.there("A"), merchant.unread()) == (27, [])


def test_credentials_that_are_refused_pause_the_shop(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.settle(desk, 2)
    merchant.record("A", SaleRecorded(3))
    merchant.shopify.faults.add(Fault(kind="unauthorised", operation="inventoryAdjustQuantities", times=2))
    assert desk.round().rejected == 1
    assert desk.round().again is not None, "it rests"
    merchant.settle(desk, 24)
    assert (merchant.there("A"), merchant.given()) == (27, [-3])


def test_the_only_location_is_learnt_and_of_several_one_must_be_chosen(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk(location=None)
    merchant.settle(desk, 2)
    merchant.record("A", SaleRecorded(3))
    merchant.settle(desk, 2)
    assert merchant.there("A") == 27
    merchant.shopify.put_place("5", "Warehouse")
    merchant.stock("B", 10)
    desk.leave()
    merchant.settle(merchant.desk("two", location=None), 2)
    assert merchant.deltas("B").expected is None


def test_another_item_is_told_of_what_happens_from_then_on(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.settle(desk, 2)
    merchant.record("A", SaleRecorded(3))
    merchant.settle(desk, 2)
    other = merchant.shopify.put_good("A-2", 50)
    merchant.record("A", SaleRecorded(2), ListingMapped("shopify", other.item), SaleRecorded(1))
    merchant.settle(desk)
    assert merchant.shopify.available(other.item) == 49


def test_a_rebuilt_model_sends_nothing(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.settle(desk, 2)
    merchant.record("A", SaleRecorded(3))
    merchant.settle(desk, 2)
    model = merchant.engine.rebuild.register("broadcasts")
    merchant.time.pass_(timedelta(minutes=1))
    for _ in merchant.engine.rebuild.fill(model):
        merchant.settle(desk, 1)
    assert merchant.engine.rebuild.flip(model)
    merchant.time.pass_(timedelta(minutes=1))
    assert merchant.engine.live("broadcasts") == model
    merchant.settle(desk)
    assert (merchant.given(), merchant.deltas("A").outstanding) == ([-3], 0)


def test_an_intent_is_exactly_repeated(merchant: Merchant) -> None:
    sent: list[Intent] = []
    merchant.stock("A", 10)
    desk = merchant.desk(client=MeanwhileShelves(merchant.client(), heard=sent.append))
    merchant.settle(desk, 2)
    merchant.shopify.faults.add(Fault(kind="status", status=503, operation="inventoryAdjustQuantities"), LOST)
    merchant.record("A", SaleRecorded(3))
    merchant.settle(desk, 1)
    merchant.record("A", SaleRecorded(1))
    merchant.settle(desk, 12)
    assert merchant.given() == [-3, -1]
    assert len(sent) >= 3
    assert len({intent for intent in sent if intent.delta == -3}) == 1
