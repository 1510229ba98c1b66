"""SQLite as a whole."""

from pathlib import Path
from sqlite3 import Connection

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from processor.adapters.sql.connections import Connections
from processor.adapters.sql.sqlite.connections import SqliteConnections
from processor.adapters.sql.sqlite.log import SqliteLog
from processor.adapters.sql.sqlite.models import SqliteModels
from processor.adapters.sql.sqlite.names import SqliteNames
from processor.adapters.sql.statements import Technology

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"


def sqlite(path: Path) -> Technology[Connection]:
    """Return the file at `path`, claimed for this process.

    Raises StoreInUse where another process has it open, and StoreEmptied where its data is gone.
    """
    return technology(SqliteConnections(path), path)


def technology(connections: Connections[Connection], path: Path) -> Technology[Connection]:
    """Return SQLite over `connections` to the file at `path`."""
    return Technology(
        connections, SQLiteDialect_pysqlite(), SqliteNames(), SqliteLog(), SqliteModels(), str(path), _TABLES
    )
