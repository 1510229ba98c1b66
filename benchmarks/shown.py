"""How long it takes from a sale until Amazon's listing shows it, with nothing else to do, on every store."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter, sleep

from benchmarks.functions import quiet
from benchmarks.places import dynamodb_client, postgres_missing, postgres_server
from benchmarks.report import Lag, Section
from channels.amazon.client import AmazonClient, http_client
from channels.dispatcher import Dispatcher
from channels.limits import Rate
from channels.modes import Mode
from channels.sellers import Rates, Seller
from channels.simulators.amazon import Simulator, simulated_amazon
from localstack.dynamodb import missing
from processor.adapters.dynamodb import DynamoStore, tables
from processor.adapters.memory import MemoryStore
from processor.adapters.sql import SqlStore
from processor.clock import system_clock
from processor.engine import Engine
from processor.events import Event
from processor.log import Append
from processor.rung import Rung
from processor.store import Store
from projections import PROJECTIONS
from stock.codec import decode
from stock.events import ListingMapped, SaleRecorded, StockCounted
from stock.facts import fact
from stock.identities import sku, sku_stream

SALES = 100
AT_MOST = 1000.0
NAME = sku("SHIRT")
TENANT = "default"
PUBLISHED = Rates(Rate(5, 5), Rate(5, 10))
IDLE = 0.25
"""Seconds between two sales: at the published rate, 5 a second, the seller is idle again by then."""

PATIENCE = 10.0

_NOTE = """\
{sales} sales of one SKU, one after another, each {idle:g} s after the one before was shown. Milliseconds from before
the sale is recorded until the small Amazon's listing has changed, over real HTTP on this machine, at the published
rates. The recorder and the dispatcher are in one process, as in a server; Amazon's own time is not in it."""


def section(folder: Path, *, quick: bool) -> Section:
    """Measure on every store that is here."""
    sales, notes = 5 if quick else SALES, []
    with ExitStack() as stack:
        stores: dict[str, Callable[[], Store]] = {
            "memory": lambda: MemoryStore(system_clock),
            "SQLite": lambda: SqlStore.sqlite(folder / "shown.db"),
        }
        if (absent := postgres_missing()) is None:
            create = stack.enter_context(postgres_server(folder))
            stores["PostgreSQL"] = lambda: SqlStore.postgres(create())
        else:
            notes.append(f"PostgreSQL was not measured. {absent}.")
        if (absent := missing()) is None:
            stores["DynamoDB Local"] = lambda: _dynamodb(stack)
        else:
            notes.append(f"DynamoDB was not measured. {absent}.")
        lags = tuple(_lag(name, opened, sales) for name, opened in stores.items())
    told = _NOTE.format(sales=sales, idle=IDLE)
    return Section("From a sale to the listing", "ms", lags=lags, notes=(told, *notes))


def _dynamodb(stack: ExitStack) -> Store:
    client = dynamodb_client(stack, 8)
    tables.create(client)
    return DynamoStore(client)


def _lag(name: str, opened: Callable[[], Store], sales: int) -> Lag:
    with quiet():
        took = sorted(_took(opened, sales))
    return Lag(name, took[len(took) // 2], took[-(-95 * len(took) // 100) - 1], took[-1], AT_MOST)


def _took(opened: Callable[[], Store], sales: int) -> Iterator[float]:
    """Yield the milliseconds of each sale."""
    with ExitStack() as stack:
        sim = stack.enter_context(simulated_amazon())
        http = stack.enter_context(http_client())
        client = AmazonClient(
            http, sim.seller_id, sim.marketplace, sim.credentials, endpoint=sim.url, token_endpoint=sim.token_url
        )
        store = opened()
        stack.callback(store.close)
        listeners: list[Dispatcher] = []

        def heard(rung: Rung) -> None:
            for dispatcher in listeners:
                dispatcher.heard(rung)

        engine = Engine(store, PROJECTIONS, decode, watch="inventory", on_rung=heard)
        stack.callback(engine.close)
        seller = Seller(TENANT, sim.seller_id, sim.marketplace, client, mode=Mode.LIVE, rates=PUBLISHED)
        dispatcher = Dispatcher(engine, [seller], holder="one")
        listeners.append(dispatcher)
        stack.callback(dispatcher.stop)
        dispatcher.start()
        stock = sales + 10
        sim.amazon.put_listing(NAME, quantity=0)
        first = (StockCounted(stock), ListingMapped("amazon", NAME))
        _record(engine, *(fact(what, tx=repr(what), at=system_clock(), source="import") for what in first))
        _await(sim, stock)
        for number in range(sales):
            sleep(IDLE)
            began, left = perf_counter(), stock - number - 1
            _record(engine, fact(SaleRecorded(1), tx=f"sale:{number}", at=system_clock(), source="shopify"))
            _await(sim, left)
            yield (perf_counter() - began) * 1000


def _record(engine: Engine, *events: Event) -> None:
    engine.recorder.record([Append(sku_stream(TENANT, NAME), events)])


def _await(sim: Simulator, quantity: int) -> None:
    until = perf_counter() + PATIENCE
    while sim.amazon.quantity(NAME) != quantity:
        assert perf_counter() < until, "the listing never changed"
        sleep(0.0005)
