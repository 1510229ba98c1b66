"""A merchant with a shop: an engine, a small Shopify over real HTTP, and time that moves when it is told to."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count

import httpx

from channels.deltas.desk import DeltaDesk
from channels.deltas.shops import Shelves, Shop, Unexplained
from channels.modes import Mode
from channels.rounds import SellerRound
from channels.shopify.client import ShopifyClient
from channels.simulators.shopify import MAIN, SimulatedShopify
from processor.adapters.memory import MemoryStore
from processor.clock import Clock
from processor.engine import Engine
from processor.log import Append
from processor.rung import Rung
from processor.store import Store
from projections import PROJECTIONS
from projections.alerts.documents import Alert
from projections.alerts.queries import AlertQueries
from projections.broadcasts.delta_queries import Account, DeltaQueries
from projections.broadcasts.deltas import SETTLING, Deltas
from stock.codec import Fact, decode
from stock.events import ListingMapped, SaleRecorded, StockEvent
from stock.identities import SKU, Sku, channel_stream, sku, sku_stream
from tests.factories import an_opening, stated
from tests.unit.channels.ticking import Ticking

TENANT = "acme"
_keys = count(1)


class Merchant:
    """One tenant and what surrounds him. The store outlives every desk, as it does in life."""

    def __init__(
        self,
        url: str,
        shopify: SimulatedShopify,
        http: httpx.Client,
        opened: Callable[[Clock], Store] = MemoryStore,
    ) -> None:
        self.url, self.shopify, self.http, self.time = url, shopify, http, Ticking()
        self.clock = self.time.clock
        self.store = opened(self.clock)
        self.desks: list[DeltaDesk] = []
        self.engine = Engine(self.store, PROJECTIONS, decode, watch="inventory", clock=self.clock, on_rung=self._heard)
        models = self.store.models
        self._accounts = DeltaQueries(models, lambda: self.engine.live("broadcasts"))
        self._alerts = AlertQueries(models, lambda: self.engine.live("alerts"))

    def _heard(self, rung: Rung) -> None:
        for stream, _ in rung.glimpses:
            for desk in self.desks if stream.category == SKU else ():
                desk.moved(Sku(stream.key))

    def close(self) -> None:
        self.engine.close()

    def client(self, budget: float = 10.0) -> ShopifyClient:
        return ShopifyClient(
            self.http, self.shopify.domain, self.shopify.token, endpoint=self.url, budget=timedelta(seconds=budget)
        )

    def desk(
        self,
        holder: str = "one",
        client: Shelves | None = None,
        *,
        mode: Mode = Mode.LIVE,
        location: str | None = MAIN,
        unexplained: Unexplained = "ask",
        engine: Engine | None = None,
        lease: str | None = None,
    ) -> DeltaDesk:
        """Return a desk; `lease` names another lease than the shop's, as if leases held nobody off."""
        shop = Shop(TENANT, lease or self.shopify.domain, client or self.client(), mode, location, unexplained)
        key = next(_keys)
        made = count(1)
        desk = DeltaDesk(
            engine or self.engine,
            shop,
            holder,
            clock=self.clock,
            monotonic=self.time.monotonic,
            new_key=lambda: f"desk-{key}-{next(made)}",
        )
        self.desks.append(desk)
        return desk

    def settle(self, desk: DeltaDesk, rounds: int = 8, apart: timedelta = timedelta(seconds=14)) -> list[SellerRound]:
        """Do some rounds, far enough apart for what waits to be reconsidered."""
        reports = []
        for _ in range(rounds):
            reports.append(desk.round())
            self.time.pass_(apart)
        return reports

    def learn(self, desk: DeltaDesk) -> None:
        """Let the desk learn what the shop has, until that lasted."""
        desk.round()
        self.time.pass_(SETTLING + timedelta(minutes=3))
        self.settle(desk, 2)

    def sell_at_shop(self, name: str, quantity: int) -> None:
        """Sell there, and hear of it."""
        self.shopify.sell([(name, quantity)])
        self.record(name, SaleRecorded(quantity), source="shopify")

    def stock(self, name: str, quantity: int, *, there: int = 30) -> str:
        """Open a SKU, of which the shop has `there`; return its inventory item."""
        item = self.shopify.put_good(name, there).item
        self.engine.recorder.record([Append(sku_stream(TENANT, sku(name)), (an_opening(quantity),))])
        self.record(name, ListingMapped("shopify", item))
        return item

    def record(self, name: str, *facts: StockEvent, source: str = "amazon") -> None:
        events = tuple(stated(happened, source=source) for happened in facts)
        self.engine.recorder.record([Append(sku_stream(TENANT, sku(name)), events)])

    def there(self, name: str) -> int:
        good = self.shopify.known(name)
        found = self.shopify.available(good.item)
        assert found is not None
        return found

    def account(self, name: str) -> Account:
        found = self._accounts.account(TENANT, sku(name))
        assert found is not None
        return found

    def deltas(self, name: str) -> Deltas:
        return self.account(name).deltas

    def outcomes(self, name: str) -> list[Fact]:
        """Return what the log holds of the SKU's channel."""
        return [decode(event) for event in self.store.log.read(channel_stream(TENANT, "shopify", sku(name)))]

    def given(self) -> list[int]:
        """Return the deltas that the shop made for us, in order."""
        return [taken.delta for taken in self.shopify.history if taken.key is not None]

    def alerts(self) -> Sequence[Alert]:
        return self._alerts.all(TENANT)[0]

    def unread(self) -> list[tuple[str, str]]:
        return sorted((alert.type, alert.severity) for alert in self._alerts.unread(TENANT)[0])
