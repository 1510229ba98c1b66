"""A thousand listings sold out at once, at the rate that sellers are granted: how long Amazon shows what is gone.

Time is the small Amazon's own: it moves a step at a time, for it and for us, so that an hour takes seconds.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from benchmarks.functions import quiet
from benchmarks.report import Drain, Section
from channels.amazon.client import AmazonClient, http_client
from channels.amazon.rates import PUBLISHED
from channels.bulk.port import Feeds
from channels.dispatcher import Dispatcher
from channels.limits import Rate, TokenBucket
from channels.modes import Mode
from channels.sellers import Rates, Seller
from channels.simulators.amazon import SimulatedAmazon, Simulator, simulated_amazon
from channels.simulators.amazon.faults import LIMITED
from channels.simulators.amazon.limits import Limit
from processor.adapters.memory import MemoryStore
from processor.clock import Clock, Instant, instant, moment, system_clock
from processor.engine import Engine
from processor.log import Append
from projections import PROJECTIONS
from projections.broadcasts.queries import BroadcastQueries
from stock.codec import decode
from stock.events import ListingMapped, SaleRecorded, StockCounted
from stock.facts import fact
from stock.identities import Sku, sku, sku_stream

TENANT = "default"
GRANTED = Rates(Rate(0.5, 5), Rate(0.5, 10))
FAST = Rates(Rate(1000, 1000), Rate(1000, 1000))
STEP = timedelta(seconds=1)
LEFT = 2
"""So many units of each SKU are left, and sold one after another."""

PLENTY = 50

_NOTE = """\
{sold_out:,} SKUs with {left} units left each, and {plenty:,} with plenty, sell at once: first one unit of each with
plenty, then one of each of the others, then their last. Amazon grants 0.5 requests a second and bursts of 5; the
small Amazon counts what passes that, and a feed waits there for 15 seconds and is worked on for 60. Unit-seconds
oversold: units that a listing showed and that were not there, for as long as it did. *Gone*: until no listing showed
what was sold out. *All*: until every listing showed its stock. *One call per change*: each change is sent in the
order in which it happened, with the quantity it left. Seconds are simulated: the small Amazon's time and ours are
one, and move a second at a time. Nothing is notified, so that ours looks at what it told after two minutes. Both of
ours tell the lowest quantities first, and of those a SKU went through only the newest."""


class Time:
    """A clock and a count of seconds, which move together when they are told to."""

    def __init__(self) -> None:
        self._began, self._passed = moment(system_clock()), timedelta()

    def clock(self) -> Instant:
        """Return the present moment."""
        return instant(self._began + self._passed)

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return 1000 + self._passed.total_seconds()

    def step(self) -> None:
        """Let STEP pass."""
        self._passed += STEP


class Market:
    """A merchant and the small Amazon, with a common time."""

    def __init__(self, sim: Simulator, client: AmazonClient, time: Time) -> None:
        self.sim, self.client, self.time = sim, client, time
        self._clock: Clock = time.clock
        store = MemoryStore(self._clock)
        self.engine = Engine(store, PROJECTIONS, decode, watch="inventory", clock=self._clock)
        self._broadcasts = BroadcastQueries(store.models, lambda: self.engine.live("broadcasts"))
        self._orders = 0

    def open(self, stock: dict[Sku, int]) -> None:
        """Count and map every SKU, and look at each listing, which shows its stock; then keep Amazon to its rates."""
        for name, quantity in stock.items():
            self.sim.amazon.put_listing(name, quantity=quantity)
            told = (StockCounted(quantity), ListingMapped("amazon", name))
            facts = tuple(fact(what, tx=f"{what!r}", at=self._clock(), source="import") for what in told)
            self.engine.recorder.record([Append(sku_stream(TENANT, name), facts)])
        first = self.dispatcher(FAST, None)
        while not self.settled():
            first.round()
            self.time.step()
        first.stop()
        limits = self.sim.amazon.limits
        limits.update({operation: Limit(PUBLISHED[name]) for operation, name in LIMITED.items()})
        limits.update({"patch": Limit(GRANTED.set_quantity), "get": Limit(GRANTED.listing)})

    def sell(self, name: Sku) -> None:
        """Sell one unit in the merchant's own shop."""
        self._orders += 1
        event = fact(SaleRecorded(1), tx=f"shopify:line:{self._orders}:1", at=self._clock(), source="shopify")
        self.engine.recorder.record([Append(sku_stream(TENANT, name), (event,))])

    def dispatcher(self, rates: Rates, feeds: Feeds | None) -> Dispatcher:
        """Return a dispatcher that may empty every listing."""
        seller = Seller(
            TENANT,
            self.sim.seller_id,
            self.sim.marketplace,
            self.client,
            mode=Mode.LIVE,
            rates=rates,
            zeroing=1,
            feeds=feeds,
        )
        return Dispatcher(self.engine, [seller], holder="one", clock=self._clock, monotonic=self.time.monotonic)

    def settled(self) -> bool:
        """Whether nothing is due."""
        return not self._broadcasts.due(TENANT, "amazon", 1)


