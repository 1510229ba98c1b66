"""Events in and out."""

from collections.abc import Sequence
from sqlite3 import Connection

from msgspec import json

from processor.adapters.sql.sqlite.many import Many
from processor.adapters.sql.statements import NumberedEvent, StoredEvent
from processor.events import Recorded

_NAMES = ", ".join(Recorded.__struct_fields__[1:])
_COLUMNS = ", ".join(f"e.{name}" for name in Recorded.__struct_fields__[1:])
_HEAD = "SELECT stream_id, version FROM heads WHERE stream_id = ?"
# One row of text: each row that is fetched is a step.
_HEADS = """
    SELECT json_group_object(h.stream_id, h.version) FROM json_each(?) j CROSS JOIN heads h ON h.stream_id = j.value
"""
_MOVE = Many(
    """
    UPDATE heads SET version = moved.column2 FROM (VALUES {rows}) AS moved WHERE stream_id = moved.column1
    """,
    "(?, ?)",
)
_UNWRITE = "DELETE FROM events WHERE stream_id = ? AND version >= ?"
_CLAIM = "SELECT version, digest FROM events WHERE stream_id = ?1 AND tx_id = ?2"
_WRITE = Many(
    f"INSERT INTO events (stream_id, {_NAMES}) VALUES {{rows}} ON CONFLICT (tx_id, stream_id) DO NOTHING",  # noqa: S608 - columns of ours, as below
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), nullif(?, 0))",
)
_PAGE = f"SELECT {_COLUMNS} FROM events e WHERE e.stream_id = ? AND e.version > ? ORDER BY e.version LIMIT ?"  # noqa: S608
# CROSS JOIN keeps the order of the loops and so that of the answer, which an ORDER BY would sort before it could stop.
_PAGES = f"""
    SELECT e.stream_id, {_COLUMNS} FROM json_each(?) j
    CROSS JOIN events e ON e.stream_id = j.value ->> 0 AND e.version > j.value ->> 1 LIMIT ?
"""  # noqa: S608
_FIND = f"""
    SELECT e.stream_id, {_COLUMNS} FROM json_each(?) j
    CROSS JOIN events e ON e.tx_id = j.value ->> 1 AND e.stream_id = j.value ->> 0
"""  # noqa: S608
# Looked up by number: a join might be begun at the names, of which there are many.
_NAMED = """
    SELECT name, tx_id FROM (
        SELECT e.tx_id, (SELECT s.name FROM streams s WHERE s.id = e.stream_id) AS name
        FROM json_each(?) j CROSS JOIN events e ON e.tx_id = j.value
    )
    WHERE name > ? AND name < ? LIMIT ?
"""

_versions = json.Decoder(dict[int, int]).decode


class SqliteLog:
    """See `LogStatements`. The transaction's write lock is the lock on every head."""

    append_in_one = None

    def lock(self, connection: Connection, streams: Sequence[int]) -> dict[int, int]:
        """See `LogStatements.lock`."""
        return self.heads(connection, streams)

    def write(self, connection: Connection, events: Sequence[NumberedEvent]) -> bool:
        """See `LogStatements.write`. What was written beside a claimed event is deleted again."""
        if _WRITE(connection, list(map(_columns, events))) < len(events):
            begins = {stream: event.version for stream, event in reversed(events)}
            connection.executemany(_UNWRITE, begins.items())
            return False
        ends = {stream: event.version for stream, event in events}
        _MOVE(connection, list(ends.items()))
        return True

    def claims(self, connection: Connection, claims: Sequence[tuple[int, str]]) -> list[tuple[int, str, int, str]]:
        """See `LogStatements.claims`."""
        made = ((claim, connection.execute(_CLAIM, claim).fetchone()) for claim in claims)
        return [(*claim, *first) for claim, first in made if first is not None]

    def heads(self, connection: Connection, streams: Sequence[int]) -> dict[int, int]:
        """See `LogStatements.heads`."""
        if len(streams) == 1:
            return dict(connection.execute(_HEAD, streams).fetchall())
        [(found,)] = connection.execute(_HEADS, (str(list(streams)),)).fetchall()
        return _versions(found)

    def page(self, connection: Connection, stream: int, after: int, limit: int) -> list[StoredEvent]:
        """See `LogStatements.page`."""
        return connection.execute(_PAGE, (stream, after, limit)).fetchall()

    def pages(self, connection: Connection, after: Sequence[tuple[int, int]], limit: int) -> list[StoredEvent]:
        """See `LogStatements.pages`."""
        return connection.execute(_PAGES, (str([list(place) for place in after]), limit)).fetchall()

    def find(self, connection: Connection, claims: Sequence[tuple[int, str]]) -> list[StoredEvent]:
        """See `LogStatements.find`."""
        return connection.execute(_FIND, (json.encode(claims).decode(),)).fetchall()

    def named(
        self, connection: Connection, tx_ids: Sequence[str], after: str, end: str, limit: int
    ) -> list[tuple[str, str]]:
        """See `LogStatements.named`."""
        return connection.execute(_NAMED, (json.encode(tx_ids).decode(), after, end, limit)).fetchall()


def _columns(numbered: NumberedEvent) -> tuple[object, ...]:
    stream, event = numbered
    return (
        stream,
        event.version,
        event.type,
        event.schema,
        bytearray(event.data),
        event.tx_id,
        event.digest,
        event.occurred_at,
        event.recorded_at,
        event.source,
        0 if event.causation is None else event.causation,
        0 if event.correlation is None else event.correlation,
    )
