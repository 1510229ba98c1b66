"""Every error of both drivers becomes one of ours, and the real ones arrive as such."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from processor.adapters.sql import SqlStore, StoreDamaged
from processor.adapters.sql.errors import Translation
from processor.adapters.sql.postgres.connections import TRANSLATION as POSTGRES
from processor.adapters.sql.sqlite.connections import TRANSLATION as SQLITE
from processor.errors import Misuse, ProcessorError, Retryable, StoreUnavailable
from processor.log import Appended
from tests.factories import a_commit, a_model, a_row, a_stream, an_append, an_event
from tests.integration.sql.databases import Database, PostgresDatabase, SqliteDatabase

BECOMES: list[tuple[Translation, type[Exception], type[ProcessorError]]] = [
    (SQLITE, sqlite3.OperationalError, StoreUnavailable),
    (SQLITE, sqlite3.ProgrammingError, StoreUnavailable),
    (SQLITE, sqlite3.DataError, Misuse),
    (SQLITE, sqlite3.InterfaceError, Misuse),
    (SQLITE, sqlite3.IntegrityError, StoreDamaged),
    (SQLITE, sqlite3.InternalError, StoreDamaged),
    (SQLITE, sqlite3.DatabaseError, StoreDamaged),
    (POSTGRES, psycopg.OperationalError, StoreUnavailable),
    (POSTGRES, errors.DeadlockDetected, StoreUnavailable),
    (POSTGRES, errors.SerializationFailure, StoreUnavailable),
    (POSTGRES, errors.AdminShutdown, StoreUnavailable),
    (POSTGRES, errors.TooManyConnections, StoreUnavailable),
    (POSTGRES, errors.DiskFull, StoreUnavailable),
    (POSTGRES, errors.LockNotAvailable, StoreUnavailable),
    (POSTGRES, errors.QueryCanceled, StoreUnavailable),
    (POSTGRES, psycopg.InterfaceError, StoreUnavailable),
    (POSTGRES, errors.ReadOnlySqlTransaction, StoreUnavailable),
    (POSTGRES, errors.InFailedSqlTransaction, StoreUnavailable),
    (POSTGRES, psycopg.DataError, Misuse),
    (POSTGRES, psycopg.IntegrityError, StoreDamaged),
    (POSTGRES, psycopg.ProgrammingError, StoreDamaged),
    (POSTGRES, errors.UndefinedTable, StoreDamaged),
    (POSTGRES, errors.InsufficientPrivilege, StoreDamaged),
    (POSTGRES, psycopg.InternalError, StoreDamaged),
    (POSTGRES, psycopg.NotSupportedError, StoreDamaged),
    (POSTGRES, psycopg.Error, StoreDamaged),
]


def kinds(error: type[Exception]) -> Iterator[type[Exception]]:
    """An error and all that are of its kind."""
    yield error
    for kind in error.__subclasses__():
        yield from kinds(kind)


@pytest.mark.parametrize(("translation", "theirs", "ours"), BECOMES)
def test_a_driver_s_error_becomes_ours_with_its_reason(
    translation: Translation, theirs: type[Exception], ours: type[ProcessorError]
) -> None:
    translated = translation.of("append", theirs("what the driver said"))

    assert type(translated) is ours
    assert "append" in str(translated)
    assert "what the driver said" in str(translated)


@pytest.mark.parametrize(("translation", "root"), [(SQLITE, sqlite3.Error), (POSTGRES, psycopg.Error)])
def test_no_error_of_a_driver_is_left_out(translation: Translation, root: type[Exception]) -> None:
    left_out = [kind for kind in kinds(root) if kind is not sqlite3.Error and not issubclass(kind, translation.errors)]

    assert left_out == []


@pytest.mark.parametrize("translation", [SQLITE, POSTGRES])
def test_every_rule_is_listed_here(translation: Translation) -> None:
    listed = {(theirs, ours) for of, theirs, ours in BECOMES if of is translation}

    assert [
        theirs for theirs, ours in translation.rules if (theirs, ours) not in listed | {(psycopg.Error, StoreDamaged)}
    ] == []


def test_a_closed_store_is_unavailable(database: Database) -> None:
    store = database.open()
    store.close()

    for call in (
        lambda: store.log.append([an_append(a_stream())]),
        lambda: store.log.heads([a_stream()]),
        lambda: store.registers.write("r", b"v", 0),
    ):
        with pytest.raises(StoreUnavailable) as raised:
            call()
        assert isinstance(raised.value, Retryable)


def test_a_store_whose_table_is_gone_says_so_and_names_the_driver_s_error_as_its_cause(database: Database) -> None:
    store = database.open()
    store.registers.write("r", b"v", 0)
    database.run("DROP TABLE registers")

    with pytest.raises((StoreDamaged, StoreUnavailable), match="registers") as raised:
        store.registers.read("r")
    assert isinstance(raised.value.__cause__, sqlite3.Error | psycopg.Error)


@contextmanager
def no_file_grows_past(size: int) -> Iterator[None]:
    """What a full disk does: writing past `size` fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_unavailable_and_the_store_goes_on_when_there_is_room(sqlite_database: SqliteDatabase) -> None:
    store, stream, heavy = sqlite_database.open(), a_stream(), an_event(data=b"x" * 4_000_000)
    store.log.append([an_append(stream)])

    with no_file_grows_past(1_000_000), pytest.raises(StoreUnavailable):
        store.log.append([an_append(stream, heavy)])

    assert store.log.heads([stream]) == {stream: 1}
    [outcome] = store.log.append([an_append(stream, heavy)])
    assert isinstance(outcome, Appended)
    assert outcome.version == 2


