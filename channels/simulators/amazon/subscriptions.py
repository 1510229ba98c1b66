"""Where the small Amazon was told to send notifications, and which. It keeps the books; it reaches no queue itself."""

from itertools import count
from threading import RLock

import msgspec


class SimulatedDestination(msgspec.Struct, frozen=True):
    """A queue of the application."""

    destination: str
    name: str
    queue: str


class SimulatedSubscription(msgspec.Struct, frozen=True):
    """Notifications of one type go to one destination."""

    subscription: str
    destination: str
    version: str


class Subscriptions:
    """Destinations and subscriptions. Safe for several threads."""

    def __init__(self, lock: RLock) -> None:
        self._lock = lock
        self._destinations: dict[str, SimulatedDestination] = {}
        self._subscriptions: dict[str, SimulatedSubscription] = {}
        self._numbers = count(1)

    def destinations(self) -> list[SimulatedDestination]:
        """Return every destination."""
        with self._lock:
            return list(self._destinations.values())

    def add_destination(self, name: str, queue: str) -> SimulatedDestination | None:
        """Add a queue; None where it, or the name, is known already."""
        with self._lock:
            if any(queue == known.queue or name == known.name for known in self._destinations.values()):
                return None
            added = SimulatedDestination(f"destination-{next(self._numbers)}", name, queue)
            self._destinations[added.destination] = added
            return added

    def subscription(self, kind: str) -> SimulatedSubscription | None:
        """Return the subscription to a type."""
        with self._lock:
            return self._subscriptions.get(kind)

    def subscribe(self, kind: str, destination: str, version: str) -> SimulatedSubscription | None:
        """Subscribe to a type; None where that was done before. Raises KeyError for an unknown destination."""
        with self._lock:
            known = self._destinations[destination]
            if kind in self._subscriptions:
                return None
            added = SimulatedSubscription(f"subscription-{next(self._numbers)}", known.destination, version)
            self._subscriptions[kind] = added
            return added
