"""SQLite as a whole."""

from pathlib import Path
from sqlite3 import Connection

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from processor.adapters.sql.sqlite.connections import SqliteConnections
from processor.adapters.sql.sqlite.log import SqliteLog
from processor.adapters.sql.sqlite.models import SqliteModels
from processor.adapters.sql.sqlite.names import SqliteNames
from processor.adapters.sql.statements import Technology

_EXISTS = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'"


def sqlite(path: Path) -> Technology[Connection]:
    """Return the file at `path`, claimed for this process. Raises StoreInUse where another has it open."""
    return Technology(
        SqliteConnections(path), SQLiteDialect_pysqlite(), SqliteNames(), SqliteLog(), SqliteModels(), _EXISTS
    )
