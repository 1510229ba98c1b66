"""A small Shopify: the GraphQL Admin API over real HTTP, with points, keys, faults, customers and webhooks."""

from channels.simulators.shopify.app import simulator_app
from channels.simulators.shopify.cost import Plan
from channels.simulators.shopify.deliveries import Courier, Manner
from channels.simulators.shopify.faults import Fault
from channels.simulators.shopify.server import Simulator, simulated_shopify
from channels.simulators.shopify.shelves import MAIN
from channels.simulators.shopify.state import SimulatedShopify

__all__ = [
    "MAIN",
    "Courier",
    "Fault",
    "Manner",
    "Plan",
    "SimulatedShopify",
    "Simulator",
    "simulated_shopify",
    "simulator_app",
]
