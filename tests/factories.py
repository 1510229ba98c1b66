"""Things to test with: typed, unique by default, every part of them overridable."""

from collections.abc import Mapping
from itertools import count

from processor.clock import Instant
from processor.events import Event, Recorded, recorded
from processor.log import Append
from processor.models import Commit, Document, Held, IndexKey, Keys, Model, Row
from processor.streams import StreamId, stream_id
from stock.dispositions import Disposition, Pool
from stock.events import (
    LowStockThresholdSet,
    OrderLine,
    OrderSeen,
    ReasonCode,
    ReturnReceived,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
    StockEvent,
)
from stock.facts import fact

MORNING = Instant("2026-11-20T10:00:00.000000Z")
NOON = Instant("2026-11-20T12:00:00.000000Z")

NASTY_KEYS = (
    "a", "A", "\u00e1", "a\u0301", "a ", " a", "1", "01", "1.0", "1e0", "NULL", "None", "ß", "ss", "İ", "i",
    "/", "//", "a/b", "a/sku/b", "#", "a#b", "acme#sku#a", "x#acme#sku#a", "e#000000000001",
    "%", "%%", "_", "a%b", "a_b", "100% wool/#1 @home ~:", "*", "?", "[a-z]", "a|b", "a,b", "a;b", "a=b&c",
    "'", '"', "''", "`", "'; DROP TABLE events; --", "\\", "\\\\", "\\x00", "\\u0000", "a\\'b", "{a}", "$1", "%s", ":a",
    "https://a.example/b?c=d#e", "..", "../a", ".", "-", "--", "@", "~", "!", "~~~", "\N{REPLACEMENT CHARACTER}",
    "a\u00a0b", "a b", "a\u2009b", "a\u00adb", "ab", "a\u200bb", "a\u200cb", "a\u200db", "a\ufeffb",
    "\u202ea\u202c", "a\u00a0",
    "日本語", "שלום", "👍🏽", "🧥/красный#L", "\N{GRINNING FACE}" * 200, "x" * 1000,
)  # fmt: skip
"""Keys of streams, each printable and each another stream, however a store compares, escapes or encodes text."""

_numbers = count(1)


def unique(word: str) -> str:
    """Return `word` with a number that no other call in this process gets."""
    return f"{word}-{next(_numbers)}"


def a_stream(tenant: str = "acme", category: str = "sku", key: str | None = None) -> StreamId:
    return stream_id(tenant, category, unique("SHIRT") if key is None else key)


def an_event(
    *,
    type_: str = "Happened",
    schema: int = 1,
    data: bytes = b'{"quantity":1}',
    tx: str | None = None,
    digest: str = "d1",
    occurred_at: Instant = MORNING,
    source: str = "test",
    causation: str | None = None,
    correlation: str | None = None,
) -> Event:
    """Return a fact of no domain: what the engine carries without looking inside."""
    return Event(
        type_, schema, data, unique("tx") if tx is None else tx, digest, occurred_at, source, causation, correlation
    )


def events(number: int) -> tuple[Event, ...]:
    return tuple(an_event() for _ in range(number))


def an_append(stream: StreamId, *facts: Event, expected: int | None = None) -> Append:
    """Return an append of `facts`, or of one new fact where none is named."""
    return Append(stream, facts or events(1), expected)


def stated(happened: StockEvent, *, tx: str | None = None, at: Instant = MORNING, source: str = "test") -> Event:
    """Return a fact about stock in its envelope."""
    return fact(happened, tx=unique("tx") if tx is None else tx, at=at, source=source)


def a_sale(quantity: int = 1, *, order: str | None = None, line: str | None = None, tx: str | None = None) -> Event:
    return stated(SaleRecorded(quantity, order, line), tx=tx)


def a_cancellation(quantity: int = 1, *, order: str | None = None, tx: str | None = None) -> Event:
    return stated(SaleCancelled(quantity, order), tx=tx)


def a_return(
    quantity: int = 1,
    disposition: Disposition = Disposition.SELLABLE,
    *,
    pool: Pool = "merchant",
    order: str | None = None,
    tx: str | None = None,
) -> Event:
    return stated(ReturnReceived(quantity, pool, disposition, order), tx=tx)


def an_adjustment(delta: int = 1, *, reason: ReasonCode = "correction", tx: str | None = None) -> Event:
    return stated(StockAdjusted(delta, reason), tx=tx)


def an_opening(quantity: int = 100, *, tx: str | None = None) -> Event:
    return an_adjustment(quantity, reason="opening", tx=tx)


def a_count(quantity: int = 100, *, tx: str | None = None) -> Event:
    return stated(StockCounted(quantity), tx=tx)


def a_threshold(threshold: int | None = 5, *, tx: str | None = None) -> Event:
    return stated(LowStockThresholdSet(threshold), tx=tx)


def an_order(*lines: OrderLine, amazon_order: str | None = None, tx: str | None = None) -> Event:
    """Return a snapshot of an order, of one unit of one SKU where no line is named."""
    return stated(OrderSeen(lines or (OrderLine(unique("line"), 1, "SHIRT"),), amazon_order), tx=tx)


def a_recorded(event: Event | None = None, version: int = 1, stream: StreamId | None = None) -> Recorded:
    """Return `event` as the log would give it back, recorded at NOON."""
    return recorded(stream or a_stream(), version, event or an_event(), NOON)


def a_model(projection: str = "inventory", generation: int = 1) -> Model:
    return Model(projection, generation)


def a_row(
    state: bytes = b"{}",
    positions: Mapping[StreamId, int] | None = None,
    *,
    revision: int = 0,
    held: Mapping[StreamId, Held] | None = None,
    keys: Keys = (),
) -> Row:
    return Row(state, positions or {}, revision, held or {}, keys)


def a_held_mark(version: int = 1, error: str = "ValueError: no", at: Instant = MORNING) -> Held:
    return Held(version, error, at)


def a_document(id_: str | None = None, body: bytes = b"{}", *keys: IndexKey | None) -> Document:
    return Document(unique("document") if id_ is None else id_, body, keys)


def a_commit(
    key: StreamId | None = None,
    row: Row | None = None,
    *puts: Document,
    deletes: tuple[str, ...] = (),
    model: Model | None = None,
) -> Commit:
    return Commit(model or a_model(), key or a_stream(), row or a_row(), puts, deletes)
