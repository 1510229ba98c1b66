"""Statements over many rows: every row is taken once, whatever their number, and refusals are told one by one."""

import sqlite3
from collections.abc import Iterator

import pytest

from processor.adapters.sql.sqlite.many import Many, parts
from tests.factories import a_commit, a_row, a_stream
from tests.integration.sql.databases import SqliteDatabase

NUMBERS = (1, 3, 4, 15, 16, 63, 64, 65, 200)


@pytest.fixture
def table() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
    yield connection
    connection.close()


@pytest.mark.parametrize("number", NUMBERS)
def test_parts_are_all_rows_in_order(number: int) -> None:
    rows = [(place,) for place in range(number)]

    assert [row for part in parts(rows) for row in part] == rows


@pytest.mark.parametrize("number", NUMBERS)
def test_every_row_is_written_once(table: sqlite3.Connection, number: int) -> None:
    rows = [(place, f"row {place}") for place in range(number)]

    assert Many("INSERT INTO t VALUES {rows}", "(?, ?)")(table, rows) == number
    assert table.execute("SELECT a, b FROM t ORDER BY a").fetchall() == rows


def test_no_rows_are_no_statement(table: sqlite3.Connection) -> None:
    assert Many("this is no SQL {rows}", "(?)")(table, []) == 0


@pytest.mark.parametrize("number", [1, 16, 70])
def test_one_stale_row_among_many_is_refused_alone(sqlite_database: SqliteDatabase, number: int) -> None:
    models, keys = sqlite_database.open().models, [a_stream() for _ in range(number)]
    models.commit([a_commit(key, a_row(b"1", {key: 1})) for key in keys])
    stale = number // 2

    taken = models.commit(
        [a_commit(key, a_row(b"2", {key: 2}, revision=9 if place == stale else 1)) for place, key in enumerate(keys)]
    )

    assert [place for place, done in enumerate(taken) if not done] == [stale]
    found = models.load(a_commit(keys[0], a_row()).model, keys)
    assert {found[key].state for place, key in enumerate(keys) if place != stale} <= {b"2"}
    assert found[keys[stale]].state == b"1"


@pytest.mark.parametrize("number", [1, 16, 70])
def test_one_row_that_is_there_already_is_refused_alone(sqlite_database: SqliteDatabase, number: int) -> None:
    models, keys = sqlite_database.open().models, [a_stream() for _ in range(number)]
    there = keys[number // 2]
    models.commit([a_commit(there, a_row(b"there", {there: 1}))])

    taken = models.commit([a_commit(key, a_row(b"new", {key: 1})) for key in keys])

    assert taken == [key != there for key in keys]


def test_rows_that_are_gone_are_refused_and_the_others_taken(sqlite_database: SqliteDatabase) -> None:
    models, keys = sqlite_database.open().models, [a_stream() for _ in range(20)]
    models.commit([a_commit(key, a_row(b"1", {key: 1})) for key in keys[:10]])

    taken = models.commit([a_commit(key, a_row(b"2", {key: 2}, revision=1)) for key in keys])

    assert taken == [True] * 10 + [False] * 10
