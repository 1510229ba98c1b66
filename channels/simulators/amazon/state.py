"""What the small Amazon knows: one seller's listings, access tokens, limits, and the history of every change."""

from collections import Counter, deque
from datetime import timedelta
from itertools import count
from threading import Lock
from time import monotonic as system_monotonic

import msgspec

from channels.amazon.tokens import Credentials
from channels.limits import Monotonic, Rate
from channels.sellers import Rates
from channels.simulators.amazon.faults import FaultPlan, Operation
from processor.clock import Clock, Instant, system_clock

MERCHANT = "DEFAULT"
PUBLISHED = Rates(Rate(5, 5), Rate(5, 10))
"""Listings Items API 2021-08-01, usage plans."""

_REMEMBERED = 100_000


class Change(msgspec.Struct, frozen=True):
    """A quantity was set, at a moment by the simulator's clock, by our submission (None: by its owner)."""

    at: Instant
    sku: str
    quantity: int
    submission: str | None = None


class SimulatedListing(msgspec.Struct):
    """A listing: who fulfils it, by channel code, and what each offers.

    `corrupted` tells that a merchant's quantity was written to a listing that Amazon fulfils.
    """

    sku: str
    product_type: str
    available: dict[str, int | None]
    lead_time_days: int | None = None
    corrupted: bool = False


class Limit:
    """A usage plan as Amazon keeps it: full at first, refused requests cost nothing."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._free_at = 0.0

    def admits(self, now: float) -> bool:
        """Whether a request may pass now."""
        free_at = max(self._free_at, now)
        if free_at - now > (self.rate.burst - 1) / self.rate.per_second + 1e-9:
            return False
        self._free_at = free_at + 1 / self.rate.per_second
        return True


class SimulatedAmazon:
    """One seller on one marketplace. Safe for several threads. Faults planned in `faults` strike by `seed`."""

    def __init__(  # noqa: PLR0913 - what a seller's Amazon is made of
        self,
        *,
        seed: int = 0,
        seller_id: str = "A1SIMULATEDSELLER",
        marketplace: str = "ATVPDKIKX0DER",
        credentials: Credentials | None = None,
        rates: Rates = PUBLISHED,
        token_life: timedelta = timedelta(hours=1),
        clock: Clock = system_clock,
        monotonic: Monotonic = system_monotonic,
    ) -> None:
        self.seller_id, self.marketplace = seller_id, marketplace
        self.credentials = credentials or Credentials("client.simulated", "secret.simulated", "Atzr|simulated")
        self.token_life, self.faults = token_life, FaultPlan(seed)
        self.limits: dict[Operation, Limit] = {"patch": Limit(rates.set_quantity), "get": Limit(rates.listing)}
        self._clock, self._monotonic, self._lock = clock, monotonic, Lock()
        self._listings: dict[str, SimulatedListing] = {}
        self._history: deque[Change] = deque(maxlen=_REMEMBERED)
        self._tokens: dict[str, float] = {}
        self._numbers = count(1)
        self._requests: Counter[str] = Counter()

    def put_listing(
        self,
        sku: str,
        *,
        quantity: int | None = None,
        channel: str | None = MERCHANT,
        product_type: str = "PRODUCT",
        lead_time_days: int | None = None,
    ) -> None:
        """Create or replace a listing; `channel` None leaves untold who fulfils it."""
        with self._lock:
            available = {} if channel is None else {channel: quantity}
            self._listings[sku] = SimulatedListing(sku, product_type, available, lead_time_days)
            if channel == MERCHANT and quantity is not None:
                self._history.append(Change(self._clock(), sku, quantity))

    def listing(self, sku: str) -> SimulatedListing | None:
        """Return a copy of the listing."""
        with self._lock:
            found = self._listings.get(sku)
            return msgspec.structs.replace(found, available=dict(found.available)) if found else None

    def listings(self) -> list[SimulatedListing]:
        """Return a copy of every listing, by SKU."""
        with self._lock:
            known = sorted(self._listings)
        return [found for sku in known if (found := self.listing(sku)) is not None]

    def quantity(self, sku: str) -> int | None:
        """Return what the merchant offers, None where nothing is offered."""
        found = self.listing(sku)
        return found.available.get(MERCHANT) if found else None

    @property
    def history(self) -> tuple[Change, ...]:
        """Every change of a merchant's quantity, oldest first."""
        with self._lock:
            return tuple(self._history)

    @property
    def requests(self) -> dict[str, int]:
        """How many requests came, by operation, and how many of them passed a limit: `throttled`."""
        with self._lock:
            return dict(self._requests)

    def grant(self) -> str:
        """Return a new access token."""
        with self._lock:
            token = f"Atza|simulated-{next(self._numbers)}"
            self._tokens[token] = self._monotonic() + self.token_life.total_seconds()
            return token

    def knows(self, token: str) -> bool:
        """Whether the access token was granted and is still good."""
        with self._lock:
            return self._monotonic() < self._tokens.get(token, 0.0)

    def expire_tokens(self) -> None:
        """Take no access token granted so far any more."""
        with self._lock:
            self._tokens.clear()

    def count(self, operation: Operation) -> None:
        """Take note of a request."""
        with self._lock:
            self._requests[operation] += 1

    def admits(self, operation: Operation) -> bool:
        """Whether the usage plan lets the request pass."""
        with self._lock:
            passes = self.limits[operation].admits(self._monotonic())
            self._requests["throttled"] += not passes
            return passes

    def set_quantity(self, sku: str, quantity: int, *, wipe: bool = False) -> str:
        """Set what the merchant offers of a known listing; `wipe` forgets the rest of the attribute, as `replace` does.

        Returns the submission's number.
        """
        with self._lock:
            listing = self._listings[sku]
            listing.corrupted = listing.corrupted or any(channel != MERCHANT for channel in listing.available)
            listing.available[MERCHANT] = quantity
            if wipe:
                listing.lead_time_days = None
            submission = f"submission-{next(self._numbers)}"
            self._history.append(Change(self._clock(), sku, quantity, submission))
            return submission
