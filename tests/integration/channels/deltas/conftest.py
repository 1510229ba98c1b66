"""A merchant whose shop is a small Shopify."""

from collections.abc import Iterator

import httpx
import pytest

from channels.simulators.shopify import Simulator
from tests.integration.channels.deltas.store import Merchant
from tests.integration.channels.shopify.conftest import sim

__all__ = ["sim"]


@pytest.fixture
def merchant(sim: Simulator, http: httpx.Client) -> Iterator[Merchant]:
    opened = Merchant(sim.url, sim.shopify, http)
    yield opened
    opened.close()
