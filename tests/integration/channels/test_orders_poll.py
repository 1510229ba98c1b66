"""Orders are asked for, whatever notifications tell: each sale counts once, and how far they are read is known."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import msgspec
import pytest

from channels.dispatcher import Dispatcher
from channels.evidence import OrdersRead
from channels.modes import Mode
from channels.orders_place import EVERY
from channels.orders_poll import RATE
from channels.simulators.amazon import Fault, SimulatedAmazon, Simulator, simulator_app
from channels.simulators.amazon.ordering import HELD_BACK
from ingest.amazon.door import NotificationDoor
from processor.clock import later
from processor.deadletters import DeadLetters
from stock.codec import decode
from stock.events import DriftFound, SaleCancelled, SaleRecorded
from stock.identities import sku, sku_stream
from tests.integration.channels.accidents import FailingLog, Trap
from tests.integration.channels.conftest import UNLIMITED, Stage
from tests.integration.channels.function import SELLER, Stream
from tests.integration.channels.shop import SECOND, TENANT, Shop
from tests.unit.channels.ticking import Ticking

RUNS = 3 * EVERY
"""In which every change is told, and the run after it too."""


@pytest.fixture
def shop(stage: Stage, http: httpx.Client) -> Iterator[Shop]:
    """A shop and an Amazon that go by one time; orders may be asked for as often as is published."""
    time = Ticking()
    amazon = SimulatedAmazon(rates=UNLIMITED, clock=time.clock, monotonic=time.monotonic)
    stage.app = simulator_app(amazon)
    opened = Shop(Simulator(stage.url, amazon), http, time=time)
    yield opened
    assert amazon.refused == {}
    opened.close()


def tended(shop: Shop, holder: str = "one", mode: Mode = Mode.LIVE) -> Dispatcher:
    """Return a dispatcher that asks for orders too, after its first round."""
    client = shop.client()
    seller = msgspec.structs.replace(shop.seller(client, mode), orders=client.orders)
    dispatcher = Dispatcher(shop.engine, [seller], holder=holder, clock=shop.clock, monotonic=shop.monotonic)
    dispatcher.round()
    return dispatcher


def pass_(shop: Shop, dispatcher: Dispatcher, by: timedelta) -> None:
    """Let time pass, with a round every ten seconds."""
    for _ in range(round(by / (10 * SECOND))):
        shop.time.pass_(10 * SECOND)
        dispatcher.round()


def deliver(shop: Shop) -> None:
    """Let notifications tell all that the small Amazon told."""
    amazon = shop.sim.amazon
    letters = DeadLetters(shop.store, shop.engine.runner, shop.clock)
    sellers = {amazon.seller_id: TENANT}
    door = NotificationDoor(shop.engine.recorder, shop.store.log, lambda: letters, sellers, shop.clock)
    for notice in amazon.notices.arrived():
        assert door.take(TENANT, msgspec.json.encode(notice.body)).status != "quarantined"


def units(shop: Shop, name: str) -> list[int]:
    """Return what Amazon's orders changed of the SKU's stock."""
    facts = [decode(event) for event in shop.store.log.read(sku_stream(TENANT, sku(name)))]
    signs = {SaleRecorded: -1, SaleCancelled: 1}
    return [fact.quantity * signs[type(fact)] for fact in facts if isinstance(fact, SaleRecorded | SaleCancelled)]


def drifts(shop: Shop, name: str) -> list[tuple[int, int]]:
    return [(fact.expected, fact.observed) for fact in shop.outcomes(name) if isinstance(fact, DriftFound)]


def asked(shop: Shop) -> int:
    return shop.sim.amazon.requests.get("searchOrders", 0)


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.OBSERVE])
def test_a_sale_that_nobody_told_of_is_found(shop: Shop, mode: Mode) -> None:
    shop.stock("A", 10, shown=10)
    dispatcher = tended(shop, mode=mode)
    shop.sim.amazon.orders.buy({"A": 2})
    pass_(shop, dispatcher, RUNS)
    assert units(shop, "A") == [-2]
    assert (shop.shown("A"), drifts(shop, "A")) == (8, [])


def test_a_channel_that_is_off_is_not_asked(shop: Shop) -> None:
    pass_(shop, tended(shop, mode=Mode.OFF), RUNS)
    assert asked(shop) == 0


@pytest.mark.parametrize("told_first", [True, False])
def test_a_sale_that_is_told_and_found_counts_once(shop: Shop, *, told_first: bool) -> None:
    shop.stock("A", 10, shown=10)
    dispatcher = tended(shop)
    order = shop.sim.amazon.orders.buy({"A": 2})
    if told_first:
        deliver(shop)
    pass_(shop, dispatcher, RUNS)
    deliver(shop)
    assert units(shop, "A") == [-2]
    shop.sim.amazon.orders.step(order, "CANCELLED")
    pass_(shop, dispatcher, RUNS)
    deliver(shop)
    assert units(shop, "A") == [-2, 2]
    assert shop.shown("A") == 10


def test_an_order_older_than_the_first_look_is_in_the_opening_count(shop: Shop) -> None:
    shop.sim.amazon.put_listing("A", quantity=10)
    order = shop.sim.amazon.orders.buy({"A": 2})
    shop.time.pass_(SECOND)
    shop.stock("A", 8, shown=8)
    dispatcher = tended(shop)
    shop.sim.amazon.orders.step(order, "SHIPPED")
    pass_(shop, dispatcher, RUNS)
    assert asked(shop) > 1
    assert units(shop, "A") == []


def test_an_older_order_that_was_told_of_is_followed(shop: Shop) -> None:
    shop.stock("A", 10, shown=10)
    order = shop.sim.amazon.orders.buy({"A": 2})
    deliver(shop)
    shop.time.pass_(SECOND)
    dispatcher = tended(shop)
    shop.sim.amazon.orders.step(order, "CANCELLED")
    pass_(shop, dispatcher, RUNS)
    assert units(shop, "A") == [-2, 2]


def test_what_amazon_fulfils_itself_is_not_the_merchant_s(shop: Shop) -> None:
    shop.stock("A", 10, shown=10, channel="AMAZON_NA")
    dispatcher = tended(shop, mode=Mode.OBSERVE)
    shop.sim.amazon.orders.buy({"A": 2})
    pass_(shop, dispatcher, RUNS)
    assert units(shop, "A") == []


def test_a_listing_that_waits_for_orders_is_settled_once_they_are_read(shop: Shop) -> None:
    """Somebody took two off. It could be a sale: until orders are read, no more is offered; then it is repaired."""
    shop.stock("A", 10)
    dispatcher = tended(shop)
    pass_(shop, dispatcher, RUNS)
    shop.sim.amazon.shelf.edit("A", 8)
    deliver(shop)
    pass_(shop, dispatcher, timedelta(seconds=30))
    assert (shop.shown("A"), shop.state("A").wanted("amazon")) == (8, 8)
    pass_(shop, dispatcher, RUNS + EVERY)
    assert (shop.shown("A"), drifts(shop, "A")) == (10, [(10, 8)])


def test_no_more_is_noted_than_was_read(shop: Shop) -> None:
    dispatcher = tended(shop)
    shop.sim.amazon.faults.add(Fault(kind="status", operation="searchOrders", times=None))
    pass_(shop, dispatcher, RUNS)
    read = OrdersRead(shop.store.registers, "amazon")
    assert asked(shop) > 1
    assert read.until(TENANT) is None
    shop.sim.amazon.faults.clear()
    pass_(shop, dispatcher, timedelta(minutes=30))
    until = read.until(TENANT)
    assert until is not None
    assert until <= later(shop.time.clock(), -EVERY - HELD_BACK), "what changed twice since is told in the next run"


def test_many_pages_are_read_within_the_rate_and_a_restart_goes_on(shop: Shop) -> None:
    shop.stock("A", 1000, shown=1000)
    first = tended(shop)
    for _ in range(450):
        shop.sim.amazon.orders.buy({"A": 1})
        shop.time.pass_(timedelta(milliseconds=1))
    pass_(shop, first, timedelta(minutes=3, seconds=10))
    assert 0 < sum(units(shop, "A")) * -1 < 450
    first.stop()
    pass_(shop, tended(shop, "two"), RUNS)
    assert units(shop, "A") == [-1] * 450


@pytest.mark.parametrize("faults", [[], [Fault(kind="status", operation="searchOrders", times=None)]])
def test_restarts_do_not_ask_more_often(shop: Shop, faults: list[Fault]) -> None:
    shop.sim.amazon.faults.add(*faults)
    for number in range(60):
        dispatcher = tended(shop, f"holder-{number}")
        pass_(shop, dispatcher, timedelta(seconds=30))
        dispatcher.stop()
    assert 0 < asked(shop) <= timedelta(minutes=30) / EVERY + RATE.burst


def test_a_refused_token_begins_the_run_anew(shop: Shop) -> None:
    shop.stock("A", 1000, shown=1000)
    dispatcher = tended(shop)
    for _ in range(150):
        shop.sim.amazon.orders.buy({"A": 1})
        shop.time.pass_(timedelta(milliseconds=1))
    while not units(shop, "A"):
        pass_(shop, dispatcher, 10 * SECOND)
    shop.sim.amazon.faults.add(Fault(kind="status", status=400, operation="searchOrders"))
    pass_(shop, dispatcher, RUNS)
    assert units(shop, "A") == [-1] * 150


def test_too_many_requests_are_waited_out(shop: Shop) -> None:
    shop.stock("A", 10, shown=10)
    dispatcher = tended(shop)
    shop.sim.amazon.orders.buy({"A": 1})
    shop.sim.amazon.faults.add(Fault(kind="throttle", operation="searchOrders", retry_after=200))
    pass_(shop, dispatcher, timedelta(minutes=6))
    assert asked(shop) == 1
    pass_(shop, dispatcher, timedelta(minutes=4))
    assert units(shop, "A") == [-1]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_store_that_fails_at_any_step_loses_no_order(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, when: str, at: int
) -> None:
    shop.stock("A", 10, shown=10)
    tended(shop).stop()
    shop.sim.amazon.orders.buy({"A": 2})
    shop.sim.amazon.orders.buy({"A": 1})
    trap = Trap(at)
    failing = FailingLog(shop.store.log, before=trap) if when == "before" else FailingLog(shop.store.log, after=trap)
    monkeypatch.setattr(shop.store, "log", failing)
    dispatcher = tended(shop, "two")
    for _ in range(60):
        shop.time.pass_(10 * SECOND)
        try:
            dispatcher.round()
        except Exception as error:  # noqa: BLE001 - what a store that fails raises ends a round, whatever it is
            assert "on command" in str(error)  # noqa: PT017
    assert sum(units(shop, "A")) == -3


def test_a_dispatcher_that_is_woken_is_woken_to_ask_for_orders(shop: Shop) -> None:
    stream = Stream(shop)
    assert stream.look() == []
    tended(shop)
    assert stream.look() == []
    shop.time.pass_(EVERY)
    assert stream.look() == [SELLER]
