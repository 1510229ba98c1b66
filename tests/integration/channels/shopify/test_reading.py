"""What the client reads of a shop, page by page, over real HTTP."""

from datetime import timedelta

import pytest

from channels.errors import Refused, Throttled, Unauthorised, Unreachable
from channels.shopify.client import MAX_ITEMS, ShopifyClient
from channels.shopify.documents import PAGE
from channels.shopify.shelves import Level, Location, Page, Subscription, Variant, walk
from channels.shopify.topics import TOPICS
from channels.simulators.shopify import MAIN, Fault, Simulator

HOOK = "https://syncstate.example/webhook/shopify"


def test_variants_come_with_their_items(sim: Simulator, client: ShopifyClient) -> None:
    plain = sim.shopify.put_good("A/1", 5)
    set_ = sim.shopify.put_good("SET", None, bundle=True)
    nameless = sim.shopify.put_good(None, 5, tracked=False)
    blank = sim.shopify.put_good("  ", 5)
    assert client.variants().rows == (
        Variant(plain.variant, plain.product, "A/1", plain.item, tracked=True),
        Variant(set_.variant, set_.product, "SET", set_.item, tracked=True, bundle=True),
        Variant(nameless.variant, nameless.product, None, nameless.item, tracked=False),
        Variant(blank.variant, blank.product, None, blank.item, tracked=True),
    )


def test_a_sku_is_read_as_it_is_written(sim: Simulator, client: ShopifyClient) -> None:
    for sku in (" A ", "ü/日本 👍🏽", 'a"b\\', "a" * 255):
        sim.shopify.put_good(sku)
    assert [variant.sku for variant in client.variants().rows] == [" A ", "ü/日本 👍🏽", 'a"b\\', "a" * 255]


def test_an_empty_shop_has_a_page_without_rows(client: ShopifyClient) -> None:
    assert client.variants() == Page(())
    assert client.levels(MAIN) == Page(())
    assert client.webhooks() == Page(())


@pytest.mark.parametrize("goods", [PAGE - 1, PAGE, PAGE + 1, 2 * PAGE + 3])
def test_pages_lead_to_every_row_once(sim: Simulator, client: ShopifyClient, goods: int) -> None:
    items = [sim.shopify.put_good(f"S{number}", number).item for number in range(goods)]
    first = client.variants()
    assert len(first.rows) == min(goods, PAGE)
    assert (first.after is None) == (goods <= PAGE)
    assert [variant.item for variant in walk(client.variants, _never)] == items
    levels = list(walk(lambda after: client.levels(MAIN, after), _never))
    assert [(level.item, level.available) for level in levels] == [*zip(items, range(goods), strict=True)]


def test_a_walk_waits_where_the_shop_asks_for_it(sim: Simulator, client: ShopifyClient) -> None:
    sim.shopify.put_good("A")
    sim.shopify.faults.add(Fault(kind="throttle", times=2))
    pauses: list[timedelta] = []
    assert len(list(walk(client.variants, pauses.append))) == 1
    assert len(pauses) == 2


def test_a_walk_in_a_circle_ends() -> None:
    with pytest.raises(ValueError, match="same page"):
        list(walk(lambda _: Page(("row",), "here"), _never))
    with pytest.raises(ValueError, match="more than 3 pages"):
        list(walk(lambda after: Page((), f"{after}+"), _never, most=3))


def test_a_cursor_that_makes_no_sense_is_refused(client: ShopifyClient) -> None:
    with pytest.raises(Refused):
        client.variants("nonsense")


def test_locations_come_with_those_no_longer_used(sim: Simulator, client: ShopifyClient) -> None:
    sim.shopify.put_place("77", "Closed down", active=False)
    assert client.locations().rows == (Location(MAIN, "Main street"), Location("77", "Closed down", active=False))


def test_levels_are_of_one_location(sim: Simulator, client: ShopifyClient) -> None:
    sim.shopify.put_place("77", "Cellar")
    good = sim.shopify.put_good("A", {MAIN: 5, "77": -2})
    sim.shopify.put_good("B", None)
    (main,), (cellar,) = client.levels(MAIN).rows, client.levels("77").rows
    assert (main.item, main.location, main.available) == (good.item, MAIN, 5)
    assert (cellar.item, cellar.location, cellar.available) == (good.item, "77", -2)
    assert main.updated_at is not None


