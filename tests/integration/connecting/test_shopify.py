"""Connecting a shop: real HTTP to the small Shopify, on memory and SQLite."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from channels.simulators.shopify import MAIN, Fault, Simulator
from syncstate.cli.failures import Failure
from syncstate.connecting.account import Account
from syncstate.connecting.at_shopify import Wishes, connect_shopify
from tests.integration.connecting.conftest import shop_settings
from tests.integration.connecting.house import Accident, House, Killed
from tests.payloads import a_line, an_order_body

HOOKS = "http://127.0.0.1:9/webhook/shopify"
NOW = timedelta()


def connect(house: House, sim: Simulator, **wishes: object) -> Account:
    return connect_shopify(shop_settings(sim), Wishes(**{"settle": NOW, **wishes}), house.reach)  # type: ignore[arg-type]


def stocked(house: House, sim: Simulator) -> None:
    house.count("A", 5)
    for sku, available in (("A", 4), ("B", 7), (None, 3), ("DUP", 1), ("DUP", 2), ("a", 9), ("NEG", -2)):
        sim.shopify.put_good(sku, available)
    sim.shopify.put_good("NOWHERE", None)
    sim.shopify.put_good("BUNDLE", 0, bundle=True)
    sim.shopify.put_good("FREE", 0, tracked=False)


def test_a_dry_run_tells_and_changes_nothing(house: House, shop: Simulator) -> None:
    stocked(house, shop)
    before = house.events()
    told = connect(house, shop, count=True, webhooks=HOOKS).summary()
    assert told["verdicts"] == {"map": 4, "blank": 1, "duplicate": 2, "case": 1, "bundle": 1, "untracked": 1}
    assert told["count"] == [{"sku": "B", "count": 7}]
    assert told["notCountable"] == {"NEG": "below zero (-2)", "NOWHERE": "not stocked at the location"}
    assert told["link"] == {"products": 9, "variants": 9}
    assert {one["status"] for one in told["subscriptions"]} == {"missing"}
    assert house.events() == before
    assert not shop.shopify.hooks()


def test_skus_nobody_counted_begin_with_the_shops_level_and_others_stay(house: House, shop: Simulator) -> None:
    stocked(house, shop)
    account = connect(house, shop, yes=True, count=True, webhooks=HOOKS)
    assert account.well
    assert house.numbers() == {"A": 5, "B": 7, "NEG": None, "NOWHERE": None}
    assert {name for name, listing in house.listings("shopify").items() if listing} == {"A", "B", "NEG", "NOWHERE"}
    assert not shop.shopify.taken, "no quantity was sent"
    assert {one.status for one in account.subscriptions} == {"made"}
    assert {hook.uri for hook in shop.shopify.hooks()} == {HOOKS}


def test_without_the_operators_word_nothing_is_counted(house: House, shop: Simulator) -> None:
    stocked(house, shop)
    connect(house, shop, yes=True, webhooks=HOOKS)
    assert house.numbers() == {"A": 5, "B": None, "NEG": None, "NOWHERE": None}


def test_a_second_run_does_nothing_new_though_the_level_has_moved(house: House, shop: Simulator) -> None:
    stocked(house, shop)
    connect(house, shop, yes=True, count=True, webhooks=HOOKS)
    shop.shopify.edit("B", 99)
    before = house.events()
    again = connect(house, shop, yes=True, count=True, webhooks=HOOKS)
    assert house.events() == before
    assert house.numbers()["B"] == 7
    assert {one.status for one in again.subscriptions} == {"there"}


@pytest.mark.parametrize(("at", "after"), [(1, True), (2, False)])
def test_a_run_that_is_killed_at_each_write_comes_to_its_end(
    house: House, shop: Simulator, at: int, *, after: bool
) -> None:
    """Each run makes one write and is killed: right after it, or before the next one."""
    for sku, available in (("A", 4), ("B", 7), ("C", 0)):
        shop.shopify.put_good(sku, available)
    killed, done = 0, False
    while not done:
        house.accident = Accident(at, after=after)
        try:
            connect(house, shop, yes=True, count=True, webhooks=HOOKS)
            done = True
        except Killed:
            killed += 1
    assert killed >= 4, "three products, the mappings, the counts"
    assert house.numbers() == {"A": 4, "B": 7, "C": 0}
    for name in "ABC":
        ledger = house.api.get(f"/api/events/{name}")["events"]
        assert [event["type"] for event in ledger] == ["ListingMapped", "StockCounted"]


def test_orders_that_name_no_sku_are_applied_once_their_variant_is_linked(house: House, shop: Simulator) -> None:
    good = shop.shopify.put_good("A", 4)
    house.deliver(an_order_body(a_line(1, None, 2, variant_id=int(good.variant))), "orders/create")
    account = connect(house, shop, yes=True)
    assert account.more["applied"] == 1
    ledger = house.api.get("/api/events/A")["events"]
    assert [event["type"] for event in ledger] == ["SaleRecorded", "ListingMapped"]


def test_what_the_shop_says_of_a_variant_is_the_shops_word(house: House, shop: Simulator) -> None:
    good = shop.shopify.put_good("A", 4)
    connect(house, shop, yes=True)
    [link] = house.api.get("/api/links", {"variant": [good.variant]})["links"]
    assert link == {"kind": "variant", "id": good.variant, "sku": "A", "shop": "A", "operator": None}


def test_a_later_product_of_the_shops_is_not_overruled(house: House, shop: Simulator) -> None:
    good = shop.shopify.put_good("A", 4)
    variants = [{"id": int(good.variant), "sku": "RENAMED", "inventory_item_id": int(good.item)}]
    body = {"id": int(good.product), "updated_at": "2099-01-01T00:00:00Z", "variants": variants}
    house.deliver(json.dumps(body).encode(), "products/update")
    connect(house, shop, yes=True)
    [link] = house.api.get("/api/links", {"variant": [good.variant]})["links"]
    assert link["sku"] == "RENAMED"


def test_a_count_that_a_sale_overtakes_is_taken_anew(house: House, shop: Simulator) -> None:
    """A sale between the reading of the level and the count: its delivery makes the count stale, not wrong."""
    good = shop.shopify.put_good("A", 10)
    sold: list[int] = []

    def sells(_: float) -> None:
        if len(sold) < 2:
            sold.append(1)
            shop.shopify.sell([("A", 3)])
            line = a_line(len(sold), "A", 3, variant_id=int(good.variant))
            house.deliver(an_order_body(line, id=len(sold)), "orders/create")

    account = connect(house, shop, yes=True, count=True, webhooks=HOOKS, sleep=sells)
    assert account.more["counted"]["counted"] == 1
    assert house.numbers() == {"A": 4} == {"A": shop.shopify.available(good.item, MAIN)}


def test_a_sku_that_never_rests_is_left_and_told(house: House, shop: Simulator) -> None:
    shop.shopify.put_good("A", 10)
    shop.shopify.put_good("B", 2)
    orders = iter(range(1, 100))

    def sells(_: float) -> None:
        number = next(orders)
        house.deliver(an_order_body(a_line(number, "A", 1), id=number), "orders/create")

    account = connect(house, shop, yes=True, count=True, webhooks=HOOKS, sleep=sells)
    assert house.numbers() == {"A": None, "B": 2}
    assert (account.well, account.more["counted"]["moved"]) == (False, ("A",))


def test_a_count_by_hand_in_the_middle_stands(house: House, shop: Simulator) -> None:
    shop.shopify.put_good("A", 10)
    account = connect(house, shop, yes=True, count=True, webhooks=HOOKS, sleep=lambda _: house.count("A", 3))
    assert house.numbers() == {"A": 3}
    assert account.more["counted"]["before"] == 1


def test_nothing_is_counted_while_the_shops_sales_do_not_come_in(house: House, shop: Simulator) -> None:
    shop.shopify.put_good("A", 10)
    with pytest.raises(Failure, match="does not tell of orders/create"):
        connect(house, shop, yes=True, count=True)
    assert house.events() == 0
    assert connect(house, shop, yes=True, count=True, told_otherwise=True).well
    assert house.numbers() == {"A": 10}


def test_a_topic_that_goes_elsewhere_is_told_so_and_registered_for_the_address(house: House, shop: Simulator) -> None:
    shop.shopify.subscribe("ORDERS_CREATE", "https://elsewhere.example/hook")
    first = connect(house, shop, webhooks=HOOKS).subscriptions[0]
    assert (first.topic, first.status, first.reason) == ("orders/create", "elsewhere", "https://elsewhere.example/hook")
    connect(house, shop, yes=True, webhooks=HOOKS)
    assert {hook.uri for hook in shop.shopify.hooks("ORDERS_CREATE")} == {"https://elsewhere.example/hook", HOOKS}


def test_several_locations_ask_which(house: House, shop: Simulator) -> None:
    shop.shopify.put_place("77", "Backyard")
    shop.shopify.put_place("88", "Closed", active=False)
    good = shop.shopify.put_good("A", {MAIN: 1, "77": 6})
    with pytest.raises(Failure, match=r"2 locations in use, 48752903 \(Main street\), 77 \(Backyard\): name one"):
        connect(house, shop)
    with pytest.raises(Failure, match="no location 88 in use"):
        connect(house, shop, location="88")
    settings = shop_settings(shop, shopify_location="77")
    account = connect_shopify(settings, Wishes(), house.reach)
    assert account.compared.judged[0].found.quantity == shop.shopify.available(good.item, "77") == 6


def test_what_goes_wrong_on_the_way_is_asked_again(house: House, shop: Simulator) -> None:
    stocked(house, shop)
    shop.shopify.faults.add(
        Fault(kind="drop", operation="productVariants"),
        Fault(kind="throttle", operation="locations"),
        Fault(kind="status", operation="location"),
        Fault(kind="internal", operation="webhookSubscriptions"),
        Fault(kind="drop", operation="webhookSubscriptionCreate", applied=True),
    )
    account = connect(house, shop, yes=True, count=True, webhooks=HOOKS)
    assert account.well
    assert {one.status for one in account.subscriptions} == {"made"}
    assert len(shop.shopify.hooks()) == len(account.subscriptions)


def test_all_pages_are_read(house: House, shop: Simulator) -> None:
    for number in range(230):
        shop.shopify.put_good(f"S{number}", number)
    connect(house, shop, yes=True, count=True, webhooks=HOOKS)
    assert house.numbers() == {f"S{number}": number for number in range(230)}


def test_skus_of_any_length_fit_into_addresses(house: House, shop: Simulator) -> None:
    long = [f"{number:03}" + "é" * 197 for number in range(60)]
    for name in long:
        shop.shopify.put_good(name, 1)
    connect(house, shop, yes=True, count=True, webhooks=HOOKS)
    assert house.numbers() == dict.fromkeys(long, 1)


def _fault(kind: str, **more: object) -> Callable[[Simulator], None]:
    return lambda sim: sim.shopify.faults.add(Fault(kind=kind, times=None, **more))


@pytest.mark.parametrize(
    "case",
    [
        ({"shopify_token": "wrong-token"}, None, "SYNCSTATE_SHOPIFY_TOKEN is not a token"),
        ({"shopify_shop": None}, None, "set SYNCSTATE_SHOPIFY_SHOP"),
        ({"shopify_token": None}, None, "set SYNCSTATE_SHOPIFY_TOKEN"),
        ({"shopify_endpoint": "http://127.0.0.1:1"}, None, "look at the network and at SYNCSTATE_SHOPIFY_SHOP"),
        ({}, _fault("denied", operation="productVariants"), "lacks a scope: it needs read_products"),
        ({}, _fault("status", status=404), "there is no such shop"),
        ({}, _fault("status", status=402), "frozen or locked"),
        ({}, _fault("status", status=503), "answered 503"),
    ],
)
def test_each_way_to_be_wrong_says_what_to_do(
    house: House,
    shop: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[dict[str, object], Callable[[Simulator], None] | None, str],
) -> None:
    wrong, accident, told = case
    monkeypatch.setattr("syncstate.connecting.pace.TRIES", 1)
    if accident is not None:
        accident(shop)
    with pytest.raises(Failure, match=told) as failed:
        connect_shopify(shop_settings(shop, **wrong), Wishes(yes=True), house.reach)
    assert "wrong-token" not in str(failed.value)
    assert house.events() == 0


@pytest.mark.parametrize("address", ["ftp://a/b", "http://stock.example/webhook", "https://", "stock.example"])
def test_an_address_that_no_shop_would_take_is_a_wrong_use(house: House, shop: Simulator, address: str) -> None:
    with pytest.raises(Failure, match="it is an address like https://") as failed:
        connect(house, shop, webhooks=address)
    assert failed.value.code == 2
