"""The composition root: every part is built here, from the settings, and closed here."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from secrets import token_urlsafe
from threading import Thread
from uuid import uuid4

import structlog

from channels.deltas.deciding import Decider
from channels.deltas.dispatcher import DeltaDispatcher
from channels.dispatcher import Dispatcher
from channels.limits import Rate
from channels.notices.notifier import Notifier
from channels.overseeing import Overseer
from channels.simulators.amazon import Simulator
from ingest.amazon.door import NotificationDoor
from ingest.amazon.listings import MappedListings
from ingest.door import OrderDoor
from ingest.operators.door import FactDoor
from ingest.operators.simple import SimpleDoor
from ingest.shopify.hmac import Shop
from ingest.shopify.linking import LinkDoor
from ingest.shopify.webhook import ShopifyDoor
from processor.appending import AppendFacts, telling
from processor.buffering import Buffering
from processor.clock import Clock, system_clock
from processor.deadletters import DeadLetters
from processor.engine import Engine
from processor.errors import ProcessorError, Retryable
from processor.receipts import Settled
from processor.rung import Rung
from processor.store import Store
from projections import PROJECTIONS
from projections.alerts.queries import AlertQueries
from projections.broadcasts.queries import BroadcastQueries
from projections.inventory.queries import InventoryQueries
from projections.returns.queries import ReturnQueries
from stock.codec import decode
from stock.waiting import may_wait
from syncstate.amazon import connected, mock_seller, real_seller, sellers_of, stock_shelves
from syncstate.lambdas.secrets import SecretShops, secret_reader
from syncstate.letters import letter_desk
from syncstate.linking import link_older
from syncstate.notices import audiences
from syncstate.queues import open_queue
from syncstate.retiring import Retiring
from syncstate.settings import Settings
from syncstate.shopify import connected_shops, real_shop
from syncstate.shops import shops_of
from syncstate.stores import open_store
from web.counts import EVERY, counts_of
from web.guard.guard import Guard
from web.guard.hosts import is_loopback
from web.guard.keys import KeyBook
from web.guard.rate import Rates
from web.kept import Kept
from web.metrics import Metrics
from web.services import Services
from web.standing import Probe, standing_of
from web.transactions import Transactions

COUNTING_SECONDS = 2.0
"""So long a start waits at most for counts that readers will ask for."""

_log = structlog.get_logger("syncstate")


@dataclass(frozen=True)
class System:
    """One program's parts. `amazon` is the small Amazon inside, where there is one."""

    services: Services
    dispatcher: Dispatcher
    notifier: Notifier
    deltas: DeltaDispatcher
    retiring: Retiring
    amazon: Simulator | None = None

    @property
    def engine(self) -> Engine:
        """The engine over the store."""
        return self.services.engine

    def start(self) -> None:
        """Set the background work going: the sweeper and the updates to channels.

        Read models of an older release are rebuilt first: until that is done this one cannot read them.
        """
        for projection in self.engine.rebuild.outdated():
            for progress in self.engine.rebuild.run(projection, time.sleep):
                _log.info("projection.rebuilding", projection=projection, events=progress.events)
        self.link()
        if self.amazon is not None:
            services = self.services
            stock_shelves(self.amazon.amazon, services.inventory, services.broadcasts, services.tenant)
        counting = Thread(target=self._count, name="counting", daemon=True)
        counting.start()
        counting.join(COUNTING_SECONDS)
        self.engine.sweeper.start()
        self.retiring.start()
        self.dispatcher.start()
        self.deltas.start()
        self.notifier.start()

    def link(self) -> None:
        """Let Amazon's listings be found by mappings that an earlier release recorded."""
        services = self.services
        with suppress(Retryable):
            link_older(services.engine, services.broadcasts, services.clock, services.tenant)

    def _count(self) -> None:
        """Count what is long to count, so that not even the first reader waits for it.

        But for DynamoDB, where counting costs requests: there it waits until somebody asks.
        """
        services = self.services
        if services.mode == "dynamodb":
            return
        with suppress(ProcessorError):
            services.standing(EVERY)
            services.streams(EVERY)
            for count in (services.skus, services.unread, services.due, services.streams):
                count(services.tenant)


@contextmanager
def assembled(settings: Settings, *, channels: bool = True, clock: Clock = system_clock) -> Iterator[System]:
    """Yield the program, not started; afterwards finish what it accepted and close everything.

    Without `channels` nothing outside is reached, as commands that only read want it. Raises SettingMissing, or a
    ProcessorError where the store cannot be opened.
    """
    with ExitStack() as stack:
        store = stack.enter_context(closing(_store(settings, clock)))
        heard: list[Dispatcher | DeltaDispatcher] = []
        engine = stack.enter_context(closing(_engine(settings, store, clock, heard)))
        amazon: Simulator | None = None
        sellers = []
        if channels and settings.mock_amazon:
            seller, amazon = mock_seller(settings.tenant, stack, settings.zeroing_share)
            sellers.append(seller)
        elif channels and (real := real_seller(settings, stack)) is not None:
            sellers.append(real)
        dispatcher = Dispatcher(engine, sellers, holder=holder_of(settings), clock=clock)
        heard.append(dispatcher)
        stack.callback(dispatcher.stop)
        shop = real_shop(settings, stack) if channels else None
        deltas = DeltaDispatcher(engine, [shop] if shop is not None else [], holder=holder_of(settings), clock=clock)
        heard.append(deltas)
        stack.callback(deltas.stop)
        told = audiences(settings.notify, clock, stack) if channels else []
        notifier = Notifier(engine, told, holder=holder_of(settings), clock=clock)
        stack.callback(notifier.stop)
        whose = sellers_of(settings) | {seller.seller_id: seller.tenant for seller in sellers}
        retiring = Retiring(engine)
        stack.callback(retiring.stop)
        yield System(services(settings, engine, clock, whose), dispatcher, notifier, deltas, retiring, amazon)


