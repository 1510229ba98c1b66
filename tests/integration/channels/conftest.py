"""A small Amazon, and a shop beside it."""

from collections.abc import Iterator

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from channels.amazon.client import AmazonClient, http_client
from channels.amazon.rates import PUBLISHED
from channels.limits import Rate
from channels.sellers import Rates
from channels.simulators.amazon import SimulatedAmazon, Simulator, simulator_app
from channels.simulators.amazon.server import served
from tests.integration.channels.shop import Shop

UNLIMITED = Rates(Rate(1000, 1000), Rate(1000, 1000))
UNLIMITED_OTHERS = dict.fromkeys(PUBLISHED, Rate(1000, 1000))


class Stage:
    """One server for all tests; each brings an Amazon of its own."""

    url = ""
    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    built = Stage()
    with served(built) as built.url:
        yield built


@pytest.fixture
def sim(stage: Stage) -> Simulator:
    """A fresh small Amazon which limits nobody."""
    amazon = SimulatedAmazon(rates=UNLIMITED, other_rates=UNLIMITED_OTHERS)
    stage.app = simulator_app(amazon)
    return Simulator(stage.url, amazon)


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with http_client() as client:
        yield client


@pytest.fixture
def seen(http: httpx.Client) -> list[httpx.Response]:
    """Every answer, with the request it answers."""
    answers: list[httpx.Response] = []

    def keep(response: httpx.Response) -> None:
        response.read()
        answers.append(response)

    http.event_hooks = {"response": [keep]}
    return answers


@pytest.fixture
def client(shop: Shop) -> AmazonClient:
    return shop.client()


@pytest.fixture
def shop(sim: Simulator, http: httpx.Client) -> Iterator[Shop]:
    opened = Shop(sim, http)
    yield opened
    opened.close()
