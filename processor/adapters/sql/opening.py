"""What a store is found to be when it is opened: new, ours, of another release, or another program's."""

from collections.abc import Collection
from typing import Any

from processor.adapters.sql.connections import Connection
from processor.adapters.sql.errors import SchemaMismatch, StoreDamaged, StoreForeign
from processor.adapters.sql.schema import SCHEMA, ddl, tables
from processor.adapters.sql.statements import Technology
from processor.adapters.sql.transactions import Transactions


def prepare(technology: Technology[Any], transactions: Transactions[Any]) -> None:
    """Create the tables where there are none.

    Raises SchemaMismatch where another release wrote the store, StoreForeign where another program did.
    """
    with transactions.changing("open") as connection:
        for statement in technology.preparing:
            connection.execute(statement)
        found = schema_at(connection, technology)
        if found is None:
            for statement in (*technology.creating, *ddl(technology.dialect)):
                connection.execute(statement)
            connection.execute(f"INSERT INTO meta (schema) VALUES ({SCHEMA})")  # noqa: S608 - a constant
        else:
            check(connection, technology, found)


def check(connection: Connection, technology: Technology[Any], found: int | None) -> None:
    """Raise SchemaMismatch unless `found` is this release's schema number, StoreDamaged where a table of it is gone."""
    if found is None:
        raise StoreDamaged("open", "it is empty", technology.place)
    if found != SCHEMA:
        raise SchemaMismatch(found, SCHEMA, technology.place)
    missing = sorted(tables.tables.keys() - _tables(connection, technology))
    if missing:
        raise StoreDamaged("open", f"tables are missing ({', '.join(missing)})", technology.place)


def schema_at(connection: Connection, technology: Technology[Any]) -> int | None:
    """Return the schema number of the store, None where there are no tables at all. Raises StoreForeign."""
    present = _tables(connection, technology)
    if not present:
        return None
    if len(tables.tables.keys() & present) < len(tables.tables) / 2:
        raise StoreForeign(technology.place, present)
    if "meta" not in present:
        raise StoreDamaged("open", "tables are missing (meta)", technology.place)
    found = connection.execute("SELECT schema FROM meta").fetchone()
    if found is None:
        raise StoreDamaged("open", "it does not say by which release it was written", technology.place)
    return int(found[0])


def _tables(connection: Connection, technology: Technology[Any]) -> Collection[str]:
    return {name for (name,) in connection.execute(technology.tables).fetchall()}
