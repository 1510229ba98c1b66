"""The two SQL databases, each with our store and the peer's on it, side by side and configured alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

from psycopg.conninfo import conninfo_to_dict

from benchmarks.arrived import Arrived, PostgresArrived, SqliteArrived
from benchmarks.peer import Datastore, postgres_datastore, sqlite_datastore
from benchmarks.peer_views import PostgresView, SqliteView, View
from benchmarks.places import postgres_server
from processor.adapters.sql import SqlStore
from processor.store import Store


class Ours(NamedTuple):
    """Our store, and what reads its events in the order of their arrival."""

    store: Store
    arrived: Arrived

    def close(self) -> None:
        """Close both."""
        self.arrived.close()
        self.store.close()


class Kind(NamedTuple):
    """What opens stores on one database. Each call opens an empty one."""

    name: str
    ours: Callable[[], Ours]
    peers: dict[str, Callable[[], Datastore]]
    """The peer's ways to be set up, its own default first."""
    environment: Callable[[], dict[str, str]]
    """How the peer's applications are told of an empty database."""
    view: Callable[[], View]
    """The peer's read models, in a store of their own."""


@contextmanager
def sqlite(folder: Path) -> Iterator[Kind]:
    """Yield SQLite, in files under `folder`."""
    numbers = count(1)

    def path() -> Path:
        return folder / f"{next(numbers)}.db"

    def ours() -> Ours:
        place = path()
        return Ours(SqlStore.sqlite(place), SqliteArrived(place))

    yield Kind(
        "SQLite",
        ours,
        {"": lambda: sqlite_datastore(path())},
        lambda: {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path())},
        lambda: SqliteView(sqlite_datastore(path())),
    )


@contextmanager
def postgres(folder: Path) -> Iterator[Kind]:
    """Yield PostgreSQL, a server of its own on `folder`."""
    with postgres_server(folder) as create:

        def environment() -> dict[str, str]:
            told = conninfo_to_dict(create())
            parts = {"DBNAME": "dbname", "HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}
            settings = {f"POSTGRES_{ours}": str(told.get(theirs, "")) for ours, theirs in parts.items()}
            return {"PERSISTENCE_MODULE": "eventsourcing.postgres", **settings}

        def ours() -> Ours:
            address = create()
            return Ours(SqlStore.postgres(address), PostgresArrived(address))

        yield Kind(
            "PostgreSQL",
            ours,
            {
                "": lambda: postgres_datastore(create()),
                "functions": lambda: postgres_datastore(create(), functions=True),
            },
            environment,
            lambda: PostgresView(postgres_datastore(create())),
        )
