"""One seller's whole circle: sales at two shops and what is told of them, edits, faults, deaths; and what must be true.

A small Amazon as a real HTTP server, a store of any kind, and processes that come and go. One time for all of them.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from channels.amazon.orders.client import FulfilledBy, OrdersPage
from channels.dispatcher import Dispatcher
from channels.orders_place import EVERY
from channels.orders_poll import OrderReads
from channels.requests import RequestBook
from channels.simulators.amazon import Fault, SimulatedAmazon, Simulator, simulator_app
from channels.simulators.amazon.faults import Operation
from channels.simulators.amazon.notices import NoticePlan
from channels.simulators.amazon.orders import NoSuchStep, NotOffered
from channels.simulators.amazon.state import PUBLISHED
from ingest.amazon.door import NotificationDoor
from ingest.shopify.hmac import Shop as RegisteredShop
from ingest.shopify.webhook import ShopifyDoor
from processor.clock import Instant
from processor.deadletters import DeadLetters
from projections.inventory.queries import InventoryQueries
from stock.events import DriftFound
from stock.identities import sku
from tests.integration.channels.accidents import DyingClient, DyingRegisters, Killed, Trap
from tests.integration.channels.conftest import Stage
from tests.integration.channels.shop import SECOND, TENANT, Shop
from tests.payloads import SECRET, SHOP, a_line, an_order_body, shopify_headers
from tests.stores import fresh_store
from tests.unit.channels.ticking import Ticking

NAMES = ("A", "B", "C")
OPENED = 60
FOREIGN = 77_777
TENURE = timedelta(seconds=30)
ROUND = 5 * SECOND


class DyingReads:
    """Reads of orders whose process is killed around one."""

    def __init__(self, reads: OrderReads, *, before: Trap | None = None, after: Trap | None = None) -> None:
        self._reads, self._before, self._after = reads, before, after

    def changed(
        self, since: Instant, token: str | None = None, fulfilled_by: FulfilledBy | None = "MERCHANT"
    ) -> OrdersPage:
        if self._before and self._before.springs():
            raise Killed
        page = self._reads.changed(since, token, fulfilled_by)
        if self._after and self._after.springs():
            raise Killed
        return page


class Circle:
    """What happens, by methods that Hypothesis calls by name; `end` lets all of it come to rest."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.amazon = shop, shop.sim.amazon
        self.left = dict.fromkeys(NAMES, OPENED)
        self.edits: list[tuple[str, int]] = []
        self._loses = self._cancels = False
        self._orders: list[str] = []
        self._numbers = iter(range(1, 1_000_000))
        self._heard = 0
        engine, clock = shop.engine, shop.clock
        letters = DeadLetters(shop.store, engine.runner, clock)
        sellers = {self.amazon.seller_id: TENANT}
        self._letters = letters
        self._door = NotificationDoor(engine.recorder, shop.store.log, lambda: letters, sellers, clock)
        registered = {SHOP: RegisteredShop(SHOP, TENANT, [SECRET])}
        self._shopify = ShopifyDoor(engine.recorder, shop.store.log, registered, clock)
        for name in NAMES:
            shop.stock(name, OPENED, shown=1)
        self._process = self._started()
        self.wait(30)

    def shopify(self, name: str, units: int, deliveries: int) -> None:
        """A sale at Shopify, delivered so often."""
        number = next(self._numbers)
        body = an_order_body(a_line(number, name, units), id_=7000 + number)
        for _ in range(deliveries):
            self._shopify.receive(shopify_headers(body), body)
        self.left[name] -= units

    def rush(self, name: str, sales: int) -> None:
        """Many sales in one moment, each seen to at once."""
        for _ in range(sales):
            self.shopify(name, 1, 1)
            self._process.round()

    def find(self, name: str, units: int) -> None:
        """An operator finds units, or loses some."""
        self.shop.found(name, units)
        self.left[name] += units

    def buy(self, name: str, units: int, *, pending: bool) -> None:
        """A sale of Amazon's own."""
        with suppress(NotOffered):
            self._orders.append(self.amazon.orders.buy({name: units}, pending=pending))

    def cancel(self, place: int, *, restock: bool) -> None:
        """One of Amazon's orders is cancelled, its units offered again or not."""
        if self._orders:
            self._cancels = True
            with suppress(NoSuchStep):
                self.amazon.orders.step(self._orders[place % len(self._orders)], "CANCELLED", restock=restock)

    def travel(self, latest: float, repeated: float, lost: float) -> None:
        """How notifications travel from now on."""
        self._loses = self._loses or lost > 0
        self.amazon.notices.plan = NoticePlan(latest=latest, repeated=repeated, lost=lost)

    def edit(self, name: str, quantity: int) -> None:
        """Somebody else sets a quantity on Amazon."""
        self.amazon.shelf.edit(name, quantity)
        self.edits.append((name, quantity))

    def fail(self, kind: str, operation: Operation, *, applied: bool) -> None:
        """The next such request fails."""
        fault: dict[str, Any] = {"kind": kind, "operation": operation, "applied": applied}
        self.amazon.faults.add(Fault(**fault))

    def die(self, where: str, at: int, *, after: bool) -> None:
        """Kill the process around a step of its, within some rounds; another takes over when its lease runs out."""
        trap: dict[str, Trap] = {"after" if after else "before": Trap(at)}
        self._process.stop()
        doomed = self._started(where, **trap)
        with suppress(Killed):
            for _ in range(6):
                self.pass_(ROUND)
                doomed.round()
        self._process = self._started()
        self.pass_(TENURE)

    def restart(self) -> None:
        """Stop politely, and start again."""
        self._process.stop()
        self._process = self._started()

    def rebuild(self) -> None:
        """Rebuild the read model that says what Amazon should show."""
        self.shop.rebuild("broadcasts")

    def wait(self, seconds: float) -> None:
        """Let time pass, with rounds, and with notifications as they arrive."""
        for _ in range(max(1, round(seconds / ROUND.total_seconds()))):
            self.pass_(ROUND)
            self.deliver()
            self._process.round()

    def pass_(self, by: timedelta) -> None:
        self.shop.time.pass_(by)

    def deliver(self) -> None:
        """Take the notifications that have arrived. None of what is shown changes stock (P8)."""
        for notice in self.amazon.notices.arrived(self._heard):
            self._heard = notice.number
            echo = notice.body.get("NotificationType") != "ORDER_CHANGE"
            before = self.stock() if echo else None
            heard = self._door.take(TENANT, msgspec.json.encode(notice.body))
            assert heard.status != "quarantined", heard
            assert before is None or self.stock() == before, "an echo moved stock"

    def end(self) -> None:
        """Let traffic stop, and everything be read: late notifications, orders, and every listing once."""
        self.amazon.faults.clear()
        self.wait(EVERY.total_seconds() * 4)
        RequestBook(self.shop.store.registers, "amazon").ask(TENANT, self.shop.clock())
        self.wait(EVERY.total_seconds() * 4)

    def check(self) -> None:
        """What must be true at rest."""
        assert self.stock() == self.expected(), "stock is what was not sold (P8)"
        offered = {name: max(0, units) for name, units in self.expected().items()}
        assert {name: self.shop.shown(name) for name in NAMES} == offered, "each listing shows its broadcast (P6)"
        if not self.edits and not (self._loses and self._cancels):
            # Of an order that is first seen cancelled nobody tells how many units it took off the offer.
            assert self.drifts() == [], "nobody else set anything"
        assert self.amazon.refused == {}, "no limit is passed"
        assert self._letters.count(TENANT, 10) == 0
        sent = self.shop.sent()
        self.rebuild()
        self.wait(120)
        assert self.shop.sent() == sent, "a rebuild sends nothing (P9)"
        self.check_edits(offered)

    def check_edits(self, offered: dict[str, int]) -> None:
        """An edit at rest is found by the next look at the latest, told to people, and repaired (P8)."""
        for name in NAMES:
            self.edit(name, FOREIGN)
        RequestBook(self.shop.store.registers, "amazon").ask(TENANT, self.shop.clock())
        self.wait(180)
        assert {(name, FOREIGN) for name in NAMES} <= set(self.drifts()), "what somebody else set is told"
        assert {name: self.shop.shown(name) for name in NAMES} == offered, "and repaired"

    def stock(self) -> dict[str, int]:
        queries = InventoryQueries(
            self.shop.store.models, self.shop.store.log, lambda: self.shop.engine.live("inventory")
        )
        found = {name: queries.one(TENANT, sku(name)) for name in NAMES}
        return {name: one.on_hand for name, one in found.items() if one is not None}

    def expected(self) -> dict[str, int]:
        """Return what is there by a plain count: what Amazon's own orders hold, and all that others did."""
        sold: Counter[str] = Counter()
        for order in self.amazon.orders.all():
            for line in order.lines:
                sold[line.sku] += line.quantity * (order.status != "CANCELLED")
        return {name: units - sold[name] for name, units in self.left.items()}

    def drifts(self) -> list[tuple[str, int]]:
        return [
            (name, fact.observed) for name in NAMES for fact in self.shop.outcomes(name) if isinstance(fact, DriftFound)
        ]

    def _started(self, dies: str = "", **trap: Trap) -> Dispatcher:
        client = self.shop.client()
        offers = DyingClient(client, **trap) if dies == "telling" else client
        reads: OrderReads = DyingReads(client.orders, **trap) if dies == "orders" else client.orders
        seller = msgspec.structs.replace(self.shop.seller(offers, rates=PUBLISHED), orders=reads)
        holder = f"process-{next(self._numbers)}"
        registers = self.shop.store.registers
        if dies == "rows":
            self.shop.store.registers = DyingRegisters(registers, **trap)  # type: ignore[misc]
        try:
            return Dispatcher(
                self.shop.engine, [seller], holder=holder, clock=self.shop.clock, monotonic=self.shop.monotonic
            )
        finally:
            if dies == "rows":
                self.shop.store.registers = registers  # type: ignore[misc]


@contextmanager
def a_circle(stage: Stage, http: httpx.Client, kind: str, seed: int) -> Iterator[Circle]:
    """Yield a circle on a fresh store of `kind`, with a small Amazon that keeps to its published limits."""
    time = Ticking()
    amazon = SimulatedAmazon(seed=seed, rates=PUBLISHED, clock=time.clock, monotonic=time.monotonic)
    stage.app = simulator_app(amazon)
    with ExitStack() as stack:
        opened: Callable[..., Any] = lambda clock: stack.enter_context(fresh_store(kind, clock))  # noqa: E731
        shop = Shop(Simulator(stage.url, amazon), http, opened=opened, time=time)
        stack.callback(shop.close)
        yield Circle(shop)
