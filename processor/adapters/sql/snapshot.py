"""A store as it stood at one moment, for whoever must see all of it: backups, `verify`, `doctor`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import Any, Self

from processor.adapters.sql.catalogue import Catalogue
from processor.adapters.sql.log import SqlLog
from processor.adapters.sql.models import SqlModels
from processor.adapters.sql.names import Cache, Names
from processor.adapters.sql.opening import check, schema_at
from processor.adapters.sql.registers import SqlRegisters
from processor.adapters.sql.rows import row_of
from processor.adapters.sql.schema import SCHEMA, model_of
from processor.adapters.sql.statements import Technology
from processor.adapters.sql.transactions import Transactions
from processor.adapters.sql.walks import PAGE, Walks
from processor.clock import system_clock
from processor.models import Document, Model, Row
from processor.streams import StreamId

REMEMBERED_NAMES = 10_000


class SqlSnapshot:
    """The ports, reading alone, and walks over the tables below them. Opens beside a server; for one thread."""

    def __init__(self, technology: Technology[Any], faults: str | None = None) -> None:
        """Take `sqlite` or `postgres` instead. `faults` is the statement by which the database looks for damage.

        Raises SchemaMismatch or StoreForeign where another release or program wrote the store, StoreDamaged where
        there is none.
        """
        self.place, self.schema, self._faults = technology.place, SCHEMA, faults
        self._statements = technology.models
        self._close = technology.connections.close
        cache = Cache(REMEMBERED_NAMES)
        transactions = Transactions(technology.connections, cache.remember)
        try:
            with transactions.reading("open") as connection:
                check(connection, technology, schema_at(connection, technology))
        except BaseException:
            technology.connections.close()
            raise
        self._transactions = transactions
        names = Names(transactions, cache, technology.names)
        catalogue = Catalogue(transactions, names, technology.dialect)
        self.log = SqlLog(transactions, names, technology.log, catalogue, system_clock)
        self.models = SqlModels(transactions, names, technology.models, catalogue, technology.dialect)
        self.registers = SqlRegisters(transactions, technology.dialect)
        self.walks = Walks(technology.connections.lend(), technology.dialect)

    @classmethod
    def sqlite(cls, path: Path) -> Self:
        """Open the file at `path`, a server's or a backup."""
        from processor.adapters.sql.sqlite.snapshot import SqliteSnapshot
        from processor.adapters.sql.sqlite.technology import technology

        return cls(technology(SqliteSnapshot(path), path), "PRAGMA integrity_check(20)")

    @classmethod
    def postgres(cls, dsn: str, *, schema: str = "syncstate") -> Self:
        """Open a schema in the database that `dsn` names."""
        from processor.adapters.sql.postgres.snapshot import PostgresSnapshot
        from processor.adapters.sql.postgres.technology import technology

        return cls(technology(PostgresSnapshot(dsn, schema), schema))

    def reading(self) -> AbstractContextManager[object]:
        """Translate what the driver raises inside."""
        return self._transactions.reading("read")

    def faults(self) -> Iterator[str]:
        """Yield, in a sentence each, what the database finds damaged and what contradicts itself in the tables."""
        with self._transactions.reading("check") as connection:
            if self._faults is not None:
                found = (line for (line,) in connection.execute(self._faults).fetchall() if line != "ok")
                yield from (f"the file is damaged: {line}" for line in found)
            yield from self.walks.faults()

    def rows(self) -> Iterator[tuple[Model, StreamId, Row]]:
        """Yield every row of every model: those of one stream come together."""
        known, found = self.walks.models(), self.walks.rows()
        while page := dict(islice(found, PAGE)):
            with self._transactions.reading("load rows") as connection:
                stored = {row[0]: row for row in self._statements.load(connection, list(page))}
            for id_, key in page.items():
                if model_of(id_) in known and id_ in stored:
                    try:
                        row = row_of(key, stored[id_])
                    except ValueError:  # it is among the faults
                        continue
                    yield known[model_of(id_)], key, row

    def documents(self, model: Model) -> Iterator[tuple[str, Document]]:
        """Yield (tenant, document) of a model, by tenant and id."""
        numbers = (number for number, known in self.walks.models().items() if known == model)
        for number in numbers:
            yield from self.walks.documents(number)

    def close(self) -> None:
        """Let the moment go."""
        self._close()
