"""Parts whose steps are counted, so that something can happen before or after any of them."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from channels.amazon.catalogue import Listings
from channels.amazon.feeds.client import Created, Feed, FeedsPage, Place
from channels.amazon.feeds.reports import ProcessingReport
from channels.bulk.port import Feeds, Lookup
from channels.offers import Offer, Offers, Submitted
from processor.clock import Instant
from processor.errors import StoreUnavailable
from processor.log import Append, EventLog, Outcome
from processor.registers import Register, Registers

Value = TypeVar("Value")


class Perils:
    """Calls `happens` at each step that `strikes`, with the step's name."""

    def __init__(self, strikes: Callable[[str], bool], happens: Callable[[str], None]) -> None:
        self._strikes, self._happens = strikes, happens
        self.steps: list[str] = []
        self.quiet = False

    def around(self, step: str, act: Callable[[], Value]) -> Value:
        self._at(f"before {step}")
        value = act()
        self._at(f"after {step}")
        return value

    def fails(self, step: str) -> bool:
        """Count a step that can only fail; answer whether it does."""
        self.steps.append(step)
        return not self.quiet and self._strikes(step)

    def _at(self, step: str) -> None:
        self.steps.append(step)
        if not self.quiet and self._strikes(step):
            self.quiet = True
            try:
                self._happens(step)
            finally:
                self.quiet = False


class PerilousFeeds:
    """Feeds among perils."""

    def __init__(self, feeds: Feeds, perils: Perils) -> None:
        self._feeds, self._perils = feeds, perils

    @property
    def seller_id(self) -> str:
        return self._feeds.seller_id

    def place(self) -> Place:
        return self._perils.around("place", self._feeds.place)

    def upload(self, place: Place, content: bytes) -> None:
        self._perils.around("upload", lambda: self._feeds.upload(place, content))

    def create(self, document: str) -> Created:
        return self._perils.around("create", lambda: self._feeds.create(document))

    def feed(self, feed: str) -> Feed:
        return self._perils.around("feed", lambda: self._feeds.feed(feed))

    def since(self, created_since: Instant, token: str | None = None) -> FeedsPage:
        return self._perils.around("since", lambda: self._feeds.since(created_since, token))

    def report(self, feed: Feed) -> ProcessingReport:
        return self._perils.around("report", lambda: self._feeds.report(feed))


class PerilousLookup:
    """A lookup among perils."""

    def __init__(self, lookup: Lookup, perils: Perils) -> None:
        self._lookup, self._perils = lookup, perils

    def named(self, listings: Sequence[str]) -> Listings:
        return self._perils.around("named", lambda: self._lookup.named(listings))


class PerilousClient:
    """A client among perils."""

    def __init__(self, client: Offers, perils: Perils) -> None:
        self._client, self._perils = client, perils

    def set_quantity(self, listing: str, quantity: int, product_type: str) -> Submitted:
        return self._perils.around("patch", lambda: self._client.set_quantity(listing, quantity, product_type))

    def listing(self, listing: str) -> Offer:
        return self._perils.around("look", lambda: self._client.listing(listing))


class PerilousRegisters:
    """Registers among perils: writes of delivery rows and of what is kept of feeds."""

    def __init__(self, registers: Registers, perils: Perils) -> None:
        self._registers, self._perils = registers, perils

    def read(self, name: str) -> Register | None:
        return self._registers.read(name)

    def write(self, name: str, value: bytes, expected: int) -> bool:
        def act() -> bool:
            return self._registers.write(name, value, expected)

        kind = next((kind for kind in ("delivery/", "feed/") if name.startswith(kind)), None)
        return act() if kind is None else self._perils.around(f"write of {kind}", act)

    def scan(self, prefix: str) -> Iterator[tuple[str, Register]]:
        return self._registers.scan(prefix)


class PerilousLog:
    """A log that fails around appends of outcomes: before they took effect, or after, so that nobody knows."""

    def __init__(self, log: EventLog, perils: Perils) -> None:
        self._log, self._perils = log, perils

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        ours = any(append.stream.category == "channel" for append in appends)
        if ours and self._perils.fails("before append"):
            raise StoreUnavailable("append", "on command")
        outcomes = self._log.append(appends)
        if ours and self._perils.fails("after append"):
            raise StoreUnavailable("append", "on command, afterwards")
        return outcomes

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)
