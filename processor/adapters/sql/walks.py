"""Walks over whole tables in the order of their keys, a page at a time, for whoever must see everything."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Dialect, Select, Text, bindparam, func, select, tuple_

from processor.adapters.sql.compiled import Compiled
from processor.adapters.sql.connections import Connection
from processor.adapters.sql.places import keys_of, places
from processor.adapters.sql.rows import marks
from processor.adapters.sql.schema import PLACES, documents, events, heads, model_of, models, rows, stream_of, streams
from processor.clock import Instant
from processor.events import Recorded
from processor.models import Document, Keys, Model
from processor.streams import StreamId

PAGE = 1000

_after = bindparam("after", type_=BigInteger)
_limit = bindparam("limit", PAGE, type_=BigInteger)


class Begun(NamedTuple):
    """A stream as the catalogue has it: `head` None where it has none."""

    number: int
    name: str
    category: str | None
    shard: int | None
    head: int | None


def _streams() -> Select[Any]:
    found = select(streams.c.id, streams.c.name, heads.c.category, heads.c.shard, heads.c.version)
    found = found.select_from(streams.outerjoin(heads, heads.c.stream_id == streams.c.id))
    return found.where(streams.c.id > _after).order_by(streams.c.id).limit(_limit)


def _events() -> Select[Any]:
    place = tuple_(events.c.stream_id, events.c.version)
    found = select(events.c.stream_id, *(events.c[name] for name in Recorded.__struct_fields__[1:]))
    return (
        found.where(place > tuple_(_after, bindparam("version", type_=BigInteger)))
        .order_by(events.c.stream_id, events.c.version)
        .limit(_limit)
    )


def _rows() -> Select[Any]:
    found = select(rows.c.id, streams.c.name, rows.c.extras, rows.c.held, *(rows.c[name] for name in PLACES))
    found = found.select_from(rows.outerjoin(streams, streams.c.id == stream_of(rows.c.id)))
    return found.where(rows.c.id > _after).order_by(rows.c.id).limit(_limit)


def _documents() -> Select[Any]:
    place = tuple_(documents.c.model_id, documents.c.tenant, documents.c.id)
    given = tuple_(_after, bindparam("tenant", type_=Text), bindparam("id", type_=Text))
    columns = (documents.c.model_id, documents.c.tenant, documents.c.id, documents.c.body)
    found = select(*columns, *(documents.c[name] for name in PLACES)).where(place > given)
    return found.order_by(documents.c.model_id, documents.c.tenant, documents.c.id).limit(_limit)


def _claimed_twice() -> Select[Any]:
    found = select(streams.c.name, events.c.tx_id, func.min(events.c.version), func.max(events.c.version))
    found = found.select_from(events.join(streams, streams.c.id == events.c.stream_id))
    return found.group_by(events.c.tx_id, events.c.stream_id, streams.c.name).having(func.count() > 1).limit(_limit)


def _headless() -> Select[Any]:
    unnamed = heads.outerjoin(streams, streams.c.id == heads.c.stream_id)
    return select(heads.c.stream_id).select_from(unnamed).where(streams.c.id.is_(None)).limit(_limit)


class Walks:
    """What the tables hold, in order, over one connection."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self._connection, self._dialect = connection, dialect

    def models(self) -> dict[int, Model]:
        """Return the models by their numbers."""
        found = self._all(select(models.c.id, models.c.projection, models.c.generation))
        return {number: Model(projection, generation) for number, projection, generation in found}

    def newest(self) -> Instant | None:
        """Return when the newest event was recorded, None where there is none. Its cost grows with the log."""
        [(found,)] = self._all(select(func.max(events.c.recorded_at)))
        return None if found is None else Instant(found)

    def streams(self) -> Iterator[Begun]:
        """Yield every stream that has a number, in order of it."""
        statement, after = Compiled(_streams(), self._dialect), 0
        while page := statement(self._connection, after=after).fetchall():
            yield from (Begun(*found) for found in page)
            after = page[-1][0]

    def events(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """Yield (number of the stream, columns of the event from `version` on), by stream and version."""
        statement, after, version = Compiled(_events(), self._dialect), 0, -1
        while page := statement(self._connection, after=after, version=version).fetchall():
            yield from ((number, tuple(columns)) for number, *columns in page)
            after, version = page[-1][:2]

    def documents(self, model: int) -> Iterator[tuple[str, Document]]:
        """Yield (tenant, document) of the model of that number, by tenant and id."""
        for number, tenant, id_, body, *standing in self._all_documents(model):
            if number != model:
                return
            yield tenant, Document(id_, body, _keys(standing) or ())

    def rows(self) -> Iterator[tuple[int, StreamId]]:
        """Yield (id, key) of every row whose stream has a name: those of one stream come together."""
        for id_, name, *_ in self._all_rows():
            if name is not None:
                yield id_, StreamId.parse(name)

    def faults(self) -> Iterator[str]:
        """Yield, in a sentence each, what contradicts itself within the tables."""
        for name, tx_id, first, last in self._all(_claimed_twice()):
            yield f"{name}: events {first} and {last} have one tx_id, {tx_id}"
        for (number,) in self._all(_headless()):
            yield f"a head belongs to stream number {number}, which has no name"
        for id_, name, extras, held, *standing in self._all_rows():
            if name is None:
                yield f"row {id_} belongs to no stream"
            elif not _belongs(StreamId.parse(name), id_, standing) or (not extras and (held or any(standing))):
                yield f"{name}: its row of model number {model_of(id_)} stands where it does not belong in an index"
            elif held and not _readable(held):
                yield f"{name}: its row of model number {model_of(id_)} has a quarantine mark that cannot be read"
        for number, tenant, id_, _, *standing in self._all_documents(0):
            keys = _keys(standing)
            if keys is None or tuple(standing) != places(number, tenant, keys, id_):
                yield f"document {id_} of {tenant} stands where it does not belong in an index"

    def _all_rows(self) -> Iterator[Any]:
        statement, after = Compiled(_rows(), self._dialect), 0
        while page := statement(self._connection, after=after).fetchall():
            yield from page
            after = page[-1][0]

    def _all_documents(self, model: int) -> Iterator[Any]:
        statement, after = Compiled(_documents(), self._dialect), (model, "", "")
        while page := statement(self._connection, after=after[0], tenant=after[1], id=after[2]).fetchall():
            yield from page
            after = page[-1][:3]

    def _all(self, statement: Select[Any]) -> list[Any]:
        return Compiled(statement, self._dialect)(self._connection).fetchall()


def _belongs(key: StreamId, row: int, standing: Sequence[str | None]) -> bool:
    keys = _keys(standing)
    return keys is not None and tuple(standing) == places(model_of(row), key.tenant, keys, key.key, key.category)


def _keys(standing: Sequence[str | None]) -> Keys | None:
    """Return the keys that places read, None where a place is none."""
    try:
        return keys_of(tuple(standing))
    except ValueError:
        return None


def _readable(held: str) -> bool:
    try:
        marks(held)
    except ValueError:
        return False
    return True
