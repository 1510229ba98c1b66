"""A small Shopify, and a client of it."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from channels.http import http_client
from channels.shopify.client import ShopifyClient
from channels.simulators.shopify import Courier, Plan, SimulatedShopify, Simulator, simulator_app
from tests.integration.channels.conftest import Stage

BOUNDLESS = Plan(1_000_000, 1_000_000)

Connect = Callable[..., ShopifyClient]


@pytest.fixture
def sim(stage: Stage) -> Simulator:
    """A fresh small Shopify which limits nobody and delivers nothing."""
    shopify = SimulatedShopify(plan=BOUNDLESS)
    courier = Courier(shopify)
    stage.app = simulator_app(shopify, courier)
    return Simulator(stage.url, shopify, courier)


@pytest.fixture
def connect(sim: Simulator) -> Iterator[Connect]:
    """Make clients: of `sim`, or of another address."""
    with http_client() as http:

        def made(endpoint: str = sim.url, budget: float = 10.0, token: str = sim.shopify.token) -> ShopifyClient:
            return ShopifyClient(http, sim.shopify.domain, token, endpoint=endpoint, budget=timedelta(seconds=budget))

        yield made


@pytest.fixture
def client(connect: Connect) -> ShopifyClient:
    return connect()
