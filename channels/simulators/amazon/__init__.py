"""A small Amazon over real HTTP: tokens, listings, feeds, orders, notifications, with limits, faults and a memory."""

from channels.simulators.amazon.app import simulator_app
from channels.simulators.amazon.faults import Fault
from channels.simulators.amazon.server import Simulator, simulated_amazon
from channels.simulators.amazon.state import Change, SimulatedAmazon

__all__ = ["Change", "Fault", "SimulatedAmazon", "Simulator", "simulated_amazon", "simulator_app"]
