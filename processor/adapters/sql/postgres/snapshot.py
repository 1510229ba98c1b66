"""One connection that sees a schema as it stood when it was opened, whoever writes meanwhile."""

import psycopg

from processor.adapters.sql.postgres.connections import PgConnection, PostgresConnections
from processor.errors import Misuse

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class PostgresSnapshot(PostgresConnections):
    """Reads in one transaction. For one thread."""

    def __init__(self, dsn: str, schema: str) -> None:
        super().__init__(dsn, schema, 1)
        try:
            self.connection = super().acquire()
            self.connection.execute("SET idle_in_transaction_session_timeout = 0")
            self.connection.execute(_BEGIN)
        except psycopg.Error as error:
            raise self.translation.of("open", error) from error

    def acquire(self) -> PgConnection:
        """Raise Misuse: there is nothing to write to."""
        raise Misuse("a snapshot is for reading alone")

    def release(self, connection: PgConnection, usable: bool, /) -> None:  # noqa: FBT001 - see `Connections`
        """See `Connections.release`."""

    def lend(self) -> PgConnection:
        """See `Connections.lend`."""
        return self.connection

    def take_back(self, connection: PgConnection, usable: bool, /) -> None:  # noqa: FBT001 - as above
        """See `Connections.take_back`."""

    def close(self) -> None:
        """See `Connections.close`."""
        self.connection.close()