def served(
    settings: Settings, clock: Clock, settled: Callable[[Sequence[Settled]], object] = lambda _: None
) -> Services:
    """Return what the routes stand on in a function, which runs nothing in the background and is never closed.

    `settled` hears, from any thread, what became of facts once they are durable. Raises SettingMissing, or a
    ProcessorError where the store cannot be opened.
    """
    engine = _engine(settings, _store(settings, clock), clock, [], settled)
    return services(settings, engine, clock, sweeps=False)


def _store(settings: Settings, clock: Clock) -> Store:
    return open_store(settings, clock, buffered=settings.buffer_queue is not None)


def _engine(
    settings: Settings,
    store: Store,
    clock: Clock,
    heard: Sequence[Dispatcher | DeltaDispatcher],
    settled: Callable[[Sequence[Settled]], object] | None = None,
) -> Engine:
    def on_rung(rung: Rung) -> None:
        for dispatcher in heard:
            dispatcher.heard(rung)

    append: AppendFacts | None = None
    if settings.buffer_queue is not None:
        append = Buffering(store.log, open_queue(settings.buffer_queue), may_wait).append
    if settled is not None:
        append = telling(append or store.log.append, settled)
    return Engine(store, PROJECTIONS, decode, watch="inventory", clock=clock, on_rung=on_rung, append=append)


def services(
    settings: Settings, engine: Engine, clock: Clock, sellers: Mapping[str, str] | None = None, *, sweeps: bool = True
) -> Services:
    """Return what the routes stand on. `sweeps` tells that this program is to bring read models up to the log.

    `sellers` tells whose tenant each of Amazon's sellers is: as the settings say, where it is not given.
    """
    log, models = engine.store.log, engine.store.models
    live = partial(partial, engine.live)
    shops, renew = _shops(settings)
    door = OrderDoor(ShopifyDoor(engine.recorder, log, shops, clock, renew), SimpleDoor(engine.recorder, clock))
    letters = DeadLetters(engine.store, engine.runner, clock)
    notifications = NotificationDoor(engine.recorder, log, lambda: letters, sellers or sellers_of(settings), clock)
    broadcasts = BroadcastQueries(models, live("broadcasts"))
    inventory, alerts = InventoryQueries(models, log, live("inventory")), AlertQueries(models, live("alerts"))
    return Services(
        engine=engine,
        guard=_guard(settings, KeyBook(engine.store.registers, clock)),
        door=door,
        notifications=notifications,
        facts=FactDoor(engine.recorder, log, broadcasts, clock, mapped=MappedListings(engine.recorder, log)),
        links=LinkDoor(engine.recorder, log, clock),
        letters=letter_desk(settings, engine, clock, letters, notifications),
        overseer=Overseer(engine, broadcasts, connected(settings) | connected_shops(settings), clock),
        decider=Decider(engine, clock),
        inventory=inventory,
        alerts=alerts,
        returns=ReturnQueries(models, live("returns")),
        broadcasts=broadcasts,
        transactions=Transactions(log, broadcasts),
        skus=Kept(inventory.total, lambda number: number <= EXACT_SKUS),
        unread=Kept(alerts.count_unread, lambda number: number <= EXACT_ALERTS),
        dead=Kept(partial(letters.count, most=DUE_AT_MOST), lambda number: number <= EXACT_DUE),
        due=Kept(lambda tenant: len(broadcasts.due(tenant, "amazon", DUE_AT_MOST)), lambda number: number <= EXACT_DUE),
        streams=Kept(partial(counts_of, engine, clock), lambda found: found.total <= EXACT_STREAMS),
        standing=Kept(
            lambda _: standing_of(engine, looks=settings.store != "dynamodb"), lambda found: found.took <= QUICK_SECONDS
        ),
        probe=Probe(engine.store),
        metrics=Metrics(),
        clock=clock,
        tenant=settings.tenant,
        instance=uuid4().hex,
        mode=settings.store,
        threads=settings.threads,
        sweeps=sweeps,
    )


def _shops(settings: Settings) -> tuple[Mapping[str, Shop], Callable[[], bool]]:
    """Return the registered shops, and what reads them anew."""
    if settings.aws_secret is None:
        single = settings.shopify_webhook_secret
        return shops_of(settings.shopify_secrets, single, settings.tenant), lambda: False
    found = SecretShops(secret_reader(settings.aws_secret), settings.tenant)
    return found, found.renew


EXACT_SKUS, EXACT_ALERTS, EXACT_DUE, EXACT_STREAMS, DUE_AT_MOST = 1000, 200, 100, 1000, 10_000
QUICK_SECONDS = 0.01
"""What is larger, or takes longer, is counted behind the readers' backs: see `Kept`."""

SHOP_RATE = Rate(10_000, 20_000)
"""No shop sells so much; it bounds what one shop can take from the others."""


def _guard(settings: Settings, keys: KeyBook) -> Guard:
    return Guard(
        keys,
        token=token_urlsafe(32),
        tenant=settings.tenant,
        loopback=is_loopback(settings.host) and not settings.require_keys,
        key_rates=Rates(Rate(settings.rate_per_second, settings.rate_burst)),
        shop_rates=Rates(SHOP_RATE),
        origins=frozenset(settings.cors_origins),
    )


def holder_of(settings: Settings) -> str:
    """Name this process among those that may hold a lease.

    An embedded store is locked by one process, so its next one may go on with the lease of one that was killed.
    """
    if settings.store == "embedded":
        return "embedded"
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
