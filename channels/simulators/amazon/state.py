"""The small Amazon as a whole: one seller, what he lists, sells and submits, and who may ask how often."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from itertools import count
from random import Random
from threading import RLock
from time import monotonic as system_monotonic

from channels.amazon import rates as published
from channels.amazon.tokens import Credentials
from channels.limits import Monotonic, Rate
from channels.sellers import Rates
from channels.simulators.amazon.courier import Courier
from channels.simulators.amazon.faults import LIMITED, FaultPlan, Operation
from channels.simulators.amazon.feeds import Feeds, SimulatedFeed
from channels.simulators.amazon.limits import Limit
from channels.simulators.amazon.notices import Notices
from channels.simulators.amazon.orders import Orders
from channels.simulators.amazon.processing import Run
from channels.simulators.amazon.shelf import MERCHANT, Change, Shelf, SimulatedListing
from channels.simulators.amazon.subscriptions import Subscriptions
from channels.simulators.amazon.time import Agenda, SimulatedTime
from channels.simulators.amazon.traffic import Traffic
from processor.clock import Clock, system_clock

__all__ = ["MERCHANT", "PUBLISHED", "Change", "Limit", "SimulatedAmazon", "SimulatedListing"]

PUBLISHED = Rates(Rate(5, 5), Rate(5, 10))
"""Listings Items API 2021-08-01, usage plans."""


class SimulatedAmazon:
    """One seller on one marketplace. Safe for several threads.

    Chance goes by `seed`: the faults planned in `faults`, how notifications travel, what customers of `traffic` do.
    """

    def __init__(  # noqa: PLR0913 - what a seller's Amazon is made of
        self,
        *,
        seed: int = 0,
        seller_id: str = "A1SIMULATEDSELLER",
        marketplace: str = "ATVPDKIKX0DER",
        credentials: Credentials | None = None,
        rates: Rates = PUBLISHED,
        other_rates: Mapping[str, Rate] = published.PUBLISHED,
        token_life: timedelta = timedelta(hours=1),
        clock: Clock = system_clock,
        monotonic: Monotonic = system_monotonic,
    ) -> None:
        self.seller_id, self.marketplace = seller_id, marketplace
        self.credentials = credentials or Credentials("client.simulated", "secret.simulated", "Atzr|simulated")
        self.token_life, self.faults = token_life, FaultPlan(seed)
        self.limits: dict[Operation, Limit] = {
            operation: Limit(other_rates[name]) for operation, name in LIMITED.items()
        }
        self.limits |= {"patch": Limit(rates.set_quantity), "get": Limit(rates.listing)}
        self.lock = RLock()
        self.time = SimulatedTime(clock, monotonic)
        self.agenda = Agenda(self.time)
        self.notices = Notices(
            self.lock, self.time, self.agenda, _chance("notices", seed), seller_id=seller_id, marketplace=marketplace
        )
        self.shelf = Shelf(self.lock, self.time, self.agenda, self.notices)
        self.orders = Orders(self.lock, self.time, _chance("orders", seed), self.shelf, self.notices)
        self.traffic = Traffic(self.lock, self.agenda, _chance("traffic", seed), self.shelf, self.orders)
        self.feeds = Feeds(self.lock, self.time, self.agenda, self._begin, self._finished)
        self.subscriptions = Subscriptions(self.lock)
        self.courier = Courier(self.notices)
        self._tokens: dict[str, tuple[float, bool]] = {}
        self._numbers = count(1)
        self._requests: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()

    def put_listing(
        self,
        sku: str,
        *,
        quantity: int | None = None,
        channel: str | None = MERCHANT,
        product_type: str = "PRODUCT",
        lead_time_days: int | None = None,
    ) -> None:
        """Create or replace a listing, telling nobody; `channel` None leaves untold who fulfils it."""
        self.shelf.put(
            sku, quantity=quantity, channel=channel, product_type=product_type, lead_time_days=lead_time_days
        )

    def listing(self, sku: str) -> SimulatedListing | None:
        """Return a copy of the listing."""
        self.run()
        return self.shelf.listing(sku)

    def listings(self) -> list[SimulatedListing]:
        """Return a copy of every listing, by SKU."""
        self.run()
        return self.shelf.listings()

    def quantity(self, sku: str) -> int | None:
        """Return what the merchant offers, None where nothing is offered."""
        found = self.listing(sku)
        return found.available.get(MERCHANT) if found else None

    @property
    def history(self) -> tuple[Change, ...]:
        """Every change of a merchant's quantity, oldest first."""
        self.run()
        return self.shelf.history

    @property
    def requests(self) -> dict[str, int]:
        """How many requests came, by operation, and how many of them passed a limit: `throttled`."""
        with self.lock:
            return dict(self._requests)

    @property
    def refused(self) -> dict[str, int]:
        """How many requests passed the limit of their operation; empty where none ever did."""
        with self.lock:
            return dict(self._refused)

    def advance(self, by: timedelta) -> None:
        """Let so much time pass, and all that was to happen in it."""
        with self.lock:
            self.time.advance(by)
            self.agenda.run()

    def run(self) -> None:
        """Let happen what is due by now."""
        with self.lock:
            self.agenda.run()

    def grant(self, *, grantless: bool = False) -> str:
        """Return a new access token; `grantless`: one of the application, not of the seller."""
        with self.lock:
            token = f"Atza|simulated-{next(self._numbers)}"
            self._tokens[token] = (self.time.seconds() + self.token_life.total_seconds(), grantless)
            return token

    def knows(self, token: str, *, grantless: bool = False) -> bool:
        """Whether the access token was granted for such operations and is still good."""
        with self.lock:
            until, kind = self._tokens.get(token, (0.0, grantless))
            return kind == grantless and self.time.seconds() < until

    def expire_tokens(self) -> None:
        """Take no access token granted so far any more."""
        with self.lock:
            self._tokens.clear()

    def count(self, operation: Operation) -> None:
        """Take note of a request."""
        with self.lock:
            self._requests[operation] += 1

    def admits(self, operation: Operation) -> bool:
        """Whether the usage plan lets the request pass."""
        with self.lock:
            passes = self.limits[operation].admits(self.time.seconds())
            self._requests["throttled"] += not passes
            if not passes:
                self._refused[operation] += 1
            return passes

    def set_quantity(self, sku: str, quantity: int, *, wipe: bool = False) -> str:
        """Take what the merchant offers of a known listing, as `Shelf.submit` does. Returns the submission's number."""
        with self.lock:
            submission = f"submission-{next(self._numbers)}"
            self.shelf.submit(sku, quantity, submission, wipe=wipe)
            return submission

    def _begin(self, feed: str, content: bytes) -> Run:
        return Run(feed, content, self.shelf, self.faults, seller_id=self.seller_id)

    def _finished(self, feed: SimulatedFeed) -> None:
        self.notices.feed_finished(feed.feed, feed.feed_type, feed.status, feed.result)


def _chance(of: str, seed: int) -> Random:
    """Return randomness of its own for each part, so that what one does leaves the others as they were."""
    return Random(f"{of} {seed}")  # noqa: S311 - a simulation, to be repeated
