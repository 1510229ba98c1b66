"""The listings of the small Amazon's one seller, and the history of every change of a merchant's quantity."""

from collections import deque
from collections.abc import Callable
from datetime import timedelta
from threading import RLock

import msgspec

from channels.simulators.amazon.notices import Notices
from channels.simulators.amazon.time import Agenda, SimulatedTime
from processor.clock import Instant

MERCHANT = "DEFAULT"

_REMEMBERED = 100_000


class Change(msgspec.Struct, frozen=True):
    """A quantity was set, at a moment by the simulator's clock, by our submission (None: not by us)."""

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
    created: Instant = Instant("")
    updated: Instant = Instant("")

    @property
    def channel(self) -> str | None:
        """Who sells it: the merchant where he offers it at all."""
        return MERCHANT if MERCHANT in self.available else next(iter(self.available), None)

    @property
    def buyable(self) -> bool:
        """Whether anybody offers any."""
        return any(self.available.values())


class Shelf:
    """Listings by SKU. `settles` is how long an accepted quantity takes to show. Safe for several threads."""

    def __init__(self, lock: RLock, time: SimulatedTime, agenda: Agenda, notices: Notices) -> None:
        self._lock, self._time, self._agenda, self._notices = lock, time, agenda, notices
        self.settles = timedelta()
        self._listings: dict[str, SimulatedListing] = {}
        self._history: deque[Change] = deque(maxlen=_REMEMBERED)

    def put(
        self,
        sku: str,
        *,
        quantity: int | None = None,
        channel: str | None = MERCHANT,
        product_type: str = "PRODUCT",
        lead_time_days: int | None = None,
    ) -> None:
        """Create or replace a listing, telling nobody; `channel` None leaves untold who fulfils it."""
        with self._lock:
            now = self._time.now()
            available = {} if channel is None else {channel: quantity}
            self._listings[sku] = SimulatedListing(
                sku, product_type, available, lead_time_days, created=now, updated=now
            )
            if channel == MERCHANT and quantity is not None:
                self._history.append(Change(now, sku, quantity))

    def listing(self, sku: str) -> SimulatedListing | None:
        """Return a copy of the listing."""
        with self._lock:
            found = self._listings.get(sku)
            return msgspec.structs.replace(found, available=dict(found.available)) if found else None

    def listings(self) -> list[SimulatedListing]:
        """Return a copy of every listing, by SKU."""
        with self._lock:
            return [found for sku in sorted(self._listings) if (found := self.listing(sku)) is not None]

    @property
    def history(self) -> tuple[Change, ...]:
        """Every change of a merchant's quantity, oldest first."""
        with self._lock:
            return tuple(self._history)

    def submit(self, sku: str, quantity: int, submission: str, *, wipe: bool = False) -> None:
        """Take a merchant's quantity for a known listing: it shows once it has settled.

        `wipe` forgets the rest of the attribute, as `replace` does.
        """

        def show() -> None:
            listing = self._listings.get(sku)
            if listing is None:
                return
            listing.corrupted = listing.corrupted or any(channel != MERCHANT for channel in listing.available)
            if wipe:
                listing.lead_time_days = None
            self._set(listing, MERCHANT, quantity, submission)

        with self._lock:
            self._later(show)

    def edit(self, sku: str, quantity: int) -> None:
        """Set what a listing offers by somebody else's hand. Raises KeyError for an unknown listing."""
        with self._lock:
            listing = self._listings[sku]
            self._set(listing, listing.channel or MERCHANT, quantity)

    def move(self, sku: str, by: int) -> None:
        """Add to what a listing offers, or take away; never below zero."""
        with self._lock:
            listing = self._listings[sku]
            channel = listing.channel or MERCHANT
            self._set(listing, channel, max(0, (listing.available.get(channel) or 0) + by))

    def _later(self, act: Callable[[], None]) -> None:
        if self.settles:
            self._agenda.after(self.settles, act)
        else:
            act()

    def _set(self, listing: SimulatedListing, channel: str, quantity: int, submission: str | None = None) -> None:
        now = self._time.now()
        before = listing.buyable
        listing.available[channel], listing.updated = quantity, now
        if channel == MERCHANT:
            self._history.append(Change(now, listing.sku, quantity, submission))
            self._notices.merchant_quantity(listing.sku, quantity)
        else:
            self._notices.amazons_stock(listing.sku, quantity)
        if listing.buyable != before:
            self._notices.listing_status(listing.sku, listing.created, buyable=listing.buyable)
