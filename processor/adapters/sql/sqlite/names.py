"""Numbers of streams and models."""

from collections.abc import Collection, Sequence
from sqlite3 import Connection

import msgspec

from processor.adapters.sql.sqlite.many import Many
from processor.models import Model
from processor.streams import StreamId

_FIND = "SELECT s.name, s.id FROM json_each(?) j CROSS JOIN streams s ON s.name = j.value"
_NEWEST = "SELECT coalesce(max(id), 0) FROM streams"
_CREATE = Many("INSERT INTO streams (id, name) VALUES {rows}", "(?, ?)")
_BEGIN = Many("INSERT INTO heads (stream_id, category, shard, version) VALUES {rows}", "(?, ?, ?, 0)")
_FIND_MODEL = "SELECT id FROM models WHERE projection = ? AND generation = ?"
_CREATE_MODEL = "INSERT INTO models (projection, generation) VALUES (?, ?) ON CONFLICT DO NOTHING"

_encode = msgspec.json.Encoder().encode


class SqliteNames:
    """See `NameStatements`."""

    def find_streams(self, connection: Connection, names: Collection[str]) -> list[tuple[str, int]]:
        """See `NameStatements.find_streams`."""
        return connection.execute(_FIND, (_encode(list(names)).decode(),)).fetchall()

    def number_streams(self, connection: Connection, streams: Sequence[StreamId]) -> list[tuple[str, int]]:
        """See `NameStatements.number_streams`. Under the write lock: nobody else creates them meanwhile."""
        named = {str(stream): stream for stream in streams}
        numbers = dict(self.find_streams(connection, named))
        if unknown := [name for name in named if name not in numbers]:
            [(newest,)] = connection.execute(_NEWEST).fetchall()
            new = list(enumerate(unknown, newest + 1))
            _CREATE(connection, new)
            _BEGIN(connection, [(number, named[name].category, named[name].shard) for number, name in new])
            numbers.update((name, number) for number, name in new)
        return list(numbers.items())

    def find_model(self, connection: Connection, model: Model) -> int | None:
        """See `NameStatements.find_model`."""
        found = connection.execute(_FIND_MODEL, (model.projection, model.generation)).fetchone()
        return found and int(found[0])

    def create_model(self, connection: Connection, model: Model) -> None:
        """See `NameStatements.create_model`."""
        connection.execute(_CREATE_MODEL, (model.projection, model.generation))
