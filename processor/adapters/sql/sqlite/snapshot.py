"""One connection that sees a file as it stood when it was opened, whoever writes meanwhile."""

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from processor.adapters.sql.sqlite.connections import PATIENCE, TRANSLATION
from processor.errors import Misuse

_CACHE_KIB = 65_536


class SqliteSnapshot:
    """Reads in one transaction, beside a server too: readers take no lock that a writer waits for.

    While it is open the write-ahead log of the file grows by what is written. For one thread.
    """

    begin = ""

    def __init__(self, path: Path) -> None:
        """Open the file at `path`, which must exist. Nothing of it is ever changed."""
        self.translation = TRANSLATION.at(str(path))
        try:
            self.connection = _opened(path)
        except sqlite3.Error as error:
            raise self.translation.of("open", error) from error

    def acquire(self) -> sqlite3.Connection:
        """Raise Misuse: there is nothing to write to."""
        raise Misuse("a snapshot is for reading alone")

    def release(self, connection: sqlite3.Connection, usable: bool, /) -> None:  # noqa: FBT001 - see `Connections`
        """See `Connections.release`."""

    def lend(self) -> sqlite3.Connection:
        """See `Connections.lend`."""
        return self.connection

    def take_back(self, connection: sqlite3.Connection, usable: bool, /) -> None:  # noqa: FBT001 - as above
        """See `Connections.take_back`."""

    def close(self) -> None:
        """See `Connections.close`."""
        self.connection.close()


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(_address(path), uri=True, timeout=PATIENCE, isolation_level=None)
    try:
        for statement in (
            f"PRAGMA cache_size = -{_CACHE_KIB}",
            "PRAGMA query_only = ON",
            "BEGIN",
            "SELECT count(*) FROM sqlite_master",  # the moment that is seen begins with the first look
        ):
            connection.execute(statement).fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def _address(path: Path) -> str:
    """Name the file for reading; where nothing can be written beside it, as one that nobody changes."""
    found = path.resolve()
    fixed = not os.access(found.parent, os.W_OK) and not found.with_name(f"{found.name}-wal").exists()
    return f"file:{quote(str(found))}?mode=ro{'&immutable=1' if fixed else ''}"
