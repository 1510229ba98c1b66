"""A shop to dispatch from: an engine over memory, a small Amazon, and time that moves when it is told to."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic as system_monotonic

import httpx

from channels.amazon.client import AmazonClient
from channels.attempts import Attempts, Delivery
from channels.dispatcher import Dispatcher, Report
from channels.limits import Monotonic, Rate
from channels.modes import Mode
from channels.offers import Offers
from channels.sellers import Rates, Seller
from channels.simulators.amazon import Simulator
from processor.adapters.memory import MemoryStore
from processor.clock import Clock, system_clock
from processor.engine import Engine
from processor.events import Event, Recorded
from processor.log import Append
from processor.rung import Rung
from processor.store import Store
from projections import PROJECTIONS
from projections.alerts.documents import Alert
from projections.alerts.queries import AlertQueries
from projections.broadcasts.documents import Broadcasts, Listing
from projections.broadcasts.queries import BroadcastQueries
from stock.codec import Fact, decode
from stock.events import BroadcastAccepted, ListingMapped, ListingUnmapped
from stock.identities import channel_stream, sku, sku_stream
from tests.factories import a_sale, an_adjustment, an_opening, stated
from tests.unit.channels.ticking import Ticking

TENANT = "acme"
FAST = Rates(Rate(1000, 1000), Rate(1000, 1000))
SECOND = timedelta(seconds=1)


class Shop:
    """One tenant and what surrounds him. The store outlives every dispatcher, as it does in life."""

    def __init__(
        self,
        sim: Simulator,
        http: httpx.Client,
        *,
        live: bool = False,
        opened: Callable[[Clock], Store] = MemoryStore,
        time: Ticking | None = None,
    ) -> None:
        """`live` goes by the machine's time; else time stands until `time` is told to pass."""
        self.sim, self.http, self.time = sim, http, time or Ticking()
        self.clock: Clock = system_clock if live else self.time.clock
        self.monotonic: Monotonic = system_monotonic if live else self.time.monotonic
        self.store: Store = opened(self.clock)
        self.listeners: list[Dispatcher] = []
        self.engine = Engine(self.store, PROJECTIONS, decode, watch="inventory", clock=self.clock, on_rung=self._heard)
        self.attempts = Attempts(self.store.registers, "amazon")
        self._broadcasts = BroadcastQueries(self.store.models, lambda: self.engine.live("broadcasts"))
        self._alerts = AlertQueries(self.store.models, lambda: self.engine.live("alerts"))

    def _heard(self, rung: Rung) -> None:
        for dispatcher in self.listeners:
            dispatcher.heard(rung)

    def close(self) -> None:
        self.engine.close()

    def client(self, budget: timedelta = timedelta(seconds=10)) -> AmazonClient:
        sim = self.sim
        return AmazonClient(
            self.http,
            sim.seller_id,
            sim.marketplace,
            sim.credentials,
            endpoint=sim.url,
            token_endpoint=sim.token_url,
            budget=budget,
        )

    def seller(self, client: Offers | None = None, mode: Mode = Mode.LIVE, rates: Rates = FAST) -> Seller:
        sim = self.sim
        return Seller(TENANT, sim.seller_id, sim.marketplace, client or self.client(), mode=mode, rates=rates)

    def dispatcher(
        self,
        holder: str = "one",
        client: Offers | None = None,
        *,
        mode: Mode = Mode.LIVE,
        rates: Rates = FAST,
        poll: timedelta = SECOND,
    ) -> Dispatcher:
        seller = self.seller(client, mode, rates)
        return Dispatcher(self.engine, [seller], holder=holder, clock=self.clock, monotonic=self.monotonic, poll=poll)

    def settle(self, dispatcher: Dispatcher, rounds: int = 4) -> list[Report]:
        """Do some rounds, a second apart: the first takes the seller over, with empty buckets."""
        reports = []
        for _ in range(rounds):
            reports.append(dispatcher.round())
            self.time.pass_(SECOND)
        return reports

    def record(self, name: str, *events: Event, tenant: str = TENANT) -> None:
        self.engine.recorder.record([Append(sku_stream(tenant, sku(name)), events)])

    def stock(
        self,
        name: str,
        quantity: int,
        *,
        shown: int | None = 99,
        channel: str | None = "DEFAULT",
        tenant: str = TENANT,
    ) -> None:
        """Open and map a SKU whose listing has the same name and shows `shown`."""
        self.sim.amazon.put_listing(name, quantity=shown, channel=channel)
        self.record(name, an_opening(quantity), tenant=tenant)
        self.map(name, tenant=tenant)

    def map(self, name: str, listing: str | None = None, tenant: str = TENANT) -> None:
        self.record(name, stated(ListingMapped("amazon", listing or name, product_type="SHIRT")), tenant=tenant)

    def unmap(self, name: str) -> None:
        self.record(name, stated(ListingUnmapped("amazon")))

    def sell(self, name: str, quantity: int = 1) -> None:
        self.record(name, a_sale(quantity))

    def state(self, name: str) -> Broadcasts:
        found = self._broadcasts.one(TENANT, sku(name))
        assert found is not None
        return found

    def listing(self, name: str) -> Listing:
        return self.state(name).channels["amazon"]

    def due(self) -> Sequence[str]:
        return self._broadcasts.due(TENANT, "amazon")

    def delivery(self, name: str) -> Delivery:
        return self.attempts.entry(TENANT, sku(name)).delivery

    def told(self, name: str) -> list[Recorded]:
        """Return what the log holds of the SKU's channel."""
        return list(self.store.log.read(channel_stream(TENANT, "amazon", sku(name))))

    def outcomes(self, name: str) -> list[Fact]:
        return [decode(event) for event in self.told(name)]

    def sent(self) -> list[tuple[str, int]]:
        """Return what reached Amazon from us, in order."""
        return [(change.sku, change.quantity) for change in self.sim.amazon.history if change.submission]

    def shown(self, name: str) -> int | None:
        return self.sim.amazon.quantity(name)

    def alerts(self) -> list[Alert]:
        return list(self._alerts.all(TENANT)[0])

    def found(self, name: str, quantity: int = 1) -> None:
        self.record(name, an_adjustment(quantity, reason="found"))

    def rebuild(self, projection: str) -> None:
        model = self.engine.rebuild.register(projection)
        self.time.pass_(timedelta(minutes=1))
        for _ in self.engine.rebuild.fill(model):
            pass
        assert self.engine.rebuild.flip(model)
        self.time.pass_(timedelta(minutes=1))
        assert self.engine.live(projection) == model

    def outcome(self, name: str, happened: BroadcastAccepted, tx: str) -> Event:
        """Append a fact to the SKU's channel, from outside."""
        event = stated(happened, tx=tx)
        self.engine.recorder.record([Append(channel_stream(TENANT, "amazon", sku(name)), (event,))])
        return event
