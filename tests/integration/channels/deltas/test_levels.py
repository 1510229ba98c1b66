"""What a shop has and nothing explains is found, asked about, and adopted or taken back; an echo never is."""

from datetime import timedelta

import pytest

from channels.deltas.deciding import Decider
from channels.deltas.desk import DeltaDesk
from channels.modes import Mode
from channels.requests import RequestBook
from channels.simulators.shopify import Fault
from processor.log import Append
from projections.broadcasts.deltas import SETTLING, TOLD_WITHIN
from stock.dispositions import Disposition
from stock.events import ChannelQuantityObserved, LevelDecided, LevelUnexplained, ReturnReceived, SaleRecorded
from stock.identities import channel_stream, sku
from tests.factories import stated
from tests.integration.channels.deltas.store import TENANT, Merchant

WHILE = SETTLING + timedelta(minutes=3)


def told(merchant: Merchant, name: str, available: int) -> None:
    """Hear what the shop tells of a level."""
    seen = ChannelQuantityObserved(f"n{available}-{merchant.clock()}", available, merchant.clock())
    stream = channel_stream(TENANT, "shopify", sku(name))
    merchant.engine.recorder.record([Append(stream, (stated(seen, source="shopify"),))])


def edited(merchant: Merchant, name: str, available: int) -> None:
    """Set a level in the shop's admin, and hear of it."""
    merchant.shopify.edit(name, available)
    told(merchant, name, available)


def questions(merchant: Merchant, name: str = "A") -> list[int]:
    return [fact.difference for fact in merchant.outcomes(name) if isinstance(fact, LevelUnexplained)]


def wait(merchant: Merchant, desk: DeltaDesk) -> None:
    """Let what differs settle."""
    merchant.time.pass_(TOLD_WITHIN)
    merchant.settle(desk, 12)
    merchant.time.pass_(WHILE)
    merchant.settle(desk, 12)


