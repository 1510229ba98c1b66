"""Readers hold nothing between pages, and wait for no writer."""

from collections.abc import Iterator
from itertools import islice

import pytest

from processor.adapters.sql import SqlStore
from processor.adapters.sql.log import PAGE
from processor.streams import StreamId
from tests.contracts.threads import begin
from tests.factories import a_commit, a_held_mark, a_model, a_row, a_stream, an_append, events
from tests.integration.sql.databases import Database, PostgresDatabase, SqliteDatabase


def a_long_store(database: Database) -> tuple[SqlStore, StreamId]:
    """A store with a stream of more than two pages, and as many lagging and held streams."""
    store, stream = database.open(), a_stream()
    for _ in range(2 * PAGE // 500 + 1):
        store.log.append([an_append(stream, *events(500))])
    others = [a_stream() for _ in range(2 * PAGE + 1)]
    store.log.append([an_append(other) for other in others])
    store.models.commit([a_commit(other, a_row(held={other: a_held_mark()})) for other in others])
    for number in range(250):
        store.registers.write(f"r{number:03}", b"v", 0)
    return store, stream


def abandoned(store: SqlStore, stream: StreamId) -> list[Iterator[object]]:
    """Every walk there is, begun and left in the middle of a page."""
    walks: list[Iterator[object]] = [
        store.log.read(stream),
        store.log.streams(),
        store.models.lagging(a_model("another"), {"sku": "sku"}),
        store.models.held(a_model()),
        store.registers.scan("r"),
    ]
    for walk in walks:
        assert len(list(islice(walk, 3))) == 3
    return walks


def test_an_abandoned_walk_keeps_no_transaction_open_in_sqlite(sqlite_database: SqliteDatabase) -> None:
    store, stream = a_long_store(sqlite_database)
    walks = abandoned(store, stream)

    store.log.append([an_append(stream)])
    [[busy, _, _]] = sqlite_database.run("PRAGMA wal_checkpoint(TRUNCATE)")

    assert not busy
    assert all(list(walk) for walk in walks)


def test_an_abandoned_walk_keeps_no_transaction_open_in_postgresql(postgres_database: PostgresDatabase) -> None:
    store, stream = a_long_store(postgres_database)
    walks = abandoned(store, stream)

    states = postgres_database.run("SELECT DISTINCT state FROM pg_stat_activity WHERE application_name = 'syncstate'")

    assert states == [("idle",)]
    assert all(list(walk) for walk in walks)


def test_walks_go_past_every_page(database: Database) -> None:
    store, stream = a_long_store(database)

    assert [event.version for event in store.log.read(stream)] == list(range(1, 2 * PAGE + 501))
    assert len({*store.log.streams()}) == 2 * PAGE + 2
    assert len({*store.models.lagging(a_model("another"), {"sku": "sku"})}) == 2 * PAGE + 2
    assert list(store.models.lagging(a_model(), {"sku": "sku"})) == [stream]
    assert len({key for key, _, _ in store.models.held(a_model())}) == 2 * PAGE + 1


def test_a_reader_waits_for_no_unit(database: Database) -> None:
    store, stream = database.open(), a_stream()
    store.log.append([an_append(stream)])

    with store.unit():
        store.log.append([an_append(stream)])
        assert begin(lambda: store.log.heads([stream])).result(5) == {stream: 1}
        assert begin(lambda: len(list(store.log.read(stream)))).result(5) == 1
        assert store.log.heads([stream]) == {stream: 2}


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_read_many_serves_streams_in_the_order_asked_whatever_their_numbers(database: Database, limit: int) -> None:
    store = database.open()
    streams = [a_stream() for _ in range(40)]
    store.log.append([an_append(stream, *events(5)) for stream in streams])
    asked = [*streams[20:], *streams[19::-1]]

    found = store.log.read_many(dict.fromkeys(asked, 2), limit)

    wanted = [(stream, version) for stream in asked for version in (3, 4, 5)][:limit]
    assert [(stream, event.version) for stream, run in found.items() for event in run] == wanted
