"""The tables of both databases, once. Every key is narrow: names are given numbers, and numbers are packed.

| table | a row of it |
| --- | --- |
| meta | the store's schema number |
| streams | a name and the number it goes by. Immutable; kept when a model of it is dropped |
| heads | where a stream ends; 0 for one that has no events. Narrow, since every append touches it |
| events | an event at its place, and the claim of its `tx_id` |
| models | a projection's generation and the number it goes by |
| rows | a model's row of one stream. Its `id` is the stream's number and the model's, packed by `row_id` |
| positions | where a row stands in a stream that is not its own; no version where it is only held there |
| documents | a document beside a row |
| registers | a named value |

Claims are ordered by `tx_id`, then by stream: sources number their facts in time, so that new claims stand side by
side, whichever streams they are of. Rows are ordered by stream, then by model: an event moves several models' rows of
one stream. So a transaction touches few pages, which is what its speed hangs on.

`k1` to `k4` are places in indexes: `places.place` writes them. `extras` is 0 for a row that has neither positions
besides its own, nor a held mark, nor a place in an index.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    literal_column,
)
from sqlalchemy.schema import CreateIndex, CreateTable, UniqueConstraint

from processor.models import MAX_INDEXES

SCHEMA = 1

_MODEL_BITS = 16
MODELS = 1 << _MODEL_BITS
"""Above all numbers of models."""

_MODELS: ColumnElement[int] = literal_column(str(MODELS), BigInteger)

NUMBER = BigInteger().with_variant(Integer(), "sqlite")
SMALL = SmallInteger().with_variant(Integer(), "sqlite")
TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared by code point on both."""

BYTES = LargeBinary()
PLACES = tuple(f"k{number}" for number in range(1, MAX_INDEXES + 1))

tables = MetaData()

meta = Table("meta", tables, Column("schema", Integer, nullable=False))

streams = Table(
    "streams",
    tables,
    Column("id", NUMBER, primary_key=True),
    Column("name", TEXT, nullable=False, unique=True),
)

heads = Table(
    "heads",
    tables,
    Column("stream_id", NUMBER, primary_key=True, autoincrement=False),
    Column("category", TEXT, nullable=False),
    Column("shard", SMALL, nullable=False),
    Column("version", NUMBER, nullable=False),
    postgresql_with={"fillfactor": 50},
)

events = Table(
    "events",
    tables,
    Column("stream_id", NUMBER, primary_key=True, autoincrement=False),
    Column("version", NUMBER, primary_key=True, autoincrement=False),
    Column("type", TEXT, nullable=False),
    Column("schema", Integer, nullable=False),
    Column("data", BYTES, nullable=False),
    Column("tx_id", TEXT, nullable=False),
    Column("digest", TEXT, nullable=False),
    Column("occurred_at", TEXT, nullable=False),
    Column("recorded_at", TEXT, nullable=False),
    Column("source", TEXT, nullable=False),
    Column("causation", TEXT),
    Column("correlation", TEXT),
    UniqueConstraint("tx_id", "stream_id", name="events_claims"),
)

models = Table(
    "models",
    tables,
    Column("id", NUMBER, primary_key=True),
    Column("projection", TEXT, nullable=False),
    Column("generation", NUMBER, nullable=False),
    UniqueConstraint("projection", "generation"),
    CheckConstraint(f"id < {MODELS}"),
)

rows = Table(
    "rows",
    tables,
    Column("id", NUMBER, primary_key=True, autoincrement=False),
    Column("revision", NUMBER, nullable=False),
    Column("version", NUMBER),
    Column("extras", SMALL, nullable=False),
    Column("state", BYTES, nullable=False),
    Column("held", TEXT),
    *(Column(name, TEXT) for name in PLACES),
    postgresql_with={"fillfactor": 70},
)

positions = Table(
    "positions",
    tables,
    Column("row_id", NUMBER, primary_key=True, autoincrement=False),
    Column("stream_id", NUMBER, primary_key=True, autoincrement=False),
    Column("version", NUMBER),
    sqlite_with_rowid=False,
)

documents = Table(
    "documents",
    tables,
    Column("model_id", NUMBER, primary_key=True, autoincrement=False),
    Column("tenant", TEXT, primary_key=True),
    Column("id", TEXT, primary_key=True),
    Column("body", BYTES, nullable=False),
    *(Column(name, TEXT) for name in PLACES),
    sqlite_with_rowid=False,
)

registers = Table(
    "registers",
    tables,
    Column("name", TEXT, primary_key=True),
    Column("value", BYTES, nullable=False),
    Column("revision", NUMBER, nullable=False),
)

Index("positions_streams", positions.c.stream_id, positions.c.row_id)
Index("rows_held", rows.c.id, sqlite_where=rows.c.held.is_not(None), postgresql_where=rows.c.held.is_not(None))
for _table in (rows, documents):
    for _name in PLACES:
        _standing = _table.c[_name].is_not(None)
        Index(f"{_table.name}_{_name}", _table.c[_name], sqlite_where=_standing, postgresql_where=_standing)


def ddl(dialect: Dialect) -> list[str]:
    """Return the statements that create all of it, in order."""
    creations: list[CreateTable | CreateIndex] = []
    for table in tables.sorted_tables:
        creations.append(CreateTable(table))
        creations += (CreateIndex(index) for index in sorted(table.indexes, key=_named))
    return [str(creation.compile(dialect=dialect)) for creation in creations]


def _named(index: Index) -> str:
    return str(index.name)


def row_id(model: int, stream: int) -> int:
    """Return the `rows.id` of a model's row of a stream: those of one stream stand side by side."""
    return stream << _MODEL_BITS | model


def model_of(row: int) -> int:
    """Return the number of the model that a row is of."""
    return row & (MODELS - 1)


def is_of(row: ColumnElement[int], model: ColumnElement[int]) -> ColumnElement[bool]:
    """Return whether the row with that id is of `model`, in SQL."""
    return row % _MODELS == model


def row_of(model: ColumnElement[int], stream: ColumnElement[int]) -> ColumnElement[int]:
    """Return what `row_id` does, in SQL."""
    return stream * _MODELS + model


def stream_of(row: ColumnElement[int]) -> ColumnElement[int]:
    """Return the number of the stream whose row has that id, in SQL."""
    return row.op("/", return_type=BigInteger())(_MODELS)
