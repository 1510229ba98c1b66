"""The stored events in the order in which they arrived, decoded from their bytes: what a stream of changes delivers.

Our log keeps order within a stream and promises none across streams, so its port has no such read. On one disk the
order of the rows tells it: SQLite's rowid, PostgreSQL's physical place in a table that is only ever added to.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import psycopg

from processor.events import Recorded
from processor.streams import StreamId

_EVENT = (
    "stream_id, version, type, schema, data, tx_id, digest, occurred_at, recorded_at, source, causation, correlation"
)
_PAGES = 8
"""PostgreSQL is read so many pages at once, about 150 events: its rows are found by page, not by number."""


class Arrived(Protocol):
    """Reads a log that nobody adds to."""

    def batches(self, size: int, first: int, last: int) -> Iterator[Sequence[Recorded]]:
        """Yield the events that arrived from `first` to before `last`, counted from 0, `size` at a time."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class SqliteArrived:
    """Reads SQLite by rowid."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._names: dict[int, StreamId] = {}

    def batches(self, size: int, first: int, last: int) -> Iterator[Sequence[Recorded]]:
        """See `Arrived.batches`."""
        if not self._names:
            self._names = _names(self._connection.execute("SELECT id, name FROM streams"))
        for start in range(first, last, size):
            rows = self._connection.execute(
                f"SELECT {_EVENT} FROM events WHERE rowid > ? AND rowid <= ?",  # noqa: S608 - constants
                (start, min(start + size, last)),
            )
            yield [_recorded(self._names, row) for row in rows]

    def close(self) -> None:
        """See `Arrived.close`."""
        self._connection.close()


class PostgresArrived:
    """Reads PostgreSQL page by page. `first` must be 0 or where an earlier call ended."""

    def __init__(self, address: str) -> None:
        self._connection = psycopg.connect(address, autocommit=True, options="-c search_path=syncstate")
        self._names: dict[int, StreamId] = {}
        self._begin(0)

    def _begin(self, at: int) -> None:
        self._at, self._page = at, 0
        self._waiting: list[Recorded] = []

    def batches(self, size: int, first: int, last: int) -> Iterator[Sequence[Recorded]]:
        """See `Arrived.batches`."""
        if not self._names:
            self._names = _names(self._connection.execute("SELECT id, name FROM streams"))
        if first == 0:
            self._begin(0)
        assert first == self._at, "pages are read forward"
        while self._at < last:
            wanted = min(size, last - self._at)
            while len(self._waiting) < wanted:
                self._waiting += self._pages()
            batch, self._waiting = self._waiting[:wanted], self._waiting[wanted:]
            self._at += wanted
            yield batch

    def _pages(self) -> list[Recorded]:
        begin, self._page = self._page, self._page + _PAGES
        rows = self._connection.execute(
            f"SELECT {_EVENT} FROM events WHERE ctid >= %s::tid AND ctid < %s::tid",  # noqa: S608 - constants
            (f"({begin},0)", f"({self._page},0)"),
            prepare=True,
            binary=True,
        )
        found = [_recorded(self._names, row) for row in rows]
        assert found, "the log ended early"
        return found

    def close(self) -> None:
        """See `Arrived.close`."""
        self._connection.close()


def _names(rows: Any) -> dict[int, StreamId]:  # noqa: ANN401 - a cursor of either driver
    return {number: StreamId.parse(name) for number, name in rows}


def _recorded(names: dict[int, StreamId], row: tuple[Any, ...]) -> Recorded:
    return Recorded(names[row[0]], *row[1:])
