"""Two shops that sell the same shelf at once, with real processes: what is left is right, and Amazon shows it."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pytest

from channels.simulators.amazon import SimulatedAmazon, Simulator, simulated_amazon
from channels.simulators.amazon.notices import NoticePlan
from channels.simulators.amazon.orders import NotOffered
from processor.clock import system_clock
from syncstate.demo import merchant
from syncstate.settings import Settings
from syncstate.wiring import assembled
from tests.e2e.serving import Server, environment
from tests.payloads import a_line, an_order_body, shopify_headers

pytestmark = pytest.mark.slow

SECONDS = 8.0
PATIENCE = 60.0
SURE = 3.0
"""Notifications take at most half as long."""

GOODS = [good for good in merchant.GOODS if good.asin is not None]


def seller(simulator: Simulator) -> dict[str, str]:
    credentials = simulator.credentials
    return environment(
        SYNCSTATE_AMAZON_SELLER=simulator.seller_id,
        SYNCSTATE_AMAZON_MARKETPLACE=simulator.marketplace,
        SYNCSTATE_AMAZON_CLIENT_ID=credentials.client_id,
        SYNCSTATE_AMAZON_CLIENT_SECRET=credentials.client_secret,
        SYNCSTATE_AMAZON_REFRESH_TOKEN=credentials.refresh_token,
        SYNCSTATE_AMAZON_ENDPOINT=simulator.url,
        SYNCSTATE_AMAZON_TOKEN_ENDPOINT=simulator.token_url,
        SYNCSTATE_AMAZON_MODE="live",
        SYNCSTATE_AMAZON_PER_SECOND="5",
    )


class Customers:
    """Buyers at Amazon. They change their minds only when the sale has long been told."""

    def __init__(self, amazon: SimulatedAmazon, random: Random) -> None:
        self._amazon, self._random = amazon, random
        self._orders: list[tuple[float, str]] = []

    def buy(self, sku: str) -> None:
        """Order a unit or two, where they are offered."""
        try:
            self._orders.append((time.monotonic(), self._amazon.orders.buy({sku: self._random.randint(1, 2)})))
        except NotOffered:
            return

    def change_their_minds(self) -> None:
        """Cancel the oldest order."""
        if self._orders and self._orders[0][0] < time.monotonic() - SURE:
            self._amazon.orders.step(self._orders.pop(0)[1], "CANCELLED")


def trade(simulator: Simulator, server: Server, random: Random) -> Counter[str]:
    """Sell at both shops for some seconds, cancel some of Amazon's orders. Returns what Shopify sold."""
    sold: Counter[str] = Counter()
    customers = Customers(simulator.amazon, random)
    ends = time.monotonic() + SECONDS
    number = 0
    while time.monotonic() < ends:
        number += 1
        good = random.choice(GOODS)
        if random.random() < 0.5:
            body = an_order_body(a_line(number, good.sku, 1), id_=7000 + number)
            server.post(body, shopify_headers(body)).raise_for_status()
            sold[good.sku] += 1
        elif random.random() < 0.8:
            customers.buy(good.sku)
        else:
            customers.change_their_minds()
        time.sleep(random.uniform(0, 0.1))
    return sold


def sold_by(simulator: Simulator) -> Counter[str]:
    sold: Counter[str] = Counter()
    for order in simulator.amazon.orders.all():
        for line in order.lines:
            sold[line.sku] += 0 if order.status == "CANCELLED" else line.quantity
    return sold


def told(server: Server) -> dict[str, tuple[int, int]]:
    """Return what is there and what is offered of each SKU, by our own books."""
    found: Mapping[str, Mapping[str, int]] = server.get("/api/inventory")["inventory"]
    return {
        good.sku: (found[good.sku]["physical"] - found[good.sku]["oversold"], found[good.sku]["broadcast"])
        for good in GOODS
    }


def shown(simulator: Simulator) -> dict[str, int | None]:
    """Return what Amazon offers of each SKU."""
    return {good.sku: simulator.amazon.quantity(good.sku) for good in GOODS}


def settle(probe: Callable[[], object], wanted: object) -> None:
    """Wait until `probe` answers what is wanted."""
    deadline = time.monotonic() + PATIENCE
    while (seen := probe()) != wanted and time.monotonic() < deadline:
        time.sleep(0.1)
    assert seen == wanted


def offered(wanted: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    return {sku: broadcast for sku, (_, broadcast) in wanted.items()}


def test_two_shops_sell_one_shelf_and_a_stranger_s_edit_is_found_and_repaired(tmp_path: Path) -> None:
    data, random = tmp_path / "data", Random(11)
    with assembled(Settings(data=data), channels=False) as system:
        merchant.seed(system.engine.recorder, system.services.tenant, system_clock)
    with simulated_amazon() as simulator:
        amazon = simulator.amazon
        amazon.notices.plan = NoticePlan(latest=1.5, repeated=0.3)
        for good in GOODS:
            amazon.put_listing(good.sku, quantity=good.opening - good.buffer)
        with Server(data, "serve", env=seller(simulator)) as server:
            amazon.courier.deliver_to(f"{server.url}/webhook/amazon/notification")
            shopify = trade(simulator, server, random)
            left: dict[str, int] = {
                good.sku: good.opening - shopify[good.sku] - sold_by(simulator)[good.sku] for good in GOODS
            }
            wanted: dict[str, tuple[int, int]] = {
                good.sku: (left[good.sku], max(0, left[good.sku] - good.buffer)) for good in GOODS
            }
            settle(lambda: (told(server), shown(simulator)), (wanted, offered(wanted)))
            edited = GOODS[0].sku
            amazon.shelf.edit(edited, 999)
            settle(lambda: shown(simulator), offered(wanted))
            alerts = server.get("/api/alerts")["alerts"]
            drifts = [(alert["sku"], alert["quantity"]) for alert in alerts if alert["type"] == "drift"]
            assert drifts == [(edited, 999)], "neither sales nor cancellations, nor our own updates, are a stranger's"
            assert told(server) == wanted, "no edit moves stock"
            assert amazon.courier.given_up == 0
            assert amazon.refused == {}
            assert server.get("/api/dead-letters")["count"] == 0
        assert sum(shopify.values()) > 10
        assert sum(sold_by(simulator).values()) > 10
