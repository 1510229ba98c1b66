"""A large shop for the benchmark of reads: many SKUs, some of them sold on Amazon, and a little of everything else."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain, cycle, islice
from typing import TypeVar

import msgspec

from benchmarks.traffic import MORNING
from processor.engine import Engine
from processor.events import Event
from processor.log import Append
from processor.source import Doorbell
from processor.store import Store
from processor.streams import StreamId
from projections import PROJECTIONS
from stock.codec import decode
from stock.dispositions import Disposition
from stock.events import (
    BroadcastAccepted,
    BufferSet,
    ListingMapped,
    OrderLine,
    OrderSeen,
    ProductSeen,
    ProductVariant,
    ReturnReceived,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
    StockEvent,
)
from stock.facts import fact
from stock.identities import channel_stream, order_stream, product_stream, sku, sku_stream
from syncstate.settings import Settings
from syncstate.stores import open_store

T = TypeVar("T")

TENANT = "default"
LONG = "LONG-LEDGER"
LINES = 100
ORDER, SHOP_ORDER, PRODUCT = "order-of-100", "4501", "9001"
_BATCH = 1000
_MAPPED, _ALERTED = 10, 25
"""Every so many SKUs one is sold on Amazon, and one came back damaged."""

_ALL_MAPPED = 2000
"""The first SKUs are all sold on Amazon."""

_TOLD = 20
"""Of those sold on Amazon, one in so many is still to be told."""

_LEDGER: tuple[StockEvent, ...] = (
    *(SaleRecorded(1, f"shopify:{number}", str(number)) for number in range(90)),
    StockAdjusted(80, "found"),
    ReturnReceived(1, "merchant", Disposition.SELLABLE, "shopify:1"),
    BufferSet(3),
)


class Shelves(msgspec.Struct, frozen=True):
    """How large the shop is: SKUs, and events in the ledger of LONG."""

    skus: int
    ledger: int

    @property
    def alerts(self) -> int:
        """How many alerts nobody has read."""
        return len(range(0, self.skus, _ALERTED))


def name_of(number: int) -> str:
    """Return the SKU of that number."""
    return f"BENCH-{number:06}"


def fill(settings: Settings, shelves: Shelves) -> None:
    """Record everything in the store that `settings` name, and store what is folded of it in every model."""
    with closing(open_store(settings)) as store, closing(_engine(store)) as engine:
        for batch in _batches(_appends(shelves)):
            _record(engine, batch)
        for events in _batches(_long(shelves.ledger)):
            _record(engine, [Append(_of(LONG), events)])


def _record(engine: Engine, appends: Sequence[Append]) -> None:
    """Record, and store every row at once: the sweeper of the server that is measured has nothing left to do."""
    engine.recorder.record(appends)
    engine.runner.ring(Doorbell(append.stream) for append in appends)


def _batches(things: Iterator[T]) -> Iterator[tuple[T, ...]]:
    while batch := tuple(islice(things, _BATCH)):
        yield batch


def _engine(store: Store) -> Engine:
    return Engine(store, PROJECTIONS, decode, watch="inventory")


def _appends(shelves: Shelves) -> Iterator[Append]:
    return chain(map(_sku, range(shelves.skus)), _told(shelves.skus), _of_one_order(), _of_a_shop())


def _sku(number: int) -> Append:
    """Return how a SKU begins."""
    facts: list[StockEvent] = [StockCounted(100 + number % 900)]
    if _mapped(number):
        facts.append(ListingMapped("amazon", name_of(number), "B0EXAMPLE1"))
    if number % _ALERTED == 0:
        facts.append(ReturnReceived(1, "merchant", Disposition.CUSTOMER_DAMAGED, f"shopify:{number}"))
    return _append(_of(name_of(number)), facts)


def _mapped(number: int) -> bool:
    return number < _ALL_MAPPED or number % _MAPPED == 0


def _told(skus: int) -> Iterator[Append]:
    """Yield what Amazon took of the SKUs that are sold there, but for a few."""
    for number in filter(_mapped, range(skus)):
        if number % (_MAPPED * _TOLD):
            stream = channel_stream(TENANT, "amazon", sku(name_of(number)))
            yield _append(stream, [BroadcastAccepted(1, 100 + number % 900, 1, name_of(number))])


def _of_one_order() -> Iterator[Append]:
    """Yield the sales of an order of LINES lines, all of SKUs that are sold on Amazon."""
    for number in range(LINES):
        event = fact(SaleRecorded(1, ORDER), tx=f"simple:{ORDER}:1", at=MORNING, source="api", correlation=ORDER)
        yield Append(_of(name_of(number)), (event,))


def _of_a_shop() -> Iterator[Append]:
    """Yield a shop's order of LINES lines with its sales, and a product of as many variants."""
    named = [(str(number), name_of(number)) for number in range(LINES)]
    lines = tuple(OrderLine(line, 1, name) for line, name in named)
    yield _append(order_stream(TENANT, "shopify", SHOP_ORDER), [OrderSeen(lines)])
    for line, name in named:
        sale = SaleRecorded(1, f"shopify:{SHOP_ORDER}", line)
        tx = f"shopify:line:{line}:1"
        yield Append(_of(name), (fact(sale, tx=tx, at=MORNING, source="shopify"),))
    variants = tuple(ProductVariant(line, name) for line, name in named)
    yield _append(product_stream(TENANT, "shopify", PRODUCT), [ProductSeen(variants)])


def _long(events: int) -> Iterator[Event]:
    beginning = (StockCounted(1000), ListingMapped("amazon", LONG, "B0EXAMPLE1"))
    for number, happened in enumerate(islice(chain(beginning, cycle(_LEDGER)), events)):
        yield fact(happened, tx=f"long:{number}", at=MORNING, source="shopify")


def _append(stream: StreamId, facts: Sequence[StockEvent]) -> Append:
    events = (fact(told, tx=f"fill:{nth}", at=MORNING, source="operator") for nth, told in enumerate(facts))
    return Append(stream, tuple(events))


def _of(name: str) -> StreamId:
    return sku_stream(TENANT, sku(name))
