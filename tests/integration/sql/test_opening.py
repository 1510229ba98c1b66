"""Who may open a store: one process per file, and only a release that knows its schema."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from processor.adapters.sql import SchemaMismatch, SqlStore, StoreInUse
from processor.adapters.sql.postgres.connections import PostgresConnections
from processor.adapters.sql.schema import SCHEMA
from processor.adapters.sql.sqlite.connections import SqliteConnections
from tests.contracts.threads import at_once
from tests.factories import a_stream, an_append
from tests.integration.sql.databases import Database, PostgresDatabase, SqliteDatabase

_HOLDER = """
import sys
from pathlib import Path
from processor.adapters.sql import SqlStore
store = SqlStore.sqlite(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.readline()
store.close()
print("closed", flush=True)
sys.stdin.readline()
"""


@contextmanager
def another_process(path: Path) -> "Iterator[subprocess.Popen[str]]":
    """A process that has the file open; told a line, it closes it; told another, it ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_file_that_another_process_has_open_is_refused_with_advice(sqlite_database: SqliteDatabase) -> None:
    with another_process(sqlite_database.path):
        with pytest.raises(StoreInUse, match="another process: stop that one") as raised:
            sqlite_database.open()
        assert raised.value.path == sqlite_database.path


def test_a_file_that_another_process_has_closed_may_be_opened(sqlite_database: SqliteDatabase) -> None:
    with another_process(sqlite_database.path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        print("close", file=process.stdin, flush=True)
        assert process.stdout.readline() == "closed\n"

        sqlite_database.open()


def test_a_file_whose_process_was_killed_may_be_opened(sqlite_database: SqliteDatabase) -> None:
    with another_process(sqlite_database.path) as process:
        process.kill()
        process.wait(10)

        sqlite_database.open()


def test_openings_in_one_process_share_the_file_until_the_last_is_closed(sqlite_database: SqliteDatabase) -> None:
    one, other = sqlite_database.open(), sqlite_database.open()
    one.close()
    other.log.append([an_append(a_stream())])

    with pytest.raises(AssertionError), another_process(sqlite_database.path):
        pass  # pragma: no cover - it is refused, says nothing, and ends
    other.close()
    with another_process(sqlite_database.path):
        pass


def test_another_path_to_the_same_file_is_the_same_file(sqlite_database: SqliteDatabase) -> None:
    sqlite_database.open()
    link = sqlite_database.path.parent / "link.db"
    link.symlink_to(sqlite_database.path)

    with pytest.raises(AssertionError), another_process(link):
        pass  # pragma: no cover - as above


@pytest.mark.parametrize(("found", "advice"), [(SCHEMA + 1, "newer release"), (SCHEMA - 1, "run `syncstate upgrade`")])
def test_a_store_of_another_schema_is_refused_with_advice(database: Database, found: int, advice: str) -> None:
    stream = a_stream()
    first = database.open()
    first.log.append([an_append(stream)])
    first.close()
    database.run(f"UPDATE meta SET schema = {found}")  # noqa: S608 - a number

    with pytest.raises(SchemaMismatch, match=advice) as raised:
        database.open()

    assert (raised.value.found, raised.value.wanted) == (found, SCHEMA)
    assert "syncstate upgrade" in str(raised.value)
    database.run(f"UPDATE meta SET schema = {SCHEMA}")  # noqa: S608 - a number
    assert database.open().log.heads([stream]) == {stream: 1}


def test_openings_at_once_create_the_tables_once(database: Database) -> None:
    stores = at_once(6, lambda _: database.open())

    for store in stores:
        store.log.append([an_append(a_stream())])
    assert len(list(stores[0].log.streams())) == 6
    assert database.run("SELECT schema FROM meta") == [(SCHEMA,)]


def test_schemas_of_one_database_are_stores_of_their_own(postgres_database: PostgresDatabase) -> None:
    stream = a_stream()
    ours = postgres_database.open()
    theirs = SqlStore.postgres(postgres_database.address, schema='An "odd" one')
    try:
        ours.log.append([an_append(stream)])

        assert theirs.log.heads([stream]) == {stream: 0}
    finally:
        theirs.close()


def test_sqlite_writes_ahead_and_waits_for_the_disk(sqlite_database: SqliteDatabase) -> None:
    connections = SqliteConnections(sqlite_database.path)
    try:
        with closing(connections.acquire()) as connection:
            settings = [connection.execute(f"PRAGMA {name}").fetchone() for name in ("journal_mode", "synchronous")]
        connections.release(connection, False)  # noqa: FBT003 - it is closed
    finally:
        connections.close()

    assert settings == [("wal",), (2,)]  # 2 is FULL


def test_postgresql_waits_for_the_disk_whatever_the_server_s_default(postgres_database: PostgresDatabase) -> None:
    postgres_database.run("ALTER ROLE CURRENT_USER SET synchronous_commit TO off")
    connections = PostgresConnections(postgres_database.address, "syncstate", 1)
    try:
        with closing(connections.acquire()) as connection:
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        connections.release(connection, False)  # noqa: FBT003 - it is closed
    finally:
        connections.close()
        postgres_database.run("ALTER ROLE CURRENT_USER RESET synchronous_commit")
