from collections.abc import Iterator

import pytest

from channels.limits import Rate
from channels.simulators.amazon import SimulatedAmazon, simulated_amazon
from channels.simulators.amazon import Simulator as AmazonSimulator
from channels.simulators.shopify import SimulatedShopify, simulated_shopify
from channels.simulators.shopify import Simulator as ShopifySimulator
from syncstate.settings import Settings
from tests.integration.connecting.house import House, a_house


@pytest.fixture(params=["memory", "sqlite"])
def house(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house over memory, then over SQLite; no fold is ever late, however busy the machine."""
    monkeypatch.setattr("processor.recorder.INLINE_SECONDS", 60.0)
    with a_house(request.param) as made:
        yield made


@pytest.fixture
def amazon() -> Iterator[AmazonSimulator]:
    """A small Amazon that keeps to the published limits."""
    with simulated_amazon(SimulatedAmazon()) as sim:
        yield sim


@pytest.fixture
def shop() -> Iterator[ShopifySimulator]:
    """A small shop without goods."""
    with simulated_shopify(SimulatedShopify()) as sim:
        yield sim


def seller_settings(sim: AmazonSimulator, **more: object) -> Settings:
    """Return the settings of whoever connects the small Amazon's seller."""
    given = {
        "amazon_seller": sim.seller_id,
        "amazon_marketplace": sim.marketplace,
        "amazon_client_id": sim.credentials.client_id,
        "amazon_client_secret": sim.credentials.client_secret,
        "amazon_refresh_token": sim.credentials.refresh_token,
        "amazon_endpoint": sim.url,
        "amazon_token_endpoint": sim.token_url,
        "amazon_per_second": Rate(5, 5).per_second,
    }
    return Settings(**{**given, **more})  # type: ignore[arg-type]


def shop_settings(sim: ShopifySimulator, **more: object) -> Settings:
    """Return the settings of whoever connects the small shop."""
    given = {"shopify_shop": sim.shopify.domain, "shopify_token": sim.shopify.token, "shopify_endpoint": sim.url}
    return Settings(**{**given, **more})  # type: ignore[arg-type]
