"""A shop of many listings, which go to Amazon in feeds: one time for both, and Amazon's own limits."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from channels.amazon.rates import PUBLISHED
from channels.bulk.port import Feeds, Lookup
from channels.bulk.records import Feedbook, Record
from channels.dispatcher import Dispatcher
from channels.limits import Rate
from channels.modes import Mode
from channels.offers import Offers
from channels.sellers import Rates
from channels.simulators.amazon import SimulatedAmazon, simulated_amazon
from channels.simulators.amazon.faults import LIMITED
from channels.simulators.amazon.limits import Limit
from processor.adapters.memory import MemoryStore
from processor.clock import Clock
from processor.store import Store
from tests.integration.channels.shop import FAST, SECOND, TENANT, Shop
from tests.unit.channels.ticking import Ticking

SLOW = Rates(Rate(0.5, 5), Rate(0.5, 10))
"""What sellers are granted in practice, and what the small Amazon holds this seller to."""

STOCK = 5


class Mall(Shop):
    """Its clock and Amazon's are one, so that feeds take the time they take."""

    def amazon(self) -> SimulatedAmazon:
        return self.sim.amazon

    def open(self, names: Sequence[str]) -> None:
        """Stock `names`, let each listing be looked at, and hold the seller to his limits from now on."""
        for name in names:
            self.stock(name, STOCK, shown=STOCK)
        first = self.dispatcher("opening")
        self.until(first, lambda: not self.due())
        first.stop()
        self.limit(SLOW)

    def limit(self, rates: Rates) -> None:
        limits = self.sim.amazon.limits
        limits.update({operation: Limit(PUBLISHED[name]) for operation, name in LIMITED.items()})
        limits.update({"patch": Limit(rates.set_quantity), "get": Limit(rates.listing)})
        limits["createFeed"] = Limit(rates.create_feed)

    def bulk(
        self,
        holder: str = "one",
        *,
        client: Offers | None = None,
        feeds: Feeds | None = None,
        lookup: Lookup | None = None,
        mode: Mode = Mode.LIVE,
        rates: Rates = SLOW,
        zeroing: float = 1.0,
    ) -> Dispatcher:
        seller = self.seller(client, mode, rates)
        seller = msgspec.structs.replace(seller, feeds=feeds or self.client().feeds, lookup=lookup, zeroing=zeroing)
        return Dispatcher(self.engine, [seller], holder=holder, clock=self.clock, monotonic=self.monotonic)

    def until(self, dispatcher: Dispatcher, probe: Callable[[], bool], most: timedelta = timedelta(hours=3)) -> int:
        """Dispatch, a second at a time, until `probe` holds; answer how many seconds that took."""
        for passed in range(int(most.total_seconds())):
            if probe():
                return passed
            dispatcher.round()
            self.time.pass_(SECOND)
        raise AssertionError(f"not within {most}")

    def record_of_feed(self) -> Record:
        return Feedbook(self.store.registers, TENANT, "amazon").read()[0]

    def in_state(self, *states: str) -> Callable[[], bool]:
        return lambda: self.record_of_feed().state in states

    def calm(self, names: Sequence[str]) -> Callable[[], bool]:
        """Whether everything was told and is shown, and nothing is in doubt or under way."""

        def probe() -> bool:
            if self.record_of_feed().state != "idle" or self.due():
                return False
            return all(self.shown(name) == self.state(name).desired for name in names) and not list(
                self.attempts.doubtful(TENANT)
            )

        return probe

    def sound(self, names: Sequence[str]) -> None:
        """Every listing shows its stock, no limit was passed, and nothing was seen that we had not done ourselves."""
        assert self.sim.amazon.refused == {}
        assert {name: self.shown(name) for name in names} == {name: self.state(name).desired for name in names}
        assert all(self.state(name).settled("amazon") for name in names)
        assert not any(listing.corrupted for listing in self.sim.amazon.listings())
        assert "drift" not in {alert.type for alert in self.alerts()}
        assert self.crossed() == []

    def crossed(self) -> list[tuple[str, int]]:
        """Return what was told by itself while a feed carried it too, unless that was less."""
        history, found = self.sim.amazon.history, []
        for feed in self.sim.amazon.feeds.all():
            document = self.sim.amazon.feeds.signed(feed.document)
            assert document is not None
            assert document.content is not None
            told = msgspec.json.decode(document.content, type=_Told)
            carried = {message.sku: message.quantity for message in told.messages}
            found += [
                (change.sku, change.quantity)
                for change in history
                if feed.created <= change.at <= (feed.ended or change.at)
                and change.submission not in (None, feed.feed)
                and change.quantity >= carried.get(change.sku, change.quantity + 1)
            ]
        return found

    def by_feed(self) -> list[tuple[str, int]]:
        """Return what feeds set, in order."""
        feeds = {feed.feed for feed in self.sim.amazon.feeds.all()}
        return [(change.sku, change.quantity) for change in self.sim.amazon.history if change.submission in feeds]

    def by_patch(self) -> list[tuple[str, int]]:
        feeds = {feed.feed for feed in self.sim.amazon.feeds.all()}
        changes = self.sim.amazon.history
        return [(at.sku, at.quantity) for at in changes if at.submission and at.submission not in feeds]


class _Message(msgspec.Struct):
    sku: str
    patches: list[dict[str, Any]]

    @property
    def quantity(self) -> int:
        return int(self.patches[0]["value"][0]["quantity"])


class _Told(msgspec.Struct):
    messages: list[_Message]


@contextmanager
def mall(http: httpx.Client, *, seed: int = 0, opened: Callable[[Clock], Store] = MemoryStore) -> Iterator[Mall]:
    time = Ticking()
    free = dict.fromkeys(PUBLISHED, Rate(1000, 1000))
    amazon = SimulatedAmazon(seed=seed, clock=time.clock, monotonic=time.monotonic, rates=FAST, other_rates=free)
    with simulated_amazon(amazon) as sim:
        built = Mall(sim, http, opened=opened, time=time)
        yield built
        built.close()


def names(number: int) -> list[str]:
    return [f"SKU-{place:04}" for place in range(number)]
