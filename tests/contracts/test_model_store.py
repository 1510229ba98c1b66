"""Rows: loaded, and changed by compare-and-set."""

from functools import partial
from threading import Event

import msgspec
import pytest

from processor.models import Row
from processor.store import Store
from tests.contracts.commits import ROWS, SKU, at, load, take
from tests.contracts.threads import at_once, insisting
from tests.factories import NASTY_KEYS, a_commit, a_document, a_model, a_row, a_stream


def test_an_unknown_row_is_absent(store: Store) -> None:
    take(store, a_commit())

    assert store.models.load(a_model(), [a_stream()]) == {}
    assert store.models.load(a_model(), []) == {}
    assert store.models.commit([]) == []


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_every_field_of_a_row_comes_back_as_it_was_committed(store: Store, row: Row) -> None:
    key = a_stream()

    take(store, a_commit(key, row))

    assert load(store, a_model(), key) == at(row, 1)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_commit_replaces_every_field_of_the_row_before(store: Store, row: Row) -> None:
    key, last = a_stream(), a_row(b"last", {SKU: 9}, revision=1)
    take(store, a_commit(key, row))

    take(store, a_commit(key, last))

    assert load(store, a_model(), key) == at(last, 2)


def test_a_commit_upon_another_revision_is_refused_and_changes_nothing(store: Store) -> None:
    key, model = a_stream(), a_model()
    kept = a_document("kept", b"first")
    take(store, a_commit(key, a_row(b"one"), kept))
    take(store, a_commit(key, a_row(b"two", revision=1)))

    for revision in (0, 1, 3, 99):
        stale = a_commit(key, a_row(b"no", revision=revision), a_document("kept", b"no"), a_document("new"))
        assert store.models.commit([stale]) == [False]
        assert store.models.commit([a_commit(key, a_row(b"no", revision=revision), deletes=("kept",))]) == [False]

    assert load(store, model, key) == a_row(b"two", revision=2)
    assert store.models.get(model, key.tenant, ["kept", "new"]) == {"kept": kept}


def test_a_commit_upon_a_row_that_is_not_there_is_refused(store: Store) -> None:
    key = a_stream()

    assert store.models.commit([a_commit(key, a_row(revision=1), a_document("d"))]) == [False]
    assert store.models.load(a_model(), [key]) == {}
    assert store.models.get(a_model(), key.tenant, ["d"]) == {}


def test_the_same_commit_again_is_refused(store: Store) -> None:
    commit = a_commit(a_stream(), a_row(b"one"), a_document())

    assert [store.models.commit([commit]) for _ in range(3)] == [[True], [False], [False]]


def test_commits_of_a_call_are_taken_or_refused_each_alone(store: Store) -> None:
    keys = [a_stream() for _ in range(5)]
    take(store, a_commit(keys[1]), a_commit(keys[3]))

    taken = store.models.commit([a_commit(key, a_row(b"mine"), a_document(f"of {key.key}")) for key in keys])

    assert taken == [True, False, True, False, True]
    rows = store.models.load(a_model(), keys)
    assert [rows[key].state for key in keys] == [b"mine", b"{}", b"mine", b"{}", b"mine"]
    ids = [f"of {key.key}" for key in keys]
    assert sorted(store.models.get(a_model(), "acme", ids)) == sorted([ids[0], ids[2], ids[4]])


def test_hundreds_of_rows_are_committed_and_loaded_in_one_call(store: Store) -> None:
    keys = [a_stream() for _ in range(250)]
    take(store, *(a_commit(key, a_row(key.key.encode(), {key: 1})) for key in keys))

    found = store.models.load(a_model(), [*keys, a_stream(), keys[0]])

    assert found == {key: a_row(key.key.encode(), {key: 1}, revision=1) for key in keys}


def test_one_call_may_commit_to_several_models_and_tenants(store: Store) -> None:
    keys = a_stream(tenant="a", key="k"), a_stream(tenant="b", key="k")
    models = [a_model("inventory", 1), a_model("inventory", 2), a_model("alerts", 1), a_model("inventory", 12)]
    commits = [a_commit(key, a_row(f"{model} {key.tenant}".encode()), model=model) for model in models for key in keys]

    take(store, *commits)

    for commit in commits:
        assert load(store, commit.model, commit.key) == at(commit.row, 1)
    assert store.models.load(a_model("alerts", 2), keys) == {}


def test_every_key_names_a_row_of_its_own(store: Store) -> None:
    keys = [a_stream(key=key) for key in NASTY_KEYS]

    take(store, *(a_commit(key, a_row(f"{number}".encode())) for number, key in enumerate(keys)))

    found = store.models.load(a_model(), keys)
    assert {key: row.state for key, row in found.items()} == {key: f"{n}".encode() for n, key in enumerate(keys)}


def test_of_committers_upon_the_same_revision_one_wins(store: Store) -> None:
    key = a_stream()

    def commit(revision: int, caller: int) -> bool:
        row = a_row(b"%d" % caller, revision=revision)
        return insisting(lambda: store.models.commit([a_commit(key, row, a_document("d", row.state))]))[0]

    for revision in range(6):
        taken = at_once(8, partial(commit, revision))
        assert taken.count(True) == 1
        winner = b"%d" % taken.index(True)
        assert load(store, a_model(), key) == a_row(winner, revision=revision + 1)
        assert store.models.get(a_model(), key.tenant, ["d"]) == {"d": a_document("d", winner)}


def test_committers_that_load_again_when_refused_lose_no_change(store: Store) -> None:
    keys = [a_stream(), a_stream()]

    def add(caller: int) -> None:
        key, done = keys[caller % 2], 0
        for _ in range(400):
            row = store.models.load(a_model(), [key]).get(key, a_row(b"0"))
            more = a_commit(key, msgspec.structs.replace(row, state=b"%d" % (int(row.state) + 1)))
            done += insisting(partial(store.models.commit, [more]))[0]
            if done == 5:
                return

    at_once(8, add)

    assert {row.state for row in store.models.load(a_model(), keys).values()} == {b"20"}
    assert {row.revision for row in store.models.load(a_model(), keys).values()} == {20}


def test_a_reader_sees_a_commit_whole_or_not_at_all(store: Store) -> None:
    key, model, written = a_stream(), a_model(), Event()

    def write() -> list[str]:
        try:
            for revision in range(15):
                row = a_row(b"%d" % (revision + 1), {key: revision + 1}, revision=revision)
                take(store, a_commit(key, row, a_document("d", row.state)))
        finally:
            written.set()
        return []

    def row_seen() -> Row:
        return store.models.load(model, [key]).get(key, a_row(b"0", {key: 0}))

    def document_seen() -> int:
        return int(store.models.get(model, "acme", ["d"]).get("d", a_document("d", b"0")).body)

    def read() -> list[str]:
        torn = []
        for _ in range(5000):
            before, row, after = document_seen(), row_seen(), document_seen()
            if row.state != b"%d" % row.revision or row.positions != {key: row.revision}:
                torn.append(f"{row}")
            if not before <= row.revision <= after:
                torn.append(f"row {row.revision} between documents {before} and {after}")
            if written.is_set():
                break
        return torn

    assert at_once(3, lambda caller: read() if caller else write()) == [[], [], []]
