"""Several programs commit the same rows of one PostgreSQL at once: they wait for each other, and never in a circle."""

from random import Random

import msgspec
import pytest

from processor.adapters.sql import SqlStore
from processor.models import Commit, IndexKey, Keys, Row
from processor.streams import StreamId
from tests.contracts.threads import at_once
from tests.factories import a_commit, a_document, a_model, a_row, a_stream, an_append, events
from tests.integration.sql.databases import PostgresDatabase

ROUNDS, WRITERS = 40, 4


def deadlocks(database: PostgresDatabase) -> int:
    [[number]] = database.run("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return int(number)


def next_commit(key: StreamId, row: Row | None, keys: Keys, other: StreamId) -> Commit:
    """The commit after `row`: plain, or with a key, a position besides and a document."""
    revision = row.revision if row else 0
    positions = {key: revision + 1, other: revision + 1} if keys else {key: revision + 1}
    puts = (a_document(f"of {key.key}", b"%d" % revision, *keys),) if keys else ()
    return a_commit(key, a_row(b"%d" % revision, positions, revision=revision, keys=keys), *puts)


def moved(key: StreamId, row: Row) -> Commit:
    """The commit after `row` that changes nothing but its state and its position: light."""
    positions = {**row.positions, key: row.revision + 1}
    return msgspec.structs.replace(a_commit(key, msgspec.structs.replace(row, positions=positions)), light=True)


@pytest.mark.parametrize("keys", [(), (IndexKey("p", "s"),)], ids=["plain", "indexed"])
@pytest.mark.parametrize("light", [0.0, 0.5, 1.0], ids=["full", "mixed", "light"])
def test_commits_of_the_same_rows_in_any_order_do_not_deadlock(
    postgres_database: PostgresDatabase, keys: Keys, light: float
) -> None:
    rows = [a_stream() for _ in range(30)]
    others = {row: a_stream(category="channel", key=f"amazon:{row.key}") for row in rows}
    stores = [postgres_database.open() for _ in range(WRITERS)]

    def work(writer: int) -> int:
        random, store, taken = Random(writer), stores[writer], 0
        for _ in range(ROUNDS):
            picked = random.sample(rows, 20)
            stored = store.models.load(a_model(), picked)
            commits = [
                moved(k, stored[k])
                if k in stored and random.random() < light
                else next_commit(k, stored.get(k), keys, others[k])
                for k in picked
            ]
            taken += sum(store.models.commit(commits))
        return taken

    taken = at_once(WRITERS, work)

    stored = stores[0].models.load(a_model(), rows)
    assert sum(row.revision for row in stored.values()) == sum(taken)
    assert sum(taken) >= ROUNDS * 20
    assert deadlocks(postgres_database) == 0


def test_appends_of_the_same_streams_in_any_order_do_not_deadlock(postgres_database: PostgresDatabase) -> None:
    streams = [a_stream() for _ in range(30)]
    stores = [postgres_database.open() for _ in range(WRITERS)]

    def write(store: SqlStore, random: Random) -> None:
        store.log.append([an_append(stream, *events(2)) for stream in random.sample(streams, 20)])

    def work(writer: int) -> None:
        random, store = Random(writer), stores[writer]
        for number in range(ROUNDS):
            if number % 2:
                write(store, random)
            else:
                with store.unit():
                    write(store, random)

    at_once(WRITERS, work)

    assert sum(stores[0].log.heads(streams).values()) == WRITERS * ROUNDS * 20 * 2
    for stream in streams:
        versions = [event.version for event in stores[0].log.read(stream)]
        assert versions == list(range(1, len(versions) + 1))
    assert deadlocks(postgres_database) == 0


def test_names_created_at_once_in_any_order_are_each_created_once(postgres_database: PostgresDatabase) -> None:
    streams = [a_stream() for _ in range(60)]
    stores = [postgres_database.open() for _ in range(WRITERS)]

    def work(writer: int) -> None:
        random = Random(writer)
        for start in range(0, 60, 20):
            part = streams[start : start + 20]
            stores[writer].log.append([an_append(stream) for stream in random.sample(part, 20)])

    at_once(WRITERS, work)

    assert stores[0].log.heads(streams) == dict.fromkeys(streams, WRITERS)
    assert sorted(stores[1].log.streams()) == sorted(streams)
    assert deadlocks(postgres_database) == 0