Side = Callable[[Market, list[tuple[Sku, int]]], None]
"""Brings Amazon up to date after the changes, each with the quantity it left."""


def with_feeds(market: Market, changes: list[tuple[Sku, int]]) -> None:
    """As the dispatcher does it."""
    del changes
    _dispatch(market, market.client.feeds)


def one_by_one(market: Market, changes: list[tuple[Sku, int]]) -> None:
    """As the dispatcher does it where there are no feeds."""
    del changes
    _dispatch(market, None)


def every_change(market: Market, changes: list[tuple[Sku, int]]) -> None:
    """One call per change, in order of change."""
    bucket, left = TokenBucket(GRANTED.set_quantity, market.time.monotonic), deque(changes)
    while left:
        while left and bucket.take():
            name, quantity = left.popleft()
            market.client.set_quantity(name, quantity, "PRODUCT")
        market.time.step()


def _dispatch(market: Market, feeds: Feeds | None) -> None:
    dispatcher = market.dispatcher(GRANTED, feeds)
    while not (market.settled() and _shown(market)):
        dispatcher.round()
        market.time.step()


def _shown(market: Market) -> bool:
    return all(feed.status == "DONE" for feed in market.sim.amazon.feeds.all())


SIDES: dict[str, Side] = {"ours": with_feeds, "ours, without feeds": one_by_one, "one call per change": every_change}


def section(*, quick: bool) -> Section:
    """Let each side bring Amazon up to date."""
    many, plenty = (160, 20) if quick else (1000, 200)
    with quiet():
        drains = tuple(drain(name, side, many, plenty) for name, side in SIDES.items())
    note = _NOTE.format(sold_out=many, left=LEFT, plenty=plenty)
    return Section("Sold out at once", "simulated seconds", drains=drains, notes=(note,))


def drain(name: str, side: Side, many: int, plenty: int) -> Drain:
    """Sell `many` SKUs out, and one unit of `plenty` others, and let `side` tell Amazon."""
    few = {sku(f"GONE-{number:04}"): LEFT for number in range(many)}
    rest = {sku(f"PLENTY-{number:04}"): PLENTY for number in range(plenty)}
    with _market() as market:
        market.open(few | rest)
        began, sold = market.time.clock(), len(market.sim.amazon.history)
        changes = [(name, PLENTY - 1) for name in rest]
        changes += [(name, left) for left in range(LEFT - 1, -1, -1) for name in few]
        for changed, _ in changes:
            market.sell(changed)
        side(market, changes)
        shown = _Shown(began, few, rest)
        for change in market.sim.amazon.history[sold:]:
            shown.see(change.at, sku(change.sku), change.quantity)
        amazon = market.sim.amazon
        requests = amazon.requests.get("patch", 0)
        return Drain(
            name,
            gone=shown.gone,
            all=shown.last,
            oversold=shown.oversold,
            requests=requests,
            feeds=len(amazon.feeds.all()),
            throttled=sum(amazon.refused.values()),
        )


class _Shown:
    """What listings showed since everything was sold, and what of it was not there."""

    def __init__(self, began: Instant, few: dict[Sku, int], rest: dict[Sku, int]) -> None:
        self._began, self._few = moment(began), few
        self._shows = {name: (0.0, quantity) for name, quantity in {**few, **rest}.items()}
        self.oversold = self.gone = self.last = 0.0

    def see(self, at: Instant, name: Sku, quantity: int) -> None:
        """Take note that a listing came to show `quantity`."""
        passed = (moment(at) - self._began).total_seconds()
        since, before = self._shows[name]
        if name in self._few:
            self.oversold += (passed - since) * before
            self.gone = passed if before and not quantity else self.gone
        self.last = passed
        self._shows[name] = passed, quantity


@contextmanager
def _market() -> Iterator[Market]:
    time = Time()
    free = dict.fromkeys(PUBLISHED, Rate(1000, 1000))
    amazon = SimulatedAmazon(clock=time.clock, monotonic=time.monotonic, rates=FAST, other_rates=free)
    with simulated_amazon(amazon) as sim, http_client() as http:
        client = AmazonClient(
            http,
            sim.seller_id,
            sim.marketplace,
            sim.credentials,
            endpoint=sim.url,
            token_endpoint=sim.token_url,
        )
        market = Market(sim, client, time)
        try:
            yield market
        finally:
            market.engine.close()
