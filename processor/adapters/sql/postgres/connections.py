"""A bounded pool of connections to one schema. A broken connection is dropped, and with it all that idle."""

from threading import BoundedSemaphore, Lock
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Format
from psycopg.sql import Identifier

from processor.adapters.sql.errors import StoreDamaged, Translation
from processor.adapters.sql.postgres.arrays import register
from processor.errors import Misuse, StoreUnavailable

PATIENCE = 30.0
"""Seconds that a thread waits for a connection."""

CONNECT_SECONDS = 10
_PREPARED = 200
_DEFAULTS: dict[str, str | int | None] = {
    "connect_timeout": CONNECT_SECONDS,
    "application_name": "syncstate",
    "keepalives_idle": 10,
    "tcp_user_timeout": 15_000,
}
"""A peer that has gone is noticed within seconds, not when TCP gives up."""

TRANSLATION = Translation(
    (
        (psycopg.OperationalError, StoreUnavailable),  # no connection, deadlock, serialization, shutdown, disk full
        (psycopg.InterfaceError, StoreUnavailable),  # closed meanwhile
        (errors.ReadOnlySqlTransaction, StoreUnavailable),  # a standby that is to take over
        (errors.InFailedSqlTransaction, StoreUnavailable),
        (psycopg.DataError, Misuse),  # NUL in a text, a number out of range
        (psycopg.Error, StoreDamaged),  # contradicting itself, a table gone, no permission
    )
)

_SETTINGS = {
    "synchronous_commit": "on",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "jit": "off",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}
"""A process that freezes within a transaction holds up the others for seconds, not for as long as it lives.

Every statement here knows its keys. Read by index, rows come and are locked in the order of their keys, whichever
way a plan joins them; read as they lie they would be locked in any order, and two transactions might deadlock."""

PgConnection = psycopg.Connection[tuple[Any, ...]]


class BinaryCursor(psycopg.Cursor[tuple[Any, ...]]):
    """Takes answers in binary: blobs come as they are, not as hexadecimal text."""

    def __init__(self, connection: PgConnection, **named: Any) -> None:  # noqa: ANN401 - the driver's own
        super().__init__(connection, **named)
        self.format = Format.BINARY


class PostgresConnections:
    """At most `limit` connections at once, each with the store's schema and settings."""

    begin = "BEGIN"

    def __init__(self, dsn: str, schema: str, limit: int) -> None:
        try:
            named = conninfo_to_dict(dsn, client_encoding="UTF8")
            self._address = make_conninfo("", **{**_DEFAULTS, **named})
        except psycopg.ProgrammingError:
            # The driver's text repeats the address, and with it the password.
            raise Misuse("not the address of a PostgreSQL database: write postgresql://user@host/name") from None
        self.place = f"schema {schema} of PostgreSQL database {named.get('dbname') or 'of the user'}"
        self.translation = TRANSLATION.at(self.place)
        self._settings = {"search_path": Identifier(schema).as_string(), **_SETTINGS}
        self._given = BoundedSemaphore(limit)
        self._guard = Lock()
        self._idle: list[PgConnection] = []
        self._closed = False

    def acquire(self) -> PgConnection:
        """See `Connections.acquire`."""
        if not self._given.acquire(timeout=PATIENCE):
            raise StoreUnavailable("connect", f"all connections were busy for {PATIENCE:.0f} seconds")
        try:
            with self._guard:
                idle = self._idle.pop() if self._idle else None
            return idle or self._connect()
        except BaseException:
            self._given.release()
            raise

    def release(self, connection: PgConnection, usable: bool, /) -> None:  # noqa: FBT001 - see `Connections`
        """See `Connections.release`. After a failure idle connections are dropped too: they likely died together."""
        with self._guard:
            kept = usable and not self._closed
            dropped = [] if usable else [*self._idle]
            if kept:
                self._idle.append(connection)
            else:
                dropped.append(connection)
            if not usable:
                self._idle.clear()
        self._given.release()
        for gone in dropped:
            gone.close()

    lend, take_back = acquire, release

    def _connect(self) -> PgConnection:
        if self._closed:
            raise StoreUnavailable("connect", "the store is closed")
        connection = psycopg.connect(self._address, autocommit=True, prepare_threshold=1, cursor_factory=BinaryCursor)
        try:
            connection.prepared_max = _PREPARED
            register(connection)
            for setting in self._settings.items():
                connection.execute("SELECT set_config(%s, %s, false)", setting)
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """See `Connections.close`."""
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
