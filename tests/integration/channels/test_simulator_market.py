"""What happens on the small Amazon by itself: sales, foreign edits, and how it tells of them."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.simulators.amazon import SimulatedAmazon
from channels.simulators.amazon.notices import NoticePlan
from channels.simulators.amazon.orders import NoSuchStep, NotOffered
from channels.simulators.amazon.traffic import TrafficPlan
from tests.unit.channels.ticking import Ticking

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)

CALM = NoticePlan()
ROUGH = NoticePlan(soonest=1, latest=300, repeated=0.4, lost=0.2)


def an_amazon(seed: int = 0, plan: NoticePlan = CALM) -> SimulatedAmazon:
    time = Ticking()
    amazon = SimulatedAmazon(seed=seed, clock=time.clock, monotonic=time.monotonic)
    amazon.notices.plan = plan
    amazon.put_listing("A", quantity=10)
    amazon.put_listing("B", quantity=5)
    amazon.put_listing("F", quantity=7, channel="AMAZON_NA")
    return amazon


def kind(body: Mapping[str, Any]) -> str:
    return str(body.get("NotificationType") or body.get("notificationType"))


def told(amazon: SimulatedAmazon) -> list[tuple[str, Any]]:
    """Return what arrived: its type, and what it says in short."""
    short = []
    for notice in amazon.notices.arrived():
        payload = notice.body.get("Payload") or notice.body["payload"]
        if kind(notice.body) == "LISTINGS_ITEM_MFN_QUANTITY_CHANGE":
            short.append(("quantity", (payload["Sku"], payload["Quantity"])))
        elif kind(notice.body) == "ORDER_CHANGE":
            summary = payload["OrderChangeNotification"]["Summary"]
            short.append(("order", (summary["OrderStatus"], summary["FulfillmentType"])))
        elif kind(notice.body) == "FBA_INVENTORY_AVAILABILITY_CHANGES":
            held = payload["FulfillmentInventoryByMarketplace"][0]["FulfillmentInventory"]
            short.append(("fba", (payload["SKU"], held["Fulfillable"])))
        elif kind(notice.body) == "LISTINGS_ITEM_STATUS_CHANGE":
            short.append(("status", (payload["Sku"], "BUYABLE" in payload["Status"])))
    return short


def test_a_sale_lowers_the_listing_and_is_told_after_it() -> None:
    amazon = an_amazon()
    amazon.orders.buy({"A": 3})
    assert amazon.quantity("A") == 7
    assert told(amazon) == [("quantity", ("A", 7)), ("order", ("Unshipped", "MFN"))]
    assert [change.submission for change in amazon.history[-1:]] == [None], "nobody submitted it"


def test_a_sale_of_the_last_one_ends_the_offer() -> None:
    amazon = an_amazon()
    amazon.orders.buy({"B": 5})
    assert told(amazon) == [("quantity", ("B", 0)), ("status", ("B", False)), ("order", ("Unshipped", "MFN"))]
    amazon.shelf.edit("B", 1)
    assert told(amazon)[3:] == [("quantity", ("B", 1)), ("status", ("B", True))]


def test_amazons_own_stock_is_sold_without_a_merchants_quantity() -> None:
    amazon = an_amazon()
    amazon.orders.buy({"F": 2})
    assert told(amazon) == [("fba", ("F", 5)), ("order", ("Unshipped", "AFN"))]
    assert amazon.history[-1].sku != "F"


def test_nobody_buys_what_is_not_offered() -> None:
    amazon = an_amazon()
    for lines in ({"A": 11}, {"NOBODY": 1}, {"A": 1, "F": 1}, {"A": 1, "B": 6}):
        with pytest.raises(NotOffered):
            amazon.orders.buy(lines)
    assert (amazon.quantity("A"), told(amazon), amazon.orders.all()) == (10, [], [])


@pytest.mark.parametrize(("restock", "left"), [(True, 10), (False, 7)])
def test_a_cancelled_order_gives_back_or_not(left: int, *, restock: bool) -> None:
    amazon = an_amazon()
    order = amazon.orders.buy({"A": 3})
    amazon.orders.step(order, "CANCELLED", restock=restock)
    assert amazon.quantity("A") == left
    assert told(amazon)[-1] == ("order", ("Canceled", "MFN"))
    with pytest.raises(NoSuchStep):
        amazon.orders.step(order, "CANCELLED")
    assert amazon.quantity("A") == left


def test_a_part_of_an_order_is_cancelled() -> None:
    amazon = an_amazon()
    order = amazon.orders.buy({"A": 3, "B": 1})
    for lines in ({"A": 4}, {"A": 3, "B": 1}):
        with pytest.raises(NoSuchStep):
            amazon.orders.reduce(order, lines)
    amazon.orders.reduce(order, {"A": 2})
    amazon.orders.reduce(order, {"B": 1}, restock=False)
    assert (amazon.quantity("A"), amazon.quantity("B")) == (9, 4)
    newest = amazon.notices.arrived()[-1].body["Payload"]["OrderChangeNotification"]["Summary"]
    assert [item["Quantity"] for item in newest["OrderItems"]] == [1, 0]
    assert (newest["OrderStatus"], newest["NumberOfItemsUnshipped"]) == ("Unshipped", 1)
    amazon.orders.step(order, "SHIPPED")
    with pytest.raises(NoSuchStep):
        amazon.orders.reduce(order, {"A": 1})


def test_our_own_quantity_is_told_once_it_has_settled() -> None:
    amazon = an_amazon()
    amazon.shelf.settles = 30 * SECOND
    amazon.set_quantity("A", 4)
    assert (amazon.quantity("A"), told(amazon)) == (10, [])
    amazon.advance(30 * SECOND)
    assert (amazon.quantity("A"), told(amazon)) == (4, [("quantity", ("A", 4))])


def test_what_happened_meanwhile_happened_at_its_own_time() -> None:
    amazon = an_amazon()
    amazon.shelf.settles = 30 * SECOND
    amazon.set_quantity("A", 4)
    amazon.advance(HOUR)
    assert amazon.history[-1].at == "2026-11-20T10:00:30.000000Z"
    (notice,) = amazon.notices.arrived()
    assert notice.body["EventTime"] == "2026-11-20T10:00:30.000Z"


def lively(seed: int, plan: NoticePlan, step: timedelta = HOUR) -> SimulatedAmazon:
    amazon = an_amazon(seed, plan)
    amazon.traffic.follow(TrafficPlan(per_minute=1, most_units=2, cancelled=0.3, edits=0.2, most_edited=30))
    for _ in range(int(2 * HOUR / step)):
        amazon.advance(step)
    amazon.traffic.follow(TrafficPlan())
    amazon.advance(HOUR)
    return amazon


def bodies(amazon: SimulatedAmazon) -> list[Mapping[str, Any]]:
    return [notice.body for notice in amazon.notices.arrived()]


def test_the_same_seed_lives_the_same_life_however_time_is_cut() -> None:
    whole, cut = lively(5, ROUGH), lively(5, ROUGH, timedelta(seconds=90))
    assert [(c.at, c.sku, c.quantity) for c in whole.history] == [(c.at, c.sku, c.quantity) for c in cut.history]
    assert bodies(whole) == bodies(cut)
    assert bodies(lively(6, ROUGH)) != bodies(whole)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_a_lively_shop_keeps_its_books(seed: int) -> None:
    amazon = lively(seed, CALM)
    orders = amazon.orders.all()
    assert orders
    assert all((listing.available[listing.channel or ""] or 0) >= 0 for listing in amazon.listings())
    newest = {}
    for what, (sku, quantity) in ((w, v) for w, v in told(amazon) if w in ("quantity", "fba")):
        newest[sku] = quantity
        assert what == ("fba" if sku == "F" else "quantity")
    for listing in amazon.listings():
        if listing.sku in newest:
            assert listing.available[listing.channel or ""] == newest[listing.sku]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_notifications_come_late_and_again_and_an_order_never_before_its_quantity(seed: int) -> None:
    plan = NoticePlan(soonest=1, latest=300, repeated=0.4)
    amazon = an_amazon(seed, plan)
    for _ in range(40):
        amazon.put_listing("A", quantity=10)
        order = amazon.orders.buy({"A": 1})
        amazon.advance(2 * HOUR)
        arrived = [notice.body for notice in amazon.notices.arrived()][-6:]
        kinds = [kind(body) for body in arrived if order in str(body) or kind(body) != "ORDER_CHANGE"]
        assert "ORDER_CHANGE" in kinds
        assert kinds.index("LISTINGS_ITEM_MFN_QUANTITY_CHANGE") < kinds.index("ORDER_CHANGE")
    ids = Counter(notice.body["NotificationMetadata"]["NotificationId"] for notice in amazon.notices.arrived())
    assert max(ids.values()) == 2, "some come again, under the same id"
    assert 0.15 < sum(n - 1 for n in ids.values()) / len(ids) < 0.7


def test_some_notifications_are_lost() -> None:
    kept, rough = lively(1, CALM), lively(1, NoticePlan(lost=0.5))
    assert [change.quantity for change in kept.history] == [change.quantity for change in rough.history]
    assert 0.3 < len(bodies(rough)) / len(bodies(kept)) < 0.7
