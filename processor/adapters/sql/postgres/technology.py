"""PostgreSQL as a whole."""

from psycopg.sql import SQL, Identifier
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from processor.adapters.sql.postgres.connections import PgConnection, PostgresConnections
from processor.adapters.sql.postgres.log import PostgresLog
from processor.adapters.sql.postgres.models import PostgresModels
from processor.adapters.sql.postgres.names import PostgresNames
from processor.adapters.sql.statements import Technology

_OPENING = 0x73796E63
"""The advisory lock of whoever looks for the tables: "sync" in ASCII."""

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"


def postgres(dsn: str, schema: str, connections: int) -> Technology[PgConnection]:
    """Return `schema`, created if need be, in the database that `dsn` names."""
    return technology(PostgresConnections(dsn, schema, connections), schema)


def technology(connections: PostgresConnections, schema: str) -> Technology[PgConnection]:
    """Return PostgreSQL over `connections` to `schema`."""
    return Technology(
        connections,
        PGDialect_psycopg(),  # type: ignore[no-untyped-call]
        PostgresNames(),
        PostgresLog(),
        PostgresModels(),
        connections.place,
        _TABLES,
        preparing=(f"SELECT pg_advisory_xact_lock({_OPENING})",),
        creating=(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(schema)).as_string(),),
    )