def test_an_edit_in_the_shops_admin_is_asked_about(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.learn(desk)
    assert merchant.deltas("A").firm
    edited(merchant, "A", 33)
    wait(merchant, desk)
    assert questions(merchant) == [3]
    assert merchant.unread() == [("drift", "warning")]
    assert not merchant.given()


def test_units_are_adopted_where_that_is_the_policy(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk(unexplained="adopt")
    merchant.learn(desk)
    edited(merchant, "A", 33)
    wait(merchant, desk)
    assert (merchant.there("A"), merchant.given(), merchant.unread()) == (33, [], [])
    assert merchant.deltas("A").adopts is None
    wait(merchant, desk)
    assert questions(merchant) == [3]


def test_units_are_taken_back_where_that_is_the_policy(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk(unexplained="reject")
    merchant.learn(desk)
    edited(merchant, "A", 33)
    wait(merchant, desk)
    assert (merchant.there("A"), merchant.given(), merchant.unread()) == (30, [-3], [])
    wait(merchant, desk)
    assert questions(merchant) == [3]


def test_sales_refunds_and_our_own_changes_are_never_asked_about(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.learn(desk)
    for _ in range(3):
        merchant.record("A", SaleRecorded(1))
        merchant.settle(desk, 2)
        told(merchant, "A", merchant.there("A"))
        merchant.sell_at_shop("A", 2)
        told(merchant, "A", merchant.there("A"))
        wait(merchant, desk)
    assert (questions(merchant), merchant.unread(), merchant.there("A")) == ([], [], 21)


def test_a_sale_whose_order_is_late_is_not_asked_about(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.learn(desk)
    merchant.shopify.sell([("A", 2)])
    told(merchant, "A", 28)
    merchant.time.pass_(SETTLING / 2)
    merchant.settle(desk, 12)
    merchant.record("A", SaleRecorded(2), source="shopify")
    wait(merchant, desk)
    assert (questions(merchant), merchant.deltas("A").gap) == ([], 0)


def test_an_edit_that_is_undone_is_asked_about_no_more(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.learn(desk)
    edited(merchant, "A", 33)
    wait(merchant, desk)
    edited(merchant, "A", 30)
    wait(merchant, desk)
    wait(merchant, desk)
    assert (questions(merchant), merchant.unread()) == ([3, 0], [])


def test_what_nobody_told_is_found_by_the_walk(merchant: Merchant) -> None:
    for name in ("A", "B", "C"):
        merchant.stock(name, 10)
    desk = merchant.desk()
    merchant.learn(desk)
    merchant.shopify.edit("B", 25)
    merchant.time.pass_(timedelta(hours=6))
    merchant.settle(desk, 4)
    wait(merchant, desk)
    assert [questions(merchant, name) for name in ("A", "B", "C")] == [[], [-5], []]


def test_an_operator_may_ask_for_a_look(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.learn(desk)
    merchant.shopify.edit("A", 25)
    RequestBook(merchant.store.registers, "shopify").ask(TENANT, merchant.clock(), sku("A"))
    merchant.settle(desk, 2)
    assert merchant.deltas("A").gap == -5


def test_in_observe_mode_a_difference_is_told_and_nothing_is_sent(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk(mode=Mode.OBSERVE, unexplained="reject")
    merchant.learn(desk)
    edited(merchant, "A", 33)
    wait(merchant, desk)
    assert (questions(merchant), merchant.given()) == ([3], [])


def test_a_change_that_was_made_twice_does_not_stay_hidden(merchant: Merchant) -> None:
    """A shop that forgets keys makes a change again where its own sale brought the quantity back in between."""
    merchant.shopify.honours_keys = False
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.learn(desk)
    merchant.shopify.faults.add(Fault(kind="drop", operation="inventoryAdjustQuantities", applied=True))
    merchant.record("A", ReturnReceived(3, "merchant", Disposition.SELLABLE))
    desk.round()
    merchant.sell_at_shop("A", 3)
    merchant.settle(desk, 3)
    assert merchant.given() == [3, 3]
    told(merchant, "A", merchant.there("A"))
    wait(merchant, desk)
    assert (questions(merchant), merchant.unread()) == ([3], [("drift", "warning")])


def test_an_operator_adopts_or_rejects(merchant: Merchant) -> None:
    decider = Decider(merchant.engine, merchant.clock)
    for name in ("A", "B"):
        merchant.stock(name, 10)
    desk = merchant.desk()
    merchant.learn(desk)
    for name in ("A", "B"):
        edited(merchant, name, 33)
    wait(merchant, desk)
    asked, _ = decider.asked(TENANT)
    assert {one.sku: one.question and one.question.difference for one in asked} == {"A": 3, "B": 3}
    assert decider.units(TENANT, sku("A"), 1, adopt=True) == "decided"
    assert decider.units(TENANT, sku("B"), 1, adopt=False) == "decided"
    wait(merchant, desk)
    assert (merchant.there("A"), merchant.there("B"), merchant.given()) == (33, 30, [-3])
    assert (decider.asked(TENANT), merchant.unread()) == (([], None), [])


def test_units_whose_adoption_broke_off_become_stock_all_the_same(merchant: Merchant) -> None:
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.learn(desk)
    edited(merchant, "A", 33)
    wait(merchant, desk)
    answered = stated(LevelDecided(1, adopted=True), tx="answer:1", source="operator")
    stream = channel_stream(TENANT, "shopify", sku("A"))
    merchant.engine.recorder.record([Append(stream, (answered,))])
    merchant.settle(desk, 4)
    assert merchant.deltas("A").adopts is None
    wait(merchant, desk)
    assert (merchant.deltas("A").theirs, questions(merchant), merchant.given()) == (3, [3], [])


@pytest.mark.parametrize("made", [True, False])
def test_an_operator_says_whether_a_change_was_made(merchant: Merchant, made: bool) -> None:  # noqa: FBT001
    merchant.shopify.honours_keys = False
    merchant.stock("A", 10)
    desk = merchant.desk()
    merchant.learn(desk)
    merchant.shopify.faults.add(Fault(kind="drop", operation="inventoryAdjustQuantities", applied=made))
    merchant.record("A", SaleRecorded(3))
    desk.round()
    merchant.sell_at_shop("A", 1)
    merchant.settle(desk, 4)
    [doubt] = merchant.deltas("A").doubts
    decider = Decider(merchant.engine, merchant.clock)
    assert decider.change(TENANT, sku("A"), doubt.number, made=made) == "decided"
    wait(merchant, desk)
    assert (merchant.there("A"), merchant.given(), merchant.unread()) == (26, [-3], [])
