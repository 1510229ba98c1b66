"""Databases that a test may damage, and stores upon them."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests import servers
from tests.integration.sql.databases import Database, PostgresDatabase, SqliteDatabase

_numbers = count(1)


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    """A path where no file is yet; what was opened there is closed afterwards."""
    database = SqliteDatabase(tmp_path / "data" / "store.db")
    yield database
    database.close()


@pytest.fixture
def postgres_database() -> Iterator[PostgresDatabase]:
    """An empty database of the tests' own server. Skips where there is none; in CI that fails."""
    sentence = servers.missing("postgres")
    if sentence is not None:
        (pytest.fail if servers.required() else pytest.skip)(sentence)
    address = servers.postgres()
    name = f"sql{next(_numbers)}"
    with psycopg.connect(address("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        database = PostgresDatabase(address(name))
        yield database
        database.close()
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """One technology after the other."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found
