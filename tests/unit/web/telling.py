"""Telling an engine facts, as any door would."""

from itertools import count

from processor.engine import Engine
from processor.events import Event
from processor.log import Append, Appended
from processor.streams import StreamId
from stock.events import StockEvent
from stock.facts import fact
from stock.identities import channel_stream, sku, sku_stream
from tests.factories import MORNING

TENANT = "default"
_numbers = count(1)


def of(name: str, tenant: str = TENANT) -> StreamId:
    return sku_stream(tenant, sku(name))


def on_amazon(name: str) -> StreamId:
    return channel_stream(TENANT, "amazon", sku(name))


def tell(engine: Engine, stream: StreamId, *facts: StockEvent, tx: str | None = None) -> int:
    """Record facts and return the version of the last."""
    version = 0
    for happened in facts:
        version = record(engine, stream, fact(happened, tx=tx or f"told:{next(_numbers)}", at=MORNING, source="test"))
    return version


def record(engine: Engine, stream: StreamId, event: Event) -> int:
    [receipt] = engine.recorder.record([Append(stream, (event,))])
    assert isinstance(receipt.outcome, Appended)
    return receipt.outcome.version
