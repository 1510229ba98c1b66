from collections.abc import Iterator

import pytest

from ingest.operators.simple import SimpleDoor
from ingest.shopify.hmac import Shop
from ingest.shopify.webhook import ShopifyDoor
from processor.adapters.memory import MemoryStore
from processor.clock import system_clock
from processor.engine import Engine
from projections import PROJECTIONS
from stock.codec import decode
from tests.payloads import SECRET, SHOP

TENANT = "acme"


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory")
    yield engine
    engine.close()


@pytest.fixture
def simple(engine: Engine) -> SimpleDoor:
    return SimpleDoor(engine.recorder, system_clock)


@pytest.fixture
def shopify(engine: Engine) -> ShopifyDoor:
    shops = {SHOP: Shop(SHOP, TENANT, [SECRET])}
    return ShopifyDoor(engine.recorder, engine.store.log, shops, system_clock)
