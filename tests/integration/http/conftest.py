"""The HTTP API in each of its modes: one suite, asked over ASGI, or as API Gateway asks a function."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from processor.clock import system_clock
from processor.engine import Engine
from projections import PROJECTIONS
from stock.codec import decode
from syncstate.lambdas.api import NOWHERE, Function
from syncstate.settings import Settings
from syncstate.wiring import services
from tests import servers
from tests.integration.http.functions import FunctionClient
from tests.payloads import SECRET, SHOP
from tests.stores import Place
from tests.unit.web.client import Client
from web.app import create_app
from web.guard.keys import KeyBook
from web.services import Services

MODES = {"embedded": "sqlite", "postgres": "postgres", "aws": "dynamodb", "aws on ministack": "ministack"}
"""The kind of store that each stands on."""

FUNCTIONS = ("aws", "aws on ministack")
"""The modes in which functions answer."""


@pytest.fixture(params=MODES, scope="session")
def mode(request: pytest.FixtureRequest) -> str:
    """One mode after another. Skips where its server is missing; in CI that fails."""
    asked: str = request.param
    sentence = servers.missing(MODES[asked])
    if sentence is None:
        return asked
    if servers.required():
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def kind(mode: str) -> str:
    """The kind of store of the mode."""
    return MODES[mode]


@pytest.fixture
def engines(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Engine]]:
    """Make engines over one store, as processes beside each other; no fold is ever late."""
    monkeypatch.setattr("processor.recorder.INLINE_SECONDS", 60.0)
    with ExitStack() as stack:

        def engine() -> Engine:
            made = Engine(place.open(), PROJECTIONS, decode, watch="inventory", clock=system_clock)
            return stack.enter_context(closing(made))

        yield engine


@pytest.fixture
def engine(engines: Callable[[], Engine]) -> Engine:
    """The engine that answers what is asked one by one."""
    return engines()


@pytest.fixture
def client(mode: str, engine: Engine, engines: Callable[[], Engine]) -> Iterator[Client]:
    """Who may do everything: without a key on this machine, with one where a function answers."""
    if mode not in FUNCTIONS:
        yield Client(create_app(_parts(engine, Settings(shopify_secrets={SHOP: (SECRET,)}))))
        return
    fast = Settings(shopify_secrets={SHOP: (SECRET,)}, host=NOWHERE, rate_per_second=1e6, rate_burst=1_000_000)
    _, key = KeyBook(engine.store.registers, system_clock).create("default", "admin", "")
    begun = iter([engine])
    with closing(
        FunctionClient(lambda: Function(create_app(_parts(next(begun, None) or engines(), fast, sweeps=False))), key)
    ) as client:
        yield client


def _parts(engine: Engine, settings: Settings, *, sweeps: bool = True) -> Services:
    return services(settings, engine, system_clock, sweeps=sweeps)