def test_a_unit_in_which_a_write_failed_is_undone_though_its_caller_went_on(database: Database) -> None:
    store, stream = database.open(), a_stream()
    database.run("DROP TABLE registers")

    def careless() -> None:
        with store.unit():
            store.log.append([an_append(stream)])
            with suppress(StoreDamaged, StoreUnavailable):
                store.registers.write("r", b"v", 0)
            with pytest.raises(StoreUnavailable, match="failed before"):
                store.log.append([an_append(stream)])

    with pytest.raises((StoreDamaged, StoreUnavailable), match="registers"):
        careless()

    assert store.log.heads([stream]) == {stream: 0}


def test_an_inner_unit_in_which_a_write_failed_is_undone_alone(database: Database) -> None:
    store, outer, inner = database.open(), a_stream(), a_stream()
    database.run("DROP TABLE registers")

    with store.unit():
        store.log.append([an_append(outer)])
        with suppress(StoreDamaged, StoreUnavailable), store.unit():
            store.log.append([an_append(inner)])
            store.registers.write("r", b"v", 0)
        store.log.append([an_append(outer)])

    assert store.log.heads([outer, inner]) == {outer: 2, inner: 0}


def test_an_inner_unit_in_which_a_write_failed_cannot_be_left_normally(database: Database) -> None:
    store, outer, inner = database.open(), a_stream(), a_stream()
    database.run("DROP TABLE registers")

    def careless() -> None:
        with store.unit():
            store.log.append([an_append(inner)])
            with suppress(StoreDamaged, StoreUnavailable):
                store.registers.write("r", b"v", 0)

    with store.unit():
        store.log.append([an_append(outer)])
        with pytest.raises((StoreDamaged, StoreUnavailable), match="registers"):
            careless()

    assert store.log.heads([outer, inner]) == {outer: 1, inner: 0}


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"not a database " * 1000)

    with pytest.raises(StoreDamaged):
        SqlStore.sqlite(path)
    path.unlink()
    SqlStore.sqlite(path).close()


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnavailable):
        SqlStore.sqlite(tmp_path / "file" / "store.db")


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        SqlStore.postgres(f"postgresql://postgres@/postgres?host={tmp_path}")


def test_what_is_no_address_is_misuse() -> None:
    with pytest.raises(Misuse, match="address"):
        SqlStore.postgres("sqlite:///store.db ")


def test_a_text_that_postgresql_cannot_hold_is_misuse_and_spoils_nothing(postgres_database: PostgresDatabase) -> None:
    store, stream = postgres_database.open(), a_stream()

    with pytest.raises(Misuse):
        store.log.append([an_append(stream, an_event(tx="nul \0 within"))])
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(Misuse))
        stack.enter_context(store.unit())
        store.models.commit([a_commit(stream, a_row())])
        store.log.append([an_append(stream, an_event(tx="nul \0 within"))])

    assert store.log.heads([stream]) == {stream: 0}
    assert store.models.load(a_model(), [stream]) == {}
