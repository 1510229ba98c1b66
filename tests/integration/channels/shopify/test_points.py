"""The client keeps to a shop's points: the small Shopify never has to say so."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from channels.errors import Throttled
from channels.shopify.client import ShopifyClient, http_client
from channels.shopify.intents import Applied, Intent
from channels.shopify.points import Points
from channels.simulators.shopify import MAIN, Plan, SimulatedShopify, Simulator, simulated_shopify
from tests.integration.channels.shopify.conftest import Connect
from tests.integration.channels.shopify.intents import an_intent

SECOND = timedelta(seconds=1)


@pytest.fixture
def small() -> Iterator[Simulator]:
    """A shop whose bucket holds five changes, and fills with ten a second."""
    with simulated_shopify(SimulatedShopify(plan=Plan(50, 100))) as running:
        yield running


@pytest.fixture
def a_client(small: Simulator) -> Iterator[Connect]:
    with http_client() as http:

        def made(points: Points | None = None) -> ShopifyClient:
            shop = small.shopify
            return ShopifyClient(http, shop.domain, shop.token, endpoint=small.url, points=points)

        yield made


def until_taken(client: ShopifyClient, intent: Intent) -> None:
    while True:
        try:
            assert isinstance(client.adjust(intent), Applied)
        except Throttled as error:
            time.sleep((error.retry_after or SECOND).total_seconds())
        else:
            return


def test_where_points_do_not_suffice_nothing_is_sent(small: Simulator, a_client: Connect) -> None:
    client, good = a_client(), small.shopify.put_good("A", 0)
    small.shopify.account.plan = Plan(50, 0.5)
    for number in range(5):
        client.adjust(an_intent(good.item, 1, number))
    with pytest.raises(Throttled) as caught:
        client.adjust(an_intent(good.item, 1, 5))
    assert caught.value.retry_after is not None
    assert 10 * SECOND < caught.value.retry_after <= 20 * SECOND
    assert small.shopify.requests == {"inventoryAdjustQuantities": 5}


def test_what_another_program_of_the_app_spent_is_learnt_from_the_shop(small: Simulator, a_client: Connect) -> None:
    small.shopify.account.plan = Plan(50, 0.5)
    good = small.shopify.put_good("A", 0)
    ours, theirs = a_client(), a_client()
    ours.adjust(an_intent(good.item, 1, 0))
    for number in range(1, 5):
        theirs.adjust(an_intent(good.item, 1, number))
    intent = an_intent(good.item, 1, 5)
    with pytest.raises(Throttled) as caught:
        ours.adjust(intent)
    assert small.shopify.requests["throttled"] == 1
    assert caught.value.retry_after is not None
    assert 10 * SECOND < caught.value.retry_after <= 20 * SECOND
    with pytest.raises(Throttled):
        ours.adjust(intent)
    assert small.shopify.requests["inventoryAdjustQuantities"] == 6, "asked in vain once, and no more"


def test_a_larger_plan_is_made_use_of(small: Simulator, a_client: Connect) -> None:
    small.shopify.account.plan = Plan(20_000, 1000)
    small.shopify.account.give_back(20_000)
    client, good = a_client(), small.shopify.put_good("A", 0)
    for number in range(300):
        client.adjust(an_intent(good.item, 1, number))
    assert small.shopify.requests == {"inventoryAdjustQuantities": 300}


def test_eight_threads_never_pass_the_limit(small: Simulator, a_client: Connect) -> None:
    client = a_client()
    goods = [small.shopify.put_good(f"S{number}", 0) for number in range(8)]

    def work(item: str) -> None:
        for number in range(5):
            until_taken(client, an_intent(item, 1, number))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, [good.item for good in goods]))
    assert [small.shopify.available(good.item) for good in goods] == [5] * 8
    assert small.shopify.requests == {"inventoryAdjustQuantities": 40}


def test_clients_of_one_shop_share_its_points(small: Simulator, a_client: Connect) -> None:
    points = Points()
    clients = [a_client(points) for _ in range(4)]
    goods = [small.shopify.put_good(f"S{number}", 0) for number in range(4)]

    def work(place: int) -> None:
        for number in range(5):
            until_taken(clients[place], an_intent(goods[place].item, 1, number))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert small.shopify.requests == {"inventoryAdjustQuantities": 20}


def test_pages_and_changes_are_paid_from_one_bucket(small: Simulator, a_client: Connect) -> None:
    small.shopify.account.plan = Plan(1000, 1)
    small.shopify.account.give_back(1000)
    client = a_client()
    for number in range(100):
        small.shopify.put_good(f"S{number}", 0)
    client.variants()
    client.variants()
    client.variants()
    with pytest.raises(Throttled):
        client.variants()
    assert small.shopify.requests == {"productVariants": 3}
    assert client.levels_of([small.shopify.goods()[0].item], MAIN)[0].available == 0
