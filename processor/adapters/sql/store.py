"""The three ports over one database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from processor.adapters.sql.catalogue import Catalogue
from processor.adapters.sql.log import SqlLog
from processor.adapters.sql.models import SqlModels
from processor.adapters.sql.names import Cache, Names
from processor.adapters.sql.opening import prepare
from processor.adapters.sql.registers import SqlRegisters
from processor.adapters.sql.statements import Technology
from processor.adapters.sql.transactions import Transactions
from processor.clock import Clock, system_clock
from processor.log import EventLog
from processor.registers import Registers
from processor.store import Models

REMEMBERED_NAMES = 100_000


class SqlStore:
    """A SQLite file or a schema in a PostgreSQL database. Tables are created where there are none."""

    joins = True

    def __init__(self, technology: Technology[Any], clock: Clock) -> None:
        """Take `sqlite` or `postgres` instead. Raises SchemaMismatch where another release wrote the store."""
        cache = Cache(REMEMBERED_NAMES)
        transactions = Transactions(technology.connections, cache.remember)
        try:
            prepare(technology, transactions)
        except BaseException:
            technology.connections.close()
            raise
        names = Names(transactions, cache, technology.names)
        catalogue = Catalogue(transactions, names, technology.dialect)
        self._unit, self._close = transactions.unit, technology.connections.close
        self.log: EventLog = SqlLog(transactions, names, technology.log, catalogue, clock)
        self.models: Models = SqlModels(transactions, names, technology.models, catalogue, technology.dialect)
        self.registers: Registers = SqlRegisters(transactions, technology.dialect)

    @classmethod
    def sqlite(cls, path: Path, clock: Clock = system_clock) -> Self:
        """Open a file, creating it and its folder if need be.

        Raises StoreInUse where another process has it open, and StoreEmptied where data was kept in it and is gone.
        """
        from processor.adapters.sql.sqlite.claim import keep_trace
        from processor.adapters.sql.sqlite.technology import sqlite

        store = cls(sqlite(path), clock)
        keep_trace(path)
        return store

    @classmethod
    def postgres(
        cls, dsn: str, clock: Clock = system_clock, *, schema: str = "syncstate", connections: int = 8
    ) -> Self:
        """Open a schema in the database that `dsn` names, with at most so many `connections` at once."""
        from processor.adapters.sql.postgres.technology import postgres

        return cls(postgres(dsn, schema, connections), clock)

    @contextmanager
    def unit(self) -> Iterator[None]:
        """See `Store.unit`."""
        with self._unit():
            yield

    def close(self) -> None:
        """See `Store.close`. A unit in another thread is waited for."""
        self._close()
