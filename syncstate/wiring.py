"""The composition root: every part is built here, from the settings, and closed here."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from secrets import token_urlsafe
from uuid import uuid4

import structlog

from channels.dispatcher import Dispatcher
from channels.limits import Rate
from channels.notices.notifier import Notifier
from channels.simulators.amazon import Simulator
from ingest.door import OrderDoor
from ingest.operators.door import FactDoor
from ingest.operators.simple import SimpleDoor
from ingest.shopify.webhook import ShopifyDoor
from processor.clock import Clock, system_clock
from processor.deadletters import DeadLetter, DeadLetters
from processor.engine import Engine
from processor.rung import Rung
from processor.store import Store
from projections import PROJECTIONS
from projections.alerts.queries import AlertQueries
from projections.broadcasts.queries import BroadcastQueries
from projections.inventory.queries import InventoryQueries
from projections.returns.queries import ReturnQueries
from stock.codec import decode
from syncstate.amazon import mock_seller, real_seller, stock_shelves
from syncstate.notices import audiences
from syncstate.settings import Settings
from syncstate.shops import shops_of
from syncstate.stores import open_store
from web.guard.guard import Guard
from web.guard.hosts import is_loopback
from web.guard.keys import KeyBook
from web.guard.rate import Rates
from web.kept import Kept
from web.letters import LetterDesk, Redrive
from web.metrics import Metrics
from web.services import Services
from web.standing import Probe, standing_of
from web.transactions import Transactions

_log = structlog.get_logger("syncstate")


@dataclass(frozen=True)
class System:
    """One program's parts. `amazon` is the small Amazon inside, where there is one."""

    services: Services
    dispatcher: Dispatcher
    notifier: Notifier
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
        if self.amazon is not None:
            services = self.services
            stock_shelves(self.amazon.amazon, services.inventory, services.broadcasts, services.tenant)
        self.engine.sweeper.start()
        self.dispatcher.start()
        self.notifier.start()


@contextmanager
def assembled(settings: Settings, *, channels: bool = True, clock: Clock = system_clock) -> Iterator[System]:
    """Yield the program, not started; afterwards finish what it accepted and close everything.

    Without `channels` nothing outside is reached, as commands that only read want it. Raises SettingMissing, or a
    ProcessorError where the store cannot be opened.
    """
    with ExitStack() as stack:
        store = stack.enter_context(closing(open_store(settings, clock)))
        heard: list[Dispatcher] = []
        engine = stack.enter_context(closing(_engine(store, clock, heard)))
        amazon: Simulator | None = None
        sellers = []
        if channels and settings.mock_amazon:
            seller, amazon = mock_seller(settings.tenant, stack)
            sellers.append(seller)
        elif channels and (real := real_seller(settings, stack)) is not None:
            sellers.append(real)
        dispatcher = Dispatcher(engine, sellers, holder=holder_of(settings), clock=clock)
        heard.append(dispatcher)
        stack.callback(dispatcher.stop)
        told = audiences(settings.notify, clock, stack) if channels else []
        notifier = Notifier(engine, told, holder=holder_of(settings), clock=clock)
        stack.callback(notifier.stop)
        yield System(services(settings, engine, clock), dispatcher, notifier, amazon)


def _engine(store: Store, clock: Clock, heard: list[Dispatcher]) -> Engine:
    def on_rung(rung: Rung) -> None:
        for dispatcher in heard:
            dispatcher.heard(rung)

    return Engine(store, PROJECTIONS, decode, watch="inventory", clock=clock, on_rung=on_rung)


def services(settings: Settings, engine: Engine, clock: Clock) -> Services:
    """Return what the routes stand on."""
    log, models = engine.store.log, engine.store.models
    live = partial(partial, engine.live)
    shops = shops_of(settings.shopify_secrets, settings.shopify_webhook_secret, settings.tenant)
    door = OrderDoor(ShopifyDoor(engine.recorder, log, shops, clock), SimpleDoor(engine.recorder, clock))
    broadcasts = BroadcastQueries(models, live("broadcasts"))
    inventory, alerts = InventoryQueries(models, log, live("inventory")), AlertQueries(models, live("alerts"))
    return Services(
        engine=engine,
        guard=_guard(settings, KeyBook(engine.store.registers, clock)),
        door=door,
        facts=FactDoor(engine.recorder, log, broadcasts, clock),
        letters=LetterDesk(DeadLetters(engine.store, engine.runner, clock), _redrivers(settings, engine, clock)),
        inventory=inventory,
        alerts=alerts,
        returns=ReturnQueries(models, live("returns")),
        broadcasts=broadcasts,
        transactions=Transactions(log, broadcasts),
        skus=Kept(inventory.total, lambda number: number <= EXACT_SKUS),
        unread=Kept(alerts.count_unread, lambda number: number <= EXACT_ALERTS),
        due=Kept(lambda tenant: len(broadcasts.due(tenant, "amazon", DUE_AT_MOST)), lambda number: number <= EXACT_DUE),
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
    )


def _redrivers(settings: Settings, engine: Engine, clock: Clock) -> dict[str, Redrive]:
    """Return how dead letters of each source are taken again; what that needs is imported when it is."""

    def kinesis(letter: DeadLetter) -> str | None:
        from syncstate.kinesis import intake_of

        return intake_of(settings, engine, clock).redrive(letter)

    return {"kinesis": kinesis}


EXACT_SKUS, EXACT_ALERTS, EXACT_DUE, DUE_AT_MOST = 1000, 200, 100, 1000
QUICK_SECONDS = 0.02
"""What is larger, or takes longer, is counted behind the readers' backs: see `Kept`."""

SHOP_RATE = Rate(10_000, 20_000)
"""No shop sells so much; it bounds what one shop can take from the others."""


def _guard(settings: Settings, keys: KeyBook) -> Guard:
    return Guard(
        keys,
        token=token_urlsafe(32),
        tenant=settings.tenant,
        loopback=is_loopback(settings.host),
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
