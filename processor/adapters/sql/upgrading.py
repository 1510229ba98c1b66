"""Leading a store from the schema of an older release to this one's, a step at a time, all in one transaction."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Dialect

from processor.adapters.sql.connections import Connection
from processor.adapters.sql.errors import SchemaMismatch
from processor.adapters.sql.names import Cache
from processor.adapters.sql.opening import check, schema_at
from processor.adapters.sql.schema import SCHEMA
from processor.adapters.sql.statements import Technology
from processor.adapters.sql.transactions import Transactions

Step = Callable[[Connection, Dialect], None]
"""Changes the tables of one schema number into those of the next."""

STEPS: dict[int, Step] = {}
"""By the number that a step leads away from. Schema 1 is the first: nothing leads to it."""


class Upgraded(NamedTuple):
    """The schema number that was found and the one that is there now; None where there is no store yet."""

    found: int | None
    now: int | None


def upgrade_sqlite(path: Path, steps: Mapping[int, Step] = STEPS) -> Upgraded:
    """Lead the file at `path` to this release. Raises SchemaMismatch where a newer one wrote it, or as opening does."""
    from processor.adapters.sql.sqlite.technology import sqlite

    return _upgrade(sqlite(path), steps)


def upgrade_postgres(dsn: str, schema: str = "syncstate", steps: Mapping[int, Step] = STEPS) -> Upgraded:
    """Lead a schema in the database that `dsn` names to this release. Raises as `upgrade_sqlite` does."""
    from processor.adapters.sql.postgres.technology import postgres

    return _upgrade(postgres(dsn, schema, 1), steps)


def _upgrade(technology: Technology[Any], steps: Mapping[int, Step]) -> Upgraded:
    transactions = Transactions(technology.connections, Cache(1).remember)
    try:
        with transactions.changing("upgrade") as connection:
            for statement in technology.preparing:
                connection.execute(statement)
            found = schema_at(connection, technology)
            if found is None:
                return Upgraded(None, None)
            _lead(connection, technology, found, steps)
            return Upgraded(found, SCHEMA)
    finally:
        technology.connections.close()


def _lead(connection: Connection, technology: Technology[Any], found: int, steps: Mapping[int, Step]) -> None:
    if not set(range(found, SCHEMA)) <= steps.keys():
        raise SchemaMismatch(found, SCHEMA, technology.place)
    for number in range(found, SCHEMA):
        steps[number](connection, technology.dialect)
    if found < SCHEMA:
        connection.execute(f"UPDATE meta SET schema = {SCHEMA}")  # noqa: S608 - a constant
    check(connection, technology, max(found, SCHEMA))
