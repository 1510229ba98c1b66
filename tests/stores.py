"""Stores for tests, of every kind: fresh, empty, and gone afterwards.

In pytest take the fixtures `store`, `place` or `stores`; elsewhere (a Hypothesis state machine, say) `fresh_store`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from processor.clock import Clock, Instant, instant, moment, system_clock
from processor.store import Store
from tests import servers

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

KINDS = ("memory", "sqlite", "postgres", "dynamodb")
"""`fresh_place` knows `ministack` too: DynamoDB as that emulator has it, whose conditions are less exact."""

JOINING = ("sqlite", "postgres")
"""The kinds whose `unit` makes one commit of several writes."""

TRAILING = ("dynamodb", "ministack")
"""The kinds whose indexes, catalogue and scans may trail a write."""

PATIENCE = timedelta(seconds=5)

_numbers = count(1)


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: str = "2026-11-20T10:00:00.000000Z") -> None:
        self._at = Instant(at)

    def __call__(self) -> Instant:
        return self._at

    def advance(self, by: timedelta) -> Instant:
        """Move the clock and answer where it stands now."""
        self._at = instant(moment(self._at) + by)
        return self._at


class Eventually:
    """Asserts what must be true at once, or for a store of a trailing kind within PATIENCE."""

    def __init__(self, kind: str) -> None:
        self._patience = PATIENCE if kind in TRAILING else timedelta()

    def __call__(self, probe: Callable[[], object], wanted: object) -> None:
        """Ask `probe` until it answers `wanted`; fail with its last answer when patience runs out."""
        deadline = time.monotonic() + self._patience.total_seconds()
        while (seen := probe()) != wanted and time.monotonic() < deadline:
            time.sleep(0.02)
        assert seen == wanted, f"saw {seen!r}, wanted {wanted!r}"


class Place:
    """Storage of one kind, empty at first, on which stores are opened, one after another or several at once."""

    def __init__(self, kind: str, build: Callable[[Clock], Store]) -> None:
        self.kind = kind
        self._build = build
        self._opened: list[Store] = []

    def open(self, clock: Clock = system_clock) -> Store:
        """Return a store upon what earlier ones have written. Memory has one store, with the first one's clock."""
        store = self._build(clock)
        self._opened.append(store)
        return store

    def close(self) -> None:
        """Close every store opened here."""
        while self._opened:
            self._opened.pop().close()


@contextmanager
def fresh_place(kind: str) -> Iterator[Place]:
    """Yield an empty place of `kind`, one of KINDS or `ministack`; its server is started if need be."""
    with _PLACES[kind]() as build:
        place = Place(kind, build)
        try:
            yield place
        finally:
            place.close()


@contextmanager
def fresh_store(kind: str, clock: Clock = system_clock) -> Iterator[Store]:
    """Yield an empty store of `kind`. Cheap: 1 to 100 ms, by kind."""
    with fresh_place(kind) as place:
        yield place.open(clock)


@contextmanager
def _memory() -> Iterator[Callable[[Clock], Store]]:
    from processor.adapters.memory import MemoryStore

    opened: list[MemoryStore] = []

    def build(clock: Clock) -> Store:
        if not opened:
            opened.append(MemoryStore(clock))
        return opened[0]

    yield build


@contextmanager
def _sqlite() -> Iterator[Callable[[Clock], Store]]:
    from processor.adapters.sql import SqlStore

    with TemporaryDirectory(prefix="syncstate-") as folder:
        yield lambda clock: SqlStore.sqlite(Path(folder) / "store.db", clock=clock)


@contextmanager
def _postgres() -> Iterator[Callable[[Clock], Store]]:
    from psycopg import connect

    from processor.adapters.sql import SqlStore

    address, schema = servers.postgres()("postgres"), f"store{next(_numbers)}"
    try:
        yield lambda clock: SqlStore.postgres(address, clock, schema=schema)
    finally:
        with connect(address, autocommit=True) as admin:
            # A connection that was left inside a transaction is found here, not waited for.
            admin.execute("SET lock_timeout = '10s'")
            admin.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


def _dynamodb() -> AbstractContextManager[Callable[[Clock], Store]]:
    return _tables_at(servers.dynamodb())


def _ministack() -> AbstractContextManager[Callable[[Clock], Store]]:
    return _tables_at(servers.ministack())


@contextmanager
def _tables_at(endpoint: str) -> Iterator[Callable[[Clock], Store]]:
    from processor.adapters.dynamodb import DynamoStore, tables

    client = _dynamodb_client(endpoint)
    prefix = f"store{next(_numbers)}-"
    tables.create(client, prefix)
    try:
        yield lambda clock: DynamoStore(_dynamodb_client(endpoint), prefix=prefix, clock=clock)
    finally:
        for name in client.list_tables(ExclusiveStartTableName=prefix)["TableNames"]:
            if name.startswith(prefix):
                client.delete_table(TableName=name)
        client.close()


def _dynamodb_client(endpoint: str) -> "DynamoDBClient":
    import boto3

    from processor.adapters.dynamodb import client_config

    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - emulators ask for some key and check none
        config=client_config(),
    )


_PLACES: dict[str, Callable[[], AbstractContextManager[Callable[[Clock], Store]]]] = {
    "memory": _memory,
    "sqlite": _sqlite,
    "postgres": _postgres,
    "dynamodb": _dynamodb,
    "ministack": _ministack,
}
