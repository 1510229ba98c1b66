"""Events in and out."""

from collections.abc import Sequence

from msgspec.structs import astuple
from psycopg import errors

from processor.adapters.sql.postgres.arrays import Blobs, Numbers, Texts
from processor.adapters.sql.postgres.connections import PgConnection
from processor.adapters.sql.statements import NumberedEvent, StoredEvent
from processor.events import Recorded

_NAMES = ", ".join(Recorded.__struct_fields__[1:])
_COLUMNS = ", ".join(f"e.{name}" for name in Recorded.__struct_fields__[1:])
_EVENT = ("int8", "int8", "text", "int8", "bytea", "text", "text", "text", "text", "text", "text", "text")
"""The types of an event's columns, its stream first."""

_HEADS = "SELECT stream_id, version FROM heads WHERE stream_id = ANY (%s)"
_LOCK = f"{_HEADS} ORDER BY stream_id FOR NO KEY UPDATE"
_CLAIMS = """
    SELECT e.stream_id, e.tx_id, e.version, e.digest
    FROM unnest(%s, %s) AS claim (stream_id, tx_id) JOIN events e USING (tx_id, stream_id)
"""


def _writing(version: str, *, many: bool) -> str:
    """Return the statement that writes events, as arrays if there are many, unless one is claimed.

    `version` is what the events' versions are counted from: the statement returns it for each stream.
    """
    columns = ", ".join("%s" if many else f"%s::{kind}" for kind in _EVENT)
    moves = "unnest(%s, %s)" if many else "(VALUES (%s, %s))"
    return f"""
        WITH given AS MATERIALIZED (
            SELECT * FROM {f"unnest({columns})" if many else f"(VALUES ({columns}))"} AS e (stream_id, {_NAMES})
        ),
        moved AS (
            UPDATE heads h SET version = {version} + m.version FROM {moves} AS m (stream_id, version)
            WHERE h.stream_id = m.stream_id
            AND NOT EXISTS (SELECT FROM given JOIN events claimed USING (tx_id, stream_id))
            RETURNING h.stream_id, h.version - m.version AS head
        ),
        written AS (
            INSERT INTO events (stream_id, {_NAMES})
            SELECT e.stream_id, moved.head + {_COLUMNS} FROM given e JOIN moved USING (stream_id)
        )
        SELECT stream_id, head FROM moved
    """  # noqa: S608


_APPEND, _APPEND_ONE = _writing("h.version", many=True), _writing("h.version", many=False)
_WRITE, _WRITE_ONE = _writing("0", many=True), _writing("0", many=False)
_PAGE = f"SELECT {_COLUMNS} FROM events e WHERE e.stream_id = %s AND e.version > %s ORDER BY e.version LIMIT %s"  # noqa: S608
_PAGES = f"""
    SELECT e.stream_id, {_COLUMNS} FROM unnest(%s, %s) WITH ORDINALITY AS w (stream_id, after, place)
    CROSS JOIN LATERAL (
        SELECT * FROM events s WHERE s.stream_id = w.stream_id AND s.version > w.after ORDER BY s.version LIMIT %s
    ) e
    LIMIT %s
"""  # noqa: S608
_FIND = f"""
    SELECT e.stream_id, {_COLUMNS}
    FROM unnest(%s, %s) AS claim (stream_id, tx_id) JOIN events e USING (tx_id, stream_id)
"""  # noqa: S608
# Looked up by number, one after the other: a join might be begun at the names or the events, of which there are many.
_NAMED = """
    SELECT claimed.name, claimed.tx_id FROM unnest(%s) AS wanted (tx_id) CROSS JOIN LATERAL (
        SELECT e.tx_id, (SELECT s.name FROM streams s WHERE s.id = e.stream_id) AS name
        FROM events e WHERE e.tx_id = wanted.tx_id OFFSET 0
    ) claimed
    WHERE claimed.name > %s AND claimed.name < %s LIMIT %s
"""

_KINDS = (Numbers, Texts, Numbers, Blobs, Texts, Texts, Texts, Texts, Texts, Texts, Texts)
"""Of `Recorded` from `version` on."""


class PostgresLog:
    """See `LogStatements`. A stream's head is locked by whoever appends to it."""

    def append_in_one(self, connection: PgConnection, events: Sequence[NumberedEvent], /) -> dict[int, int] | None:
        """See `LogStatements.append_in_one`."""
        statement = _APPEND if len(events) > 1 else _APPEND_ONE
        try:
            return dict(connection.execute(statement, _parameters(events)).fetchall()) or None
        except errors.UniqueViolation:
            return None  # claimed since the statement began

    def lock(self, connection: PgConnection, streams: Sequence[int]) -> dict[int, int]:
        """See `LogStatements.lock`."""
        return dict(connection.execute(_LOCK, (Numbers(streams),)).fetchall())

    def write(self, connection: PgConnection, events: Sequence[NumberedEvent]) -> bool:
        """See `LogStatements.write`."""
        statement = _WRITE if len(events) > 1 else _WRITE_ONE
        return connection.execute(statement, _parameters(events)).rowcount > 0

    def claims(self, connection: PgConnection, claims: Sequence[tuple[int, str]]) -> list[tuple[int, str, int, str]]:
        """See `LogStatements.claims`."""
        streams, tx_ids = zip(*claims, strict=True)
        found = connection.execute(_CLAIMS, (Numbers(streams), Texts(tx_ids))).fetchall()
        return [(stream, tx_id, version, digest) for stream, tx_id, version, digest in found]

    def heads(self, connection: PgConnection, streams: Sequence[int]) -> dict[int, int]:
        """See `LogStatements.heads`."""
        return dict(connection.execute(_HEADS, (Numbers(streams),)).fetchall())

    def page(self, connection: PgConnection, stream: int, after: int, limit: int) -> list[StoredEvent]:
        """See `LogStatements.page`."""
        return connection.execute(_PAGE, (stream, after, limit)).fetchall()

    def pages(self, connection: PgConnection, after: Sequence[tuple[int, int]], limit: int) -> list[StoredEvent]:
        """See `LogStatements.pages`."""
        streams, positions = zip(*after, strict=True)
        return connection.execute(_PAGES, (Numbers(streams), Numbers(positions), limit, limit)).fetchall()

    def find(self, connection: PgConnection, claims: Sequence[tuple[int, str]]) -> list[StoredEvent]:
        """See `LogStatements.find`."""
        streams, tx_ids = zip(*claims, strict=True)
        return connection.execute(_FIND, (Numbers(streams), Texts(tx_ids))).fetchall()

    def named(
        self, connection: PgConnection, tx_ids: Sequence[str], after: str, end: str, limit: int
    ) -> list[tuple[str, str]]:
        """See `LogStatements.named`."""
        found = connection.execute(_NAMED, (Texts(tx_ids), after, end, limit)).fetchall()
        return [(name, tx_id) for name, tx_id in found]


def _parameters(events: Sequence[NumberedEvent]) -> list[object]:
    """Return what `_writing` takes: the events' columns, the streams, and their last events' versions."""
    if len(events) == 1:
        [(stream, event)] = events
        return [stream, *astuple(event)[1:], stream, event.version]
    streams, _, *columns = zip(*((stream, *astuple(event)) for stream, event in events), strict=True)
    ends = {stream: event.version for stream, event in events}
    moved = sorted(ends)
    arrays = (kind(column) for kind, column in zip(_KINDS, columns, strict=True))
    return [Numbers(streams), *arrays, Numbers(moved), Numbers(map(ends.__getitem__, moved))]
