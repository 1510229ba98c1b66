"""The composition root: every part is built here, from the settings, and closed here."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import structlog

from channels.dispatcher import Dispatcher
from channels.simulators.amazon import Simulator
from ingest.door import OrderDoor
from ingest.operators.simple import SimpleDoor
from ingest.shopify.hmac import Shop
from ingest.shopify.webhook import ShopifyDoor
from processor.clock import Clock, system_clock
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
from syncstate.settings import Settings
from syncstate.stores import open_store
from web.services import Services

_log = structlog.get_logger("syncstate")


@dataclass(frozen=True)
class System:
    """One program's parts. `amazon` is the small Amazon inside, where there is one."""

    services: Services
    dispatcher: Dispatcher
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
        dispatcher = Dispatcher(engine, sellers, holder=_holder(settings), clock=clock)
        heard.append(dispatcher)
        stack.callback(dispatcher.stop)
        yield System(services(settings, engine, clock), dispatcher, amazon)


def _engine(store: Store, clock: Clock, heard: list[Dispatcher]) -> Engine:
    def on_rung(rung: Rung) -> None:
        for dispatcher in heard:
            dispatcher.heard(rung)

    return Engine(store, PROJECTIONS, decode, watch="inventory", clock=clock, on_rung=on_rung)


def services(settings: Settings, engine: Engine, clock: Clock) -> Services:
    """Return what the routes stand on."""
    log, models = engine.store.log, engine.store.models
    live = partial(partial, engine.live)
    door = OrderDoor(
        ShopifyDoor(engine.recorder, log, registered_shops(settings), clock),
        SimpleDoor(engine.recorder, clock),
        signed_only=settings.signed_only,
    )
    return Services(
        engine=engine,
        door=door,
        inventory=InventoryQueries(models, log, live("inventory")),
        alerts=AlertQueries(models, live("alerts")),
        returns=ReturnQueries(models, live("returns")),
        broadcasts=BroadcastQueries(models, live("broadcasts")),
        clock=clock,
        tenant=settings.tenant,
        instance=uuid4().hex,
        mode=settings.store,
        threads=settings.threads,
    )


def registered_shops(settings: Settings) -> dict[str, Shop]:
    """Return the shops whose deliveries can be verified, by their domains in lower case."""
    return {
        domain.lower(): Shop(domain.lower(), settings.tenant, [secret.get_secret_value() for secret in secrets])
        for domain, secrets in settings.shopify_secrets.items()
    }


def _holder(settings: Settings) -> str:
    """Name this process among those that may hold a lease.

    An embedded store is locked by one process, so its next one may go on with the lease of one that was killed.
    """
    if settings.store == "embedded":
        return "embedded"
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
