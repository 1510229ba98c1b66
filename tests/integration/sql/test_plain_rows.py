"""Rows that stand at a version of their own stream and nowhere else, as most do; moved lightly, the quicker way."""

import msgspec
import pytest

from processor.adapters.sql.errors import StoreDamaged
from processor.models import Commit, IndexKey, Keys, Model, Row
from processor.store import Store
from processor.streams import StreamId
from tests.factories import a_commit, a_held_mark, a_model, a_row, a_stream
from tests.integration.sql.databases import Database, SqliteDatabase

EXTRAS: dict[str, tuple[Keys, bool, bool]] = {
    "a key": ((IndexKey("p", "s"),), False, False),
    "a key in the last index": ((None, None, None, IndexKey("p", "s")), False, False),
    "a position besides": ((), True, False),
    "a held mark": ((), False, True),
    "all of it": ((IndexKey("p", "s"),) * 4, True, True),
}


def plain(key: StreamId, version: int, revision: int | None = None, model: Model | None = None) -> Commit:
    """The commit that brings a plain row to `version`, from the revision before unless another is said."""
    row = a_row(b"%d" % version, {key: version}, revision=version - 1 if revision is None else revision)
    return msgspec.structs.replace(a_commit(key, row, model=model), light=row.revision > 0)


def states(store: Store, *keys: StreamId) -> list[tuple[bytes, int] | None]:
    rows = store.models.load(a_model(), keys)
    return [(rows[key].state, rows[key].revision) if key in rows else None for key in keys]


def test_plain_rows_are_replaced_many_at_a_time(database: Database) -> None:
    store, keys = database.open(), [a_stream() for _ in range(300)]

    for version in (1, 2, 3):
        assert store.models.commit([plain(key, version) for key in keys]) == [True] * 300

    assert store.models.load(a_model(), keys) == {key: a_row(b"3", {key: 3}, revision=3) for key in keys}


def test_of_plain_rows_the_stale_and_the_missing_are_refused_and_no_other(database: Database) -> None:
    store, keys = database.open(), [a_stream() for _ in range(8)]
    there, gone = keys[:6], keys[6:]
    store.models.commit([plain(key, 1) for key in there])
    store.models.commit([plain(there[1], 2), plain(there[2], 2), plain(there[5], 2)])
    commits = [plain(key, 2) for key in (*there[:3], gone[0], *there[3:], gone[1])]

    assert store.models.commit(commits) == [True, False, False, False, True, True, False, False]

    assert states(store, *there) == [(b"2", 2)] * 6
    assert states(store, *gone) == [None, None]
    assert store.models.commit([plain(gone[0], 7), plain(there[0], 7)]) == [False, False]


def test_a_revision_ahead_of_the_stored_one_is_refused(database: Database) -> None:
    store, key = database.open(), a_stream()
    store.models.commit([plain(key, 1)])

    assert store.models.commit([plain(key, 9, revision=5)]) == [False]
    assert states(store, key) == [(b"1", 1)]


@pytest.mark.parametrize(("keys", "besides", "held"), EXTRAS.values(), ids=EXTRAS.keys())
def test_a_row_that_becomes_plain_leaves_nothing_of_what_it_was(
    database: Database, keys: Keys, *, besides: bool, held: bool
) -> None:
    store, key, channel = database.open(), a_stream(key="T"), a_stream(category="channel", key="amazon:T")
    marks = {key: a_held_mark(), channel: a_held_mark()} if held else {}
    before = a_row(b"before", {key: 1, channel: 4} if besides else {key: 1}, held=marks, keys=keys)
    other = plain(a_stream(), 1)
    assert store.models.commit([a_commit(key, before), other]) == [True, True]

    row = msgspec.structs.replace(a_row(b"plain", {key: 2}), revision=1)
    assert store.models.commit([a_commit(key, row), plain(other.key, 2)]) == [True, True]

    assert store.models.load(a_model(), [key]) == {key: msgspec.structs.replace(row, revision=2)}
    assert list(store.models.held(a_model())) == []
    for index in range(4):
        assert store.models.query(a_model(), "acme", index, "p").items == ()
    assert database.run("SELECT count(*) FROM positions") == [(0,)]
    assert store.models.commit([plain(key, 3, revision=2)]) == [True]


def test_a_plain_row_may_take_on_more_and_is_then_refused_nothing(database: Database) -> None:
    store, key, channel = database.open(), a_stream(), a_stream(category="channel")
    store.models.commit([plain(key, 1)])
    rich = a_row(b"rich", {key: 2, channel: 3}, held={channel: a_held_mark()}, keys=(None, IndexKey("p", "s")))

    for revision in (1, 2):
        assert store.models.commit([a_commit(key, msgspec.structs.replace(rich, revision=revision))]) == [True]

    assert store.models.load(a_model(), [key]) == {key: msgspec.structs.replace(rich, revision=3)}


def test_a_light_commit_does_not_so_much_as_name_what_is_indexed(sqlite_database: SqliteDatabase) -> None:
    """SQLite writes the index of a column that is named, equal value or not."""
    store, key = sqlite_database.open(), a_stream()
    keys = (IndexKey("p", "s"),) * 4
    store.models.commit([a_commit(key, a_row(b"1", {key: 1}, keys=keys))])
    sqlite_database.run(
        "CREATE TRIGGER watch AFTER UPDATE OF k1, k2, k3, k4, held ON rows"
        " BEGIN SELECT raise(ABORT, 'the index is written'); END"
    )

    light = a_commit(key, a_row(b"2", {key: 2}, revision=1, keys=keys))
    assert store.models.commit([msgspec.structs.replace(light, light=True)]) == [True]

    with pytest.raises(StoreDamaged, match="the index is written"):
        store.models.commit([a_commit(key, a_row(b"3", {key: 3}, revision=2, keys=keys))])


def test_rows_without_any_position_are_replaced_too(database: Database) -> None:
    store, key = database.open(), a_stream()
    rows: list[Row] = [a_row(b"%d" % revision, revision=revision) for revision in range(3)]

    assert [store.models.commit([a_commit(key, row)]) for row in rows] == [[True]] * 3
    assert store.models.load(a_model(), [key]) == {key: a_row(b"2", revision=3)}


def test_models_of_one_call_are_told_apart(database: Database) -> None:
    store, keys = database.open(), [a_stream() for _ in range(3)]
    models = [a_model("inventory"), a_model("alerts"), a_model("inventory", 2)]
    commits = [plain(key, 1, model=model) for key in keys for model in models]
    assert store.models.commit(commits) == [True] * 9
    assert store.models.commit([plain(keys[1], 2, model=models[1])]) == [True]

    again = [plain(key, 2, model=model) for key in keys for model in models]

    assert store.models.commit(again) == [True] * 4 + [False] + [True] * 4
