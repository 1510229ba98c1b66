"""One file, one connection that writes, and as many that read as threads ask at once."""

import os
import sqlite3
from pathlib import Path
from threading import Lock

from processor.adapters.sql.errors import StoreDamaged, Translation
from processor.adapters.sql.sqlite.claim import Claim
from processor.errors import Misuse, StoreUnavailable

PATIENCE = 60.0
"""Seconds that a writer waits for the one before it."""

CHECKPOINT_PAGES = 4000
"""Pages of write-ahead log (16 MB) before they are brought home: hot pages are then written home less often."""

_CACHE_KIB = {"writer": 65_536, "reader": 8_192}
_IDLE_READERS = 8
_STATEMENTS = 256

TRANSLATION = Translation(
    (
        (sqlite3.OperationalError, StoreUnavailable),  # locked, disk full, unreadable, out of memory
        (sqlite3.ProgrammingError, StoreUnavailable),  # closed meanwhile
        (sqlite3.DataError, Misuse),  # too large
        (sqlite3.InterfaceError, Misuse),  # of a type that it does not hold
        (sqlite3.DatabaseError, StoreDamaged),  # malformed, or contradicting itself
    ),
    {"file is not a database": "it is not a SQLite database"},
)


class SqliteConnections:
    """Connections to one file, in write-ahead logging: readers see what is committed and never wait for the writer."""

    begin = "BEGIN IMMEDIATE"

    def __init__(self, path: Path) -> None:
        """Claim the file. Raises StoreInUse where another process has it open, StoreEmptied where its data is gone."""
        self.translation = TRANSLATION.at(str(path))
        self._claim = Claim.of(path)
        self._path = self._claim.path
        self._guard = Lock()
        self._file: tuple[int, int] | None = None
        self._writer: sqlite3.Connection | None = None
        self._idle: list[sqlite3.Connection] = []
        self._closed = False

    def acquire(self) -> sqlite3.Connection:
        """See `Connections.acquire`: the one that writes."""
        if not self._claim.writing.acquire(timeout=PATIENCE):
            raise StoreUnavailable("write", f"another writer has held the file for {PATIENCE:.0f} seconds")
        try:
            if self._writer is None:
                self._writer = self._open("writer")
                self._file = _identity(self._path)
            else:
                self._look()
        except BaseException:
            self._claim.writing.release()
            raise
        return self._writer

    def release(self, connection: sqlite3.Connection, usable: bool, /) -> None:  # noqa: FBT001 - see `Connections`
        """See `Connections.release`."""
        try:
            if not usable:
                self._writer = None
                connection.close()
        finally:
            self._claim.writing.release()

    def lend(self) -> sqlite3.Connection:
        """See `Connections.lend`: one that never waits for the writer."""
        with self._guard:
            if self._idle:
                return self._idle.pop()
        return self._open("reader")

    def take_back(self, connection: sqlite3.Connection, usable: bool, /) -> None:  # noqa: FBT001 - as above
        """See `Connections.take_back`."""
        with self._guard:
            if usable and not self._closed and len(self._idle) < _IDLE_READERS:
                self._idle.append(connection)
                return
        connection.close()

    def _open(self, role: str) -> sqlite3.Connection:
        if self._closed:
            raise StoreUnavailable("connect", "the store is closed")
        self._look()
        _create(self._path)
        connection = sqlite3.connect(
            self._path,
            timeout=PATIENCE,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS,
        )
        for setting in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "fullfsync = ON",
            f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
            f"cache_size = -{_CACHE_KIB[role]}",
            "temp_store = MEMORY",
            f"query_only = {'ON' if role == 'reader' else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {setting}")
        return connection

    def _look(self) -> None:
        """Raise StoreUnavailable where the file is no longer the one that was opened.

        The system keeps a removed file for whoever has it open: what is written to it is lost when that process ends.
        """
        if self._file is not None and self._file != _identity(self._path):
            advice = "stop the server, put the data folder back or restore a backup, and start it again"
            raise StoreUnavailable("write", f"{self._path} was removed or replaced under it: {advice}")

    def close(self) -> None:
        """See `Connections.close`. Waits for a writer to finish; the last opening here frees the file."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
        waited = self._claim.writing.acquire(timeout=PATIENCE)
        try:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        finally:
            if waited:
                self._claim.writing.release()
            self._claim.release()


def _create(path: Path) -> None:
    """Make the file where there is none, for its owner alone to read: SQLite would let everybody.

    What SQLite keeps beside it has its permissions. A file that is there must not be opened here: closing it again
    would give up the locks that this process holds on it (POSIX advisory locks).
    """
    if _identity(path) is not None:
        return
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise StoreUnavailable("open", str(error)) from error


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from every other, whatever their names; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a third of the time of `Path.stat`, once per commit
    except OSError:
        return None
    return found.st_dev, found.st_ino
