"""A shop and its Amazon under whatever happens: sales on both sides, edits, notices in disorder, deaths, failures.

Time moves when it is told to, on both sides. What Amazon tells waits in `mail` until it is delivered, in any order,
again and again, or lost; of orders nothing is lost for good, since they are told until they are taken.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import httpx
import msgspec

from channels.decisions import CONFIRM_AFTER, MOST_REPEATS
from channels.dispatcher import Dispatcher
from channels.evidence import OrdersRead
from channels.limits import Rate
from channels.passes import EVERY
from channels.sellers import Rates
from channels.simulators.amazon import Fault, SimulatedAmazon, Simulator, simulator_app
from channels.tenure import LENGTH
from ingest.amazon.door import NotificationDoor
from processor.clock import Clock
from processor.deadletters import DeadLetters
from processor.errors import Retryable
from processor.store import Store
from projections.broadcasts.observing import PROCESSING
from tests.integration.channels.accidents import DyingClient, DyingRegisters, FailingLog, Killed, Trap
from tests.integration.channels.conftest import Stage
from tests.integration.channels.shop import SECOND, TENANT, Shop
from tests.unit.channels.ticking import Ticking

NAMES = ("SHIRT", "MUG/BLUE #1", "CAP")
OPENED = 10
RATES = Rates(Rate(1, 3), Rate(1, 6))
"""Both sides keep to these: one request too soon, and the small Amazon says so."""

QUANTITY = "LISTINGS_ITEM_MFN_QUANTITY_CHANGE"

FAULTS = (
    Fault(kind="drop", operation="patch", applied=True),
    Fault(kind="drop", operation="patch"),
    Fault(kind="status", operation="patch", applied=True),
    Fault(kind="status", operation="get"),
    Fault(kind="drop", operation="get"),
    Fault(kind="throttle", operation="patch", retry_after=5),
    Fault(kind="throttle", operation="get"),
    Fault(kind="invalid"),
    Fault(kind="garbled", operation="patch", applied=True),
    Fault(kind="unauthorised", operation="patch"),
)


class Act(NamedTuple):
    """Something that happens: to the SKU at place `sku` of NAMES, as much or as often as `number` says."""

    what: str
    sku: int
    number: int


class Market:
    """One example's world. `dispatchers` are processes on one store; at most one of them holds the seller."""

    def __init__(self, stage: Stage, http: httpx.Client, opened: Callable[[Clock], Store], settles: timedelta) -> None:
        time = Ticking()
        self.amazon = SimulatedAmazon(rates=RATES, clock=time.clock, monotonic=time.monotonic)
        self.amazon.shelf.settles = settles
        stage.app = simulator_app(self.amazon)
        self.shop = Shop(Simulator(stage.url, self.amazon), http, opened=opened, time=time)
        sellers = {self.amazon.seller_id: TENANT}
        self._door = NotificationDoor(
            self.shop.engine.recorder, self.shop.store.log, self._letters, sellers, self.shop.clock
        )
        self.on_hand: Counter[str] = Counter()
        self._edits: Counter[str] = Counter()
        self._mail: list[bytes] = []
        self._read = self._processes = 0
        for name in NAMES:
            self.shop.stock(name, OPENED, shown=4)
            self.on_hand[name] = OPENED
        self.dispatchers = [self._process()]

    def close(self) -> None:
        self.shop.close()

    def do(self, act: Act) -> None:
        """Let one thing happen."""
        getattr(self, f"_{act.what}")(NAMES[act.sku], act.number)
        self._fetch()

    def settle(self) -> None:
        """Let nothing more happen: all mail arrives, all orders are read, and time goes by."""
        self.amazon.faults.clear()
        self.dispatchers = [self._process()]
        for _ in range(3):
            self.shop.time.pass_(LENGTH)
            for pause in (SECOND, CONFIRM_AFTER, PROCESSING, EVERY):
                self.shop.time.pass_(pause)
                self._deliver_all()
                OrdersRead(self.shop.store.registers, "amazon").advance(TENANT, self.shop.time.clock())
                self._run("", 14)

    def _process(self, **dying: Trap) -> Dispatcher:
        self._processes += 1
        client = DyingClient(self.shop.client(), **dying) if dying else self.shop.client()
        seller = msgspec.structs.replace(self.shop.seller(client, rates=RATES), zeroing=1.0)
        return Dispatcher(
            self.shop.engine,
            [seller],
            holder=f"process {self._processes}",
            clock=self.shop.clock,
            monotonic=self.shop.monotonic,
        )

    def _run(self, name: str, number: int) -> None:
        """Let every process do some rounds, a second apart; one that dies is gone."""
        del name
        for _ in range(number + 1):
            for dispatcher in tuple(self.dispatchers):
                try:
                    dispatcher.round()
                except Retryable:
                    pass
                except Killed:
                    self.dispatchers.remove(dispatcher)
            self.shop.time.pass_(SECOND)
        if not self.dispatchers:
            self.dispatchers = [self._process()]

    def _wait(self, name: str, number: int) -> None:
        del name
        self.shop.time.pass_(number * timedelta(seconds=40))

    def _sell(self, name: str, number: int) -> None:
        self.shop.sell(name, number + 1)
        self.on_hand[name] -= number + 1

    def _find(self, name: str, number: int) -> None:
        self.shop.found(name, number + 1)
        self.on_hand[name] += number + 1

    def _buy(self, name: str, number: int) -> None:
        """A customer of Amazon's buys what is offered."""
        units = min(number + 1, self.amazon.quantity(name) or 0)
        if units:
            self.amazon.orders.buy({name: units})
            self.on_hand[name] -= units

    def _edit(self, name: str, number: int) -> None:
        """Somebody edits a listing; with an even number nobody is told. Not so often that we would give up."""
        if self._edits[name] + 1 >= MOST_REPEATS:
            return
        self._edits[name] += 1
        if number % 2:
            self.amazon.shelf.edit(name, number)
        else:
            self.shop.sim.amazon.put_listing(name, quantity=number)

    def _deliver(self, name: str, number: int) -> None:
        """Deliver one message of those that wait; an even number leaves it there, to come again."""
        del name
        if self._mail:
            place = number % len(self._mail)
            if self._arrives(self._mail[place]) and number % 2:
                self._mail.pop(place)

    def _lose(self, name: str, number: int) -> None:
        """Lose one message; one about an order comes again."""
        del name
        if self._mail and QUANTITY.encode() in self._mail[number % len(self._mail)]:
            self._mail.pop(number % len(self._mail))

    def _fault(self, name: str, number: int) -> None:
        del name
        self.amazon.faults.add(FAULTS[number % len(FAULTS)])

    def _join(self, name: str, number: int) -> None:
        """Another process comes to tend the seller too; it dies at one of its first quantities."""
        del name
        when = "before" if number % 2 else "after"
        self.dispatchers.append(self._process(**{when: Trap(number % 3 + 1)}))

    def _leave(self, name: str, number: int) -> None:
        """A process is killed where it stands, and its lease with it runs out."""
        del name
        self.dispatchers.pop(number % len(self.dispatchers))
        self.dispatchers = self.dispatchers or [self._process()]

    def _crash(self, name: str, number: int) -> None:
        """A process dies around a write of a delivery row."""
        registers, trap = self.shop.store.registers, Trap(number % 4 + 1)
        dying = DyingRegisters(registers, before=trap) if number % 2 else DyingRegisters(registers, after=trap)
        vars(self.shop.store)["registers"] = dying
        self.dispatchers.append(self._process())
        vars(self.shop.store)["registers"] = registers
        self._run(name, 3)

    def _fail(self, name: str, number: int) -> None:
        """The store fails around an append to a channel's stream, and nobody knows whether it took effect."""
        log, trap = self.shop.store.log, Trap(number % 3 + 1)
        failing = FailingLog(log, before=trap) if number % 2 else FailingLog(log, after=trap)
        vars(self.shop.store)["log"] = failing
        self._run(name, 3)
        vars(self.shop.store)["log"] = log

    def _arrives(self, message: bytes) -> bool:
        heard = self._door.take(TENANT, message)
        assert heard.status in {"recorded", "duplicate", "ignored"}, heard
        return True

    def _deliver_all(self) -> None:
        self._fetch()
        for message in self._mail:
            self._arrives(message)
        self._mail.clear()

    def _fetch(self) -> None:
        arrived = self.amazon.notices.arrived(self._read)
        self._mail += [msgspec.json.encode(notice.body) for notice in arrived]
        self._read = arrived[-1].number if arrived else self._read

    def _letters(self) -> DeadLetters:
        raise AssertionError("nothing is kept: all of it can be taken")
