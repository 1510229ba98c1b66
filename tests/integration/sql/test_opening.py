"""Who may open a store: one process per file, and only a release that knows its schema."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from processor.adapters.sql import SchemaMismatch, SqlStore, StoreDamaged, StoreEmptied, StoreForeign, StoreInUse
from processor.adapters.sql.connections import Connection
from processor.adapters.sql.postgres.connections import PostgresConnections
from processor.adapters.sql.schema import SCHEMA
from processor.adapters.sql.sqlite.claim import holder_of
from processor.adapters.sql.sqlite.connections import SqliteConnections
from processor.adapters.sql.upgrading import Step, Upgraded, upgrade_postgres, upgrade_sqlite
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


def test_another_program_s_tables_are_left_as_they_are(database: Database) -> None:
    if isinstance(database, SqliteDatabase):
        database.path.parent.mkdir()
    else:
        database.run("CREATE SCHEMA syncstate")
    database.run("CREATE TABLE meta (version INTEGER)")
    database.run("CREATE TABLE songs (title TEXT)")

    with pytest.raises(StoreForeign, match="another program's tables") as raised:
        database.open()

    assert raised.value.place in str(raised.value)
    assert "name another" in str(raised.value)
    assert database.run("SELECT count(*) FROM songs") == [(0,)]
    with pytest.raises((sqlite3.Error, psycopg.Error)):
        database.run("SELECT count(*) FROM heads")


@pytest.mark.parametrize("table", ["registers", "meta"])
def test_a_store_that_lacks_a_table_is_damaged(database: Database, table: str) -> None:
    database.open().close()
    database.run(f"DROP TABLE {table}")

    with pytest.raises(StoreDamaged, match=rf"tables are missing \({table}\).*syncstate restore"):
        database.open()


def test_a_store_that_does_not_tell_its_schema_is_damaged(database: Database) -> None:
    database.open().close()
    database.run("DELETE FROM meta")

    with pytest.raises(StoreDamaged, match="by which release"):
        database.open()


@pytest.mark.parametrize(
    "content", [b"just some text, long enough to be looked at" * 10, b"SQLite format 3\x00" + b"\xff" * 500]
)
def test_a_file_that_is_no_database_is_named_with_what_to_do(sqlite_database: SqliteDatabase, content: bytes) -> None:
    sqlite_database.path.parent.mkdir()
    sqlite_database.path.write_bytes(content)

    with pytest.raises(StoreDamaged, match=r"store\.db .*syncstate restore"):
        sqlite_database.open()
    assert sqlite_database.path.read_bytes() == content


def test_an_empty_file_is_a_new_store_unless_data_was_kept_in_it(sqlite_database: SqliteDatabase) -> None:
    sqlite_database.path.parent.mkdir()
    sqlite_database.path.touch()
    sqlite_database.open().close()
    os.truncate(sqlite_database.path, 0)

    with pytest.raises(StoreEmptied, match=r"store\.db is empty.*syncstate restore FILE") as raised:
        sqlite_database.open()

    raised.value.trace.unlink()
    sqlite_database.open().close()


def test_a_file_that_is_gone_while_its_log_is_there_is_no_new_store(sqlite_database: SqliteDatabase) -> None:
    sqlite_database.path.parent.mkdir()
    ahead = sqlite_database.path.with_name("store.db-wal")
    ahead.write_bytes(b"what was written last")

    with pytest.raises(StoreEmptied, match=r"store\.db-wal tells"):
        sqlite_database.open()
    assert ahead.exists()


def test_a_store_that_was_deleted_may_begin_anew(sqlite_database: SqliteDatabase) -> None:
    sqlite_database.open().close()
    sqlite_database.path.unlink()

    assert list(sqlite_database.open().log.streams()) == []


def test_who_has_a_file_open_can_be_told(sqlite_database: SqliteDatabase) -> None:
    assert holder_of(sqlite_database.path) is None
    with another_process(sqlite_database.path) as process:
        assert holder_of(sqlite_database.path) == f"process {process.pid}"


def _older(database: Database) -> None:
    """Make of a store one of schema 0, whose registers had another name."""
    database.open().close()
    database.run("ALTER TABLE registers RENAME TO pigeonholes")
    database.run("UPDATE meta SET schema = 0")


def _upgrade(database: Database, steps: Mapping[int, Step]) -> Upgraded:
    if isinstance(database, SqliteDatabase):
        return upgrade_sqlite(database.path, steps)
    assert isinstance(database, PostgresDatabase)
    return upgrade_postgres(database.address, steps=steps)


def test_a_store_is_led_from_schema_to_schema(database: Database) -> None:
    def step(connection: Connection, dialect: object) -> None:
        del dialect
        connection.execute("ALTER TABLE pigeonholes RENAME TO registers")

    _older(database)
    with pytest.raises(SchemaMismatch, match="syncstate upgrade"):
        database.open()
    with pytest.raises(SchemaMismatch):
        _upgrade(database, {})
    assert _upgrade(database, {0: step}) == (0, SCHEMA)
    assert _upgrade(database, {0: step}) == (SCHEMA, SCHEMA)
    assert database.open().registers.write("new", b"1", 0)


def test_a_step_that_fails_or_does_too_little_changes_nothing(database: Database) -> None:
    def broken(connection: Connection, dialect: object) -> None:
        del dialect
        connection.execute("ALTER TABLE pigeonholes RENAME TO registers")
        raise RuntimeError("in the middle")

    _older(database)
    with pytest.raises(RuntimeError):
        _upgrade(database, {0: broken})
    with pytest.raises(StoreDamaged, match="registers"):
        _upgrade(database, {0: lambda _, __: None})
    assert database.run("SELECT schema FROM meta") == [(0,)]
    assert database.run("SELECT count(*) FROM pigeonholes") == [(0,)]


def test_a_newer_store_is_not_led_back(database: Database) -> None:
    database.open().close()
    database.run(f"UPDATE meta SET schema = {SCHEMA + 1}")  # noqa: S608 - a number

    with pytest.raises(SchemaMismatch, match="newer release wrote it: install that one"):
        _upgrade(database, {0: lambda _, __: None})


def test_where_there_is_no_store_there_is_nothing_to_upgrade(database: Database) -> None:
    assert _upgrade(database, {}) == (None, None)
