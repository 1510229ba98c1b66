"""A database of either technology, as a store sees it and as its administrator does."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import psycopg

from processor.adapters.sql import SqlStore


class Database(Protocol):
    """Where stores are opened, and statements run behind their back."""

    def open(self) -> SqlStore:
        """Open one more store here."""
        ...

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement on a connection of its own; return what it answers."""
        ...


class SqliteDatabase:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: list[SqlStore] = []

    def open(self) -> SqlStore:
        self._opened.append(SqlStore.sqlite(self.path))
        return self._opened[-1]

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=1)) as connection:
            return connection.execute(statement).fetchall()

    def close(self) -> None:
        while self._opened:
            self._opened.pop().close()


class PostgresDatabase:
    def __init__(self, address: str) -> None:
        self.address = address
        self._opened: list[SqlStore] = []

    def open(self) -> SqlStore:
        self._opened.append(SqlStore.postgres(self.address))
        return self._opened[-1]

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.address, autocommit=True, options="-c search_path=syncstate") as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []

    def cut_off(self) -> int:
        """End every session of the stores; return how many there were."""
        return len(
            self.run(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE application_name = 'syncstate' AND datname = current_database()"
            )
        )

    def close(self) -> None:
        while self._opened:
            self._opened.pop().close()
