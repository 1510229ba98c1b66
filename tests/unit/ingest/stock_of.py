"""What tests of the doors ask of the log."""

from processor.engine import Engine
from processor.streams import StreamId
from stock.codec import Fact, decode
from stock.identities import order_stream, review_stream, sku, sku_stream
from tests.unit.ingest.conftest import TENANT


def facts_of(engine: Engine, name: str) -> list[Fact]:
    """Return the facts in a SKU's stream, oldest first."""
    return _facts(engine, sku_stream(TENANT, sku(name)))


def snapshots_of(engine: Engine, order: str) -> list[Fact]:
    return _facts(engine, order_stream(TENANT, "shopify", order))


def reviews_of(engine: Engine, order: str) -> list[Fact]:
    return _facts(engine, review_stream(TENANT, f"shopify:{order}"))


def everything_stored(engine: Engine) -> str:
    """Return all events of the log as text."""
    log = engine.store.log
    return "\n".join(repr(event) for stream in log.streams() for event in log.read(stream))


def _facts(engine: Engine, stream: StreamId) -> list[Fact]:
    return [decode(event) for event in engine.store.log.read(stream)]
