from collections.abc import Iterator

import pytest

from ingest.operators.simple import SimpleDoor
from ingest.shopify.hmac import Shop
from ingest.shopify.webhook import ShopifyDoor
from processor.adapters.memory import MemoryStore
from processor.clock import Clock, system_clock
from processor.engine import Engine
from projections import PROJECTIONS
from stock.codec import decode
from tests.payloads import SECRET, SHOP

TENANT = "acme"


def a_shopify_door(engine: Engine, clock: Clock = system_clock) -> ShopifyDoor:
    """Return a door for the one shop that tests know."""
    return ShopifyDoor(engine.recorder, engine.store.log, {SHOP: Shop(SHOP, TENANT, [SECRET])}, clock)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine over memory; no fold is ever late, however busy the machine."""
    monkeypatch.setattr("processor.recorder.INLINE_SECONDS", 60.0)
    engine = Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory")
    yield engine
    engine.close()


@pytest.fixture
def simple(engine: Engine) -> SimpleDoor:
    return SimpleDoor(engine.recorder, system_clock)


@pytest.fixture
def shopify(engine: Engine) -> ShopifyDoor:
    return a_shopify_door(engine)
