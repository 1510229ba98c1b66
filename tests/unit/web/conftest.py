from collections.abc import Iterator

import pytest

from processor.adapters.memory import MemoryStore
from processor.clock import system_clock
from processor.engine import Engine
from projections import PROJECTIONS
from stock.codec import decode
from syncstate.settings import Settings
from syncstate.wiring import services
from tests.payloads import SECRET, SHOP
from tests.unit.web.client import Client
from web.app import create_app
from web.services import Services


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine over memory; no fold is ever late, however busy the machine."""
    monkeypatch.setattr("processor.recorder.INLINE_SECONDS", 60.0)
    engine = Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory")
    yield engine
    engine.close()


@pytest.fixture
def parts(engine: Engine) -> Services:
    settings = Settings(store="memory", shopify_secrets={SHOP: (SECRET,)})
    return services(settings, engine, system_clock)


@pytest.fixture
def client(parts: Services) -> Client:
    return Client(create_app(parts))
