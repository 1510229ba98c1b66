"""Commits that change a row in its state and its own position alone, and say so."""

from functools import partial

import msgspec
import pytest

from processor.models import Commit, Document, IndexKey, Row
from processor.store import Store
from processor.streams import StreamId
from tests.contracts.commits import CHANNEL, ROWS, SKU, at, load, take, told
from tests.factories import a_commit, a_document, a_held_mark, a_model, a_row, a_stream
from tests.stores import Eventually


def lightly(key: StreamId, row: Row, *puts: Document, deletes: tuple[str, ...] = ()) -> Commit:
    return msgspec.structs.replace(a_commit(key, row, *puts, deletes=deletes), light=True)


def listed(store: Store, index: int, partition: str) -> list[tuple[str, bytes]]:
    return told(store.models.query(a_model(), "acme", index, partition).items)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_light_commit_moves_the_row_and_leaves_keys_marks_and_other_positions_as_stored(
    store: Store, eventually: Eventually, row: Row
) -> None:
    key, model = a_stream(), a_model()
    take(store, a_commit(key, row))
    rows = [
        msgspec.structs.replace(row, state=b"%d" % n, positions={**row.positions, key: n}, revision=n)
        for n in range(1, 4)
    ]

    take(store, lightly(key, rows[0], a_document("put"), a_document("gone")))
    take(store, lightly(key, rows[1], deletes=("gone",)), a_commit(a_stream()))
    take(store, lightly(key, rows[2]))

    assert load(store, model, key) == at(rows[2], 4)
    assert list(store.models.held(model)) == [(key, stream, mark) for stream, mark in row.held.items()]
    assert store.models.get(model, key.tenant, ["put", "gone"]) == {"put": a_document("put")}
    for index, place in enumerate(row.keys):
        if place is not None:
            eventually(partial(listed, store, index, place.partition), [(key.key, b"3")])


def test_a_light_commit_is_refused_as_any_other_and_changes_nothing(store: Store) -> None:
    key, missing, moved = a_stream(), a_stream(), a_stream()
    take(store, a_commit(key, a_row(b"one")), a_commit(moved, a_row(b"one")))
    take(store, lightly(key, a_row(b"two", revision=1)))

    for revision in (1, 3, 99):
        commits = [
            lightly(missing, a_row(b"no", revision=revision), a_document("of the missing")),
            lightly(key, a_row(b"no", revision=revision), a_document("of the stale")),
            lightly(moved, a_row(b"moved", revision=revision)),
        ]
        assert store.models.commit(commits) == [False, False, revision == 1]

    assert load(store, a_model(), key) == a_row(b"two", revision=2)
    assert load(store, a_model(), moved) == a_row(b"moved", revision=2)
    assert load(store, a_model(), missing) is None
    assert store.models.get(a_model(), key.tenant, ["of the missing", "of the stale"]) == {}


def test_after_a_light_commit_another_may_change_all_that_it_left(store: Store, eventually: Eventually) -> None:
    key, place, elsewhere = a_stream(), IndexKey("p", "s"), IndexKey("q", "s")
    row = a_row(b"1", {CHANNEL: 4}, held={SKU: a_held_mark()}, keys=(place,))
    take(store, a_commit(key, row))
    take(store, lightly(key, at(msgspec.structs.replace(row, state=b"2"), 1)))

    last = a_row(b"3", {CHANNEL: 5}, revision=2, keys=(elsewhere,))
    take(store, a_commit(key, last))

    assert load(store, a_model(), key) == at(last, 3)
    assert list(store.models.held(a_model())) == []
    eventually(
        lambda: [listed(store, 0, partition) for partition in ("p", "q")],
        [[], [(key.key, b"3")]],
    )
