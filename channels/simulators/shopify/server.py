"""The small Shopify as a real server, in a thread, on a loopback port of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from channels.simulators.amazon.server import served
from channels.simulators.shopify.app import simulator_app
from channels.simulators.shopify.deliveries import Courier, Manner
from channels.simulators.shopify.state import SimulatedShopify


class Simulator(msgspec.Struct, frozen=True):
    """A running small Shopify: where it listens, what it knows, and who tells of it."""

    url: str
    shopify: SimulatedShopify
    courier: Courier


@contextmanager
def simulated_shopify(
    shopify: SimulatedShopify | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    manner: Manner | None = None,
) -> Iterator[Simulator]:
    """Run a small Shopify until the block ends; `port` 0 takes a free one."""
    shopify = shopify or SimulatedShopify()
    courier = Courier(shopify, manner)
    with served(simulator_app(shopify, courier), host, port) as url:
        courier.start()
        try:
            yield Simulator(url, shopify, courier)
        finally:
            courier.stop()
