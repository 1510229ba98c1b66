from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import psycopg
import pytest

from processor.adapters.sql.snapshot import SqlSnapshot
from processor.clock import system_clock
from processor.engine import Engine
from projections import PROJECTIONS
from stock.codec import decode
from tests import servers
from tests.integration.sql.databases import PostgresDatabase, SqliteDatabase
from tests.stores import Place

_numbers = count(1)


@pytest.fixture
def engine(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The engine over an empty store of each kind; no fold is ever late, however busy the machine."""
    monkeypatch.setattr("processor.recorder.INLINE_SECONDS", 60.0)
    with closing(Engine(place.open(), PROJECTIONS, decode, watch="inventory", clock=system_clock)) as engine:
        yield engine


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[tuple[SqliteDatabase, Callable[[], SqlSnapshot]]]:
    """A path where no file is yet, and how to look at what will be there."""
    database = SqliteDatabase(tmp_path / "data" / "store.db")
    yield database, lambda: SqlSnapshot.sqlite(database.path)
    database.close()


@pytest.fixture
def postgres() -> Iterator[tuple[PostgresDatabase, Callable[[], SqlSnapshot]]]:
    """An empty database of the tests' own server, and how to look at what will be there."""
    sentence = servers.missing("postgres")
    if sentence is not None:
        (pytest.fail if servers.required() else pytest.skip)(sentence)
    address, name = servers.postgres(), f"care{next(_numbers)}"
    with psycopg.connect(address("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        database = PostgresDatabase(address(name))
        yield database, lambda: SqlSnapshot.postgres(database.address)
        database.close()
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
