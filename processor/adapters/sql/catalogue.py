"""What there is, and what has yet to be folded: walks over heads, a page at a time."""

from collections.abc import Iterator, Mapping
from typing import Any, Generic

from sqlalchemy import BigInteger, ColumnElement, Dialect, FromClause, Select, bindparam, func, select

from processor.adapters.sql.compiled import Compiled
from processor.adapters.sql.connections import C
from processor.adapters.sql.names import Names
from processor.adapters.sql.rows import marks
from processor.adapters.sql.schema import heads, is_of, positions, row_of, rows, stream_of, streams
from processor.adapters.sql.transactions import Transactions
from processor.models import Held, Model
from processor.streams import StreamId, fed_row

PAGE = 1000
_FIRST, _END = "", "\U0010ffff"
_NO_MODEL = 0

_limit = bindparam("limit", PAGE, type_=BigInteger)
_model: ColumnElement[int] = bindparam("model", type_=BigInteger)
_sharded = heads.c.shard % bindparam("shards") == bindparam("shard")


_within = (streams.c.name > bindparam("after"), streams.c.name < bindparam("end"))


def _catalogue() -> Select[Any]:
    begun = select(streams.c.name).join(heads, heads.c.stream_id == streams.c.id).where(heads.c.version > 0)
    return begun.where(*_within, _sharded).order_by(streams.c.name).limit(_limit)


def _count() -> Select[Any]:
    begun = streams.join(heads, heads.c.stream_id == streams.c.id)
    return select(func.count()).select_from(begun).where(*_within, heads.c.version > 0)


def _lagging(places: FromClause, version: ColumnElement[int]) -> Select[Any]:
    """Return streams whose head is past `version` in `places`, which is joined to heads."""
    found = select(heads.c.stream_id, streams.c.name, rows.c.held)
    found = found.select_from(places.join(streams, streams.c.id == heads.c.stream_id))
    found = found.where(heads.c.stream_id > bindparam("after"), heads.c.category == bindparam("category"))
    return found.where(heads.c.version > func.coalesce(version, 0), _sharded).order_by(heads.c.stream_id).limit(_limit)


def _lagging_own() -> Select[Any]:
    """By the version of the row of the same name."""
    return _lagging(heads.outerjoin(rows, rows.c.id == row_of(_model, heads.c.stream_id)), rows.c.version)


def _lagging_fed() -> Select[Any]:
    """By the position in another stream's row."""
    placed = (positions.c.stream_id == heads.c.stream_id) & is_of(positions.c.row_id, _model)
    return _lagging(
        heads.outerjoin(positions, placed).outerjoin(rows, rows.c.id == positions.c.row_id), positions.c.version
    )


def _held() -> Select[Any]:
    named = rows.join(streams, streams.c.id == stream_of(rows.c.id))
    found = select(rows.c.id, streams.c.name, rows.c.held).select_from(named)
    found = found.where(rows.c.held.is_not(None), rows.c.id > bindparam("after"), is_of(rows.c.id, _model))
    return found.order_by(rows.c.id).limit(_limit)


class Catalogue(Generic[C]):
    """Walks whose pages are each a transaction of their own: a walk that is left holds nothing."""

    def __init__(self, transactions: Transactions[C], names: Names[C], dialect: Dialect) -> None:
        self._transactions, self._names = transactions, names
        self._all, self._count = Compiled(_catalogue(), dialect), Compiled(_count(), dialect)
        self._own, self._fed = Compiled(_lagging_own(), dialect), Compiled(_lagging_fed(), dialect)
        self._held = Compiled(_held(), dialect)

    def streams(self, tenant: str | None, shard: int, shards: int) -> Iterator[StreamId]:
        """See `Catalogue.streams`."""
        after, end = (_FIRST, _END) if tenant is None else (f"{tenant}/", f"{tenant}0")
        while True:
            with self._transactions.reading("list streams") as connection:
                page = self._all(connection, after=after, end=end, shard=shard, shards=shards).fetchall()
            for (name,) in page:
                yield StreamId.parse(name)
            if len(page) < PAGE:
                return
            after = page[-1][0]

    def count(self, tenant: str, category: str) -> int:
        """See `Catalogue.count`."""
        place = f"{tenant}/{category}"
        with self._transactions.reading("count streams") as connection:
            return int(self._count(connection, after=f"{place}/", end=f"{place}0").fetchone()[0])

    def lagging(self, model: Model, feeds: Mapping[str, str], shard: int, shards: int) -> Iterator[StreamId]:
        """See `Lag.lagging`. Strongly consistent a page at a time."""
        for category, row in feeds.items():
            statement = self._own if category == row else self._fed
            after = 0
            while True:
                with self._transactions.reading("look for lag") as connection:
                    number = self._names.of_model(connection, model) or _NO_MODEL
                    page = statement(
                        connection,
                        model=number,
                        category=category,
                        after=after,
                        shard=shard,
                        shards=shards,
                    ).fetchall()
                for _, name, held in page:
                    stream = StreamId.parse(name)
                    if fed_row(feeds, stream) is not None and (held is None or name not in marks(held)):
                        yield stream
                if len(page) < PAGE:
                    break
                after = page[-1][0]

    def held(self, model: Model, tenant: str | None) -> Iterator[tuple[StreamId, StreamId, Held]]:
        """See `Lag.held`. Strongly consistent a page at a time."""
        after = 0
        while True:
            with self._transactions.reading("list held pairs") as connection:
                number = self._names.of_model(connection, model) or _NO_MODEL
                page = self._held(connection, model=number, after=after).fetchall()
            for _, name, held in page:
                key = StreamId.parse(name)
                if tenant in (None, key.tenant):
                    yield from ((key, StreamId.parse(stopped), mark) for stopped, mark in marks(held).items())
            if len(page) < PAGE:
                return
            after = page[-1][0]
