"""Orders over real HTTP: what changed since, page by page, and nothing about customers."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from channels.amazon.client import AmazonClient
from channels.amazon.orders.client import Order, OrderLine
from channels.errors import ChannelError, Refused, Throttled, Unreachable
from channels.simulators.amazon import Fault, SimulatedAmazon, Simulator, simulated_amazon
from processor.clock import Instant
from tests.integration.channels.shop import Shop
from tests.unit.channels.ticking import Ticking

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LONG_AGO = Instant("2026-01-01T00:00:00.000000Z")


def stock(sim: Simulator, names: Sequence[str], channel: str = "DEFAULT") -> None:
    for name in names:
        sim.amazon.put_listing(name, quantity=99, channel=channel)


def later(sim: Simulator) -> None:
    """Let the two minutes pass for which changes are held back."""
    sim.amazon.advance(2 * MINUTE + SECOND)


def changed(client: AmazonClient, since: Instant = LONG_AGO) -> list[Order]:
    page = client.orders.changed(since)
    orders = list(page.orders)
    while page.token is not None:
        page = client.orders.changed(since, page.token)
        orders += page.orders
    return orders


def test_an_order_is_told_with_its_lines(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "AB")
    bought = sim.amazon.orders.buy({"A": 2, "B": 1})
    later(sim)
    (order,) = changed(client)
    assert (order.order, order.status, order.fulfilled_by) == (bought, "UNSHIPPED", "MERCHANT")
    assert [(line.sku, line.ordered, line.fulfilled, line.cancelled) for line in order.lines] == [
        ("A", 2, 0, False), ("B", 1, 0, False),
    ]  # fmt: skip
    assert order.created_at <= order.updated_at < sim.amazon.time.now()
    assert client.orders.order(bought) == order


def test_what_becomes_of_an_order_is_told(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "A")
    shipped, cancelled = sim.amazon.orders.buy({"A": 2}, pending=True), sim.amazon.orders.buy({"A": 1})
    assert client.orders.order(shipped).status == "PENDING"
    sim.amazon.orders.step(shipped, "UNSHIPPED")
    sim.amazon.orders.step(shipped, "SHIPPED")
    sim.amazon.orders.step(cancelled, "CANCELLED")
    order = client.orders.order(shipped)
    assert (order.status, order.lines[0].ordered, order.lines[0].fulfilled) == ("SHIPPED", 2, 2)
    order = client.orders.order(cancelled)
    assert (order.cancelled, order.lines[0].ordered, order.lines[0].cancelled) == (True, 0, True)


def test_the_newest_two_minutes_are_held_back_and_the_answer_says_so(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "A")
    sim.amazon.orders.buy({"A": 1})
    page = client.orders.changed(LONG_AGO)
    assert page.orders == ()
    assert page.until is not None
    assert page.until < sim.amazon.time.now()
    later(sim)
    (order,) = client.orders.changed(page.until).orders
    assert order.updated_at >= page.until, "polling from where the last answer ended misses nothing"


def test_polls_that_begin_where_the_last_ended_tell_every_change(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "A")
    since, told, bought = LONG_AGO, [], []
    for _ in range(12):
        bought.append(sim.amazon.orders.buy({"A": 1}))
        sim.amazon.advance(37 * SECOND)
        page = client.orders.changed(since)
        told += [order.order for order in page.orders]
        assert page.until is not None
        since = page.until
    later(sim)
    told += [order.order for order in client.orders.changed(since).orders]
    assert sorted(set(told)) == sorted(bought)


def test_orders_that_amazon_ships_are_told_on_demand_alone(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "A")
    stock(sim, "F", channel="AMAZON_NA")
    merchant, amazons = sim.amazon.orders.buy({"A": 1}), sim.amazon.orders.buy({"F": 1})
    later(sim)
    assert [order.order for order in client.orders.changed(LONG_AGO).orders] == [merchant]
    (order,) = client.orders.changed(LONG_AGO, fulfilled_by="AMAZON").orders
    assert (order.order, order.fulfilled_by) == (amazons, "AMAZON")
    assert len(client.orders.changed(LONG_AGO, fulfilled_by=None).orders) == 2


def test_many_orders_come_page_by_page(sim: Simulator, client: AmazonClient) -> None:
    sim.amazon.put_listing("A", quantity=1000)
    bought = {sim.amazon.orders.buy({"A": 1}) for _ in range(250)}
    later(sim)
    pages = [client.orders.changed(LONG_AGO)]
    while pages[-1].token is not None:
        pages.append(client.orders.changed(LONG_AGO, pages[-1].token))
    assert [len(page.orders) for page in pages] == [100, 100, 50]
    assert {order.order for page in pages for order in page.orders} == bought


def test_an_order_that_changes_between_pages_is_not_lost(sim: Simulator, client: AmazonClient) -> None:
    sim.amazon.put_listing("A", quantity=1000)
    bought = [sim.amazon.orders.buy({"A": 1}) for _ in range(150)]
    later(sim)
    first = client.orders.changed(LONG_AGO)
    for order in bought:
        sim.amazon.orders.step(order, "SHIPPED")
    later(sim)
    second = client.orders.changed(LONG_AGO, first.token)
    told = {order.order for order in (*first.orders, *second.orders)}
    page = second
    while page.token is not None:
        page = client.orders.changed(LONG_AGO, page.token)
        told |= {order.order for order in page.orders}
    assert told == set(bought)


def test_a_token_belongs_to_its_question_and_grows_old(sim: Simulator, client: AmazonClient) -> None:
    sim.amazon.put_listing("A", quantity=1000)
    for _ in range(101):
        sim.amazon.orders.buy({"A": 1})
    later(sim)
    token = client.orders.changed(LONG_AGO).token
    with pytest.raises(Refused, match="another question"):
        client.orders.changed(LONG_AGO, token, fulfilled_by=None)
    sim.amazon.advance(timedelta(hours=25))
    with pytest.raises(Refused, match="too old"):
        client.orders.changed(LONG_AGO, token)


def test_nothing_personal_is_asked_for(client: AmazonClient, seen: list[httpx.Response]) -> None:
    changed(client)
    asked = seen[-1].request.url.params
    assert asked["includedData"] == "FULFILLMENT,CANCELLATION"
    assert asked["lastUpdatedAfter"] == "2026-01-01T00:00:00.000Z"


def test_an_unknown_order_is_refused(client: AmazonClient) -> None:
    with pytest.raises(Refused, match="NotFound"):
        client.orders.order("123-1234567-1234567")


@pytest.mark.parametrize(
    "fault", [{"kind": "drop"}, {"kind": "status", "status": 503}, {"kind": "garbled"}, {"kind": "throttle"}]
)
def test_a_poll_that_fails_can_be_repeated(sim: Simulator, client: AmazonClient, fault: dict[str, Any]) -> None:
    stock(sim, "A")
    bought = sim.amazon.orders.buy({"A": 1})
    later(sim)
    sim.amazon.faults.add(Fault(operation="searchOrders", **fault))
    with pytest.raises(ChannelError) as caught:
        client.orders.changed(LONG_AGO)
    assert isinstance(caught.value, Throttled if fault["kind"] == "throttle" else Unreachable)
    assert [order.order for order in changed(client)] == [bought]


def test_orders_are_throttled_at_the_published_rates(http: httpx.Client) -> None:
    time = Ticking()
    with simulated_amazon(SimulatedAmazon(clock=time.clock, monotonic=time.monotonic)) as sim:
        client = Shop(sim, http).client()
        for _ in range(20):
            assert client.orders.changed(LONG_AGO).granted == 0.0056
        with pytest.raises(Throttled):
            client.orders.changed(LONG_AGO)
        assert sim.amazon.refused == {"searchOrders": 1}


def test_what_amazon_does_not_say_stays_unsaid() -> None:
    from channels.amazon.orders import wire
    from channels.amazon.orders.client import _order

    told = {
        "orderId": "1",
        "createdTime": "2026-11-20T10:00:00+01:00",
        "lastUpdatedTime": "2026-11-20T09:00:00Z",
        "orderItems": [
            {
                "orderItemId": "2",
                "quantityOrdered": 3,
                "product": {},
                "cancellation": {"cancellationRequest": {"requester": "BUYER"}},
                "new": 1,
            }
        ],
    }
    order = _order(wire.Order.model_validate(told))
    assert (order.status, order.fulfilled_by) == (None, None)
    assert order.created_at == "2026-11-20T09:00:00.000000Z"
    assert order.lines == (OrderLine("2", None, 3),), "who asks for a cancellation has not got it"