def test_a_location_that_is_not_there_is_refused(client: ShopifyClient) -> None:
    with pytest.raises(Refused, match="no such location"):
        client.levels("1")


def test_levels_of_items_leave_out_what_is_not_stocked(sim: Simulator, client: ShopifyClient) -> None:
    here = [sim.shopify.put_good(f"S{number}", number).item for number in range(3)]
    elsewhere = sim.shopify.put_good("B", None).item
    found = client.levels_of([here[2], "999", elsewhere, here[0]], MAIN)
    assert [(level.item, level.available) for level in found] == [(here[2], 2), (here[0], 0)]
    assert client.levels_of(["999"], MAIN) == ()


def test_as_many_items_as_are_allowed_are_read_at_once(sim: Simulator, client: ShopifyClient) -> None:
    items = [sim.shopify.put_good(f"S{number}", number).item for number in range(MAX_ITEMS)]
    assert len(client.levels_of(items, MAIN)) == MAX_ITEMS
    for wrong in ([], [*items, "1"]):
        with pytest.raises(ValueError, match="items at once"):
            client.levels_of(wrong, MAIN)


def test_a_level_without_the_quantity_asked_for_tells_none() -> None:
    from channels.shopify.rows import Shelf

    assert Shelf.model_validate({"quantities": []}).stated("1", "2") == Level("1", "2", None)
    odd = {"quantities": [{"name": "available", "quantity": 3, "updatedAt": "yesterday"}]}
    assert Shelf.model_validate(odd).stated("1", "2") == Level("1", "2", 3)


def test_webhooks_are_subscribed_to_and_listed(sim: Simulator, client: ShopifyClient) -> None:
    made = [client.subscribe(topic, HOOK) for topic in TOPICS]
    assert [one.topic for one in made] == list(TOPICS)
    assert client.webhooks().rows == tuple(made)
    assert sim.shopify.hooks("INVENTORY_LEVELS_UPDATE")[0].uri == HOOK


def test_a_topic_that_is_not_ours_is_listed_as_it_is(sim: Simulator, client: ShopifyClient) -> None:
    sim.shopify.subscribe("PRODUCTS_DELETE", HOOK)
    (other,) = client.webhooks().rows
    assert isinstance(other, Subscription)
    assert other.topic == "PRODUCTS_DELETE"


def test_an_address_is_subscribed_once(client: ShopifyClient) -> None:
    client.subscribe("orders/create", HOOK)
    with pytest.raises(Refused, match="already been taken") as caught:
        client.subscribe("orders/create", HOOK)
    assert caught.value.code == "webhookSubscription.uri"
    client.subscribe("orders/create", f"{HOOK}/other")


def test_an_address_that_shopify_does_not_speak_to_is_refused(client: ShopifyClient) -> None:
    with pytest.raises(Refused, match="protocol"):
        client.subscribe("orders/create", "ftp://syncstate.example")


def test_a_topic_that_shopify_does_not_know_is_refused(client: ShopifyClient) -> None:
    with pytest.raises(Refused):
        client.subscribe("orders/eaten", HOOK)


def test_a_lost_subscription_is_found_in_the_list(sim: Simulator, client: ShopifyClient) -> None:
    sim.shopify.faults.add(Fault(kind="drop", applied=True))
    with pytest.raises(Unreachable):
        client.subscribe("orders/create", HOOK)
    assert [one.uri for one in client.webhooks().rows] == [HOOK]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(kind="throttle"), Throttled),
        (Fault(kind="denied"), Unauthorised),
        (Fault(kind="unauthorised"), Unauthorised),
        (Fault(kind="internal"), Unreachable),
        (Fault(kind="garbled"), Unreachable),
        (Fault(kind="drop"), Unreachable),
        (Fault(kind="status", status=503), Unreachable),
        (Fault(kind="status", status=404), Refused),
    ],
)
def test_reading_fails_as_changing_does(
    sim: Simulator, client: ShopifyClient, fault: Fault, error: type[Exception]
) -> None:
    for ask in (
        client.variants,
        client.locations,
        client.webhooks,
        lambda: client.levels(MAIN),
        lambda: client.levels_of(["1"], MAIN),
    ):
        sim.shopify.faults.add(fault)
        with pytest.raises(error):
            ask()


def _never(pause: timedelta) -> None:
    raise AssertionError(pause)
