"""What a unit that is undone must not leave behind in this process."""

import pytest

from processor.log import Append, Appended
from processor.store import Store
from tests.contracts.units import failing_unit
from tests.factories import a_commit, a_model, a_row, a_stream, an_append
from tests.integration.sql.databases import Database


def version_of(store: Store, append: Append) -> int:
    """The version that the only event of `append` gets."""
    [outcome] = store.log.append([append])
    assert isinstance(outcome, Appended)
    return outcome.version


def test_numbers_given_in_an_undone_unit_are_forgotten(database: Database) -> None:
    store = database.open()
    undone, after = a_stream(), a_stream()
    with failing_unit(store):
        store.log.append([an_append(undone)])
        store.models.commit([a_commit(undone, a_row(b"undone"))])

    store.log.append([an_append(after)])  # SQLite gives it the number that the undone one had
    store.models.commit([a_commit(after, a_row(b"after"), model=a_model("other"))])

    assert store.log.heads([undone, after]) == {undone: 0, after: 1}
    assert store.models.load(a_model("other"), [undone, after]) == {after: a_row(b"after", revision=1)}
    assert store.models.load(a_model(), [undone, after]) == {}
    assert version_of(store, an_append(undone)) == 1
    assert [event.stream for event in store.log.read(undone)] == [undone]


def test_numbers_given_in_an_undone_inner_unit_are_forgotten_and_the_outer_ones_kept(database: Database) -> None:
    store = database.open()
    outer, undone, after = a_stream(), a_stream(), a_stream()
    with store.unit():
        store.log.append([an_append(outer)])
        with failing_unit(store):
            store.log.append([an_append(undone)])
        store.log.append([an_append(after)])
        assert store.log.heads([outer, undone, after]) == {outer: 1, undone: 0, after: 1}

    assert store.log.heads([outer, undone, after]) == {outer: 1, undone: 0, after: 1}
    assert version_of(store, an_append(undone)) == 1
    assert [event.stream for event in store.log.read(undone)] == [undone]


def test_numbers_given_in_an_inner_unit_are_forgotten_with_the_outer_one(database: Database) -> None:
    store = database.open()
    undone, after = a_stream(), a_stream()
    with failing_unit(store), store.unit():
        store.log.append([an_append(undone)])

    store.log.append([an_append(after)])

    assert store.log.heads([undone, after]) == {undone: 0, after: 1}


def test_numbers_that_another_store_gave_are_found_in_a_unit(database: Database) -> None:
    one, other, stream = database.open(), database.open(), a_stream()
    one.log.append([an_append(stream)])
    one.models.commit([a_commit(stream)])

    with other.unit():
        assert version_of(other, an_append(stream)) == 2
        assert other.models.commit([a_commit(stream, a_row(revision=1))]) == [True]

    assert list(one.log.streams()) == [stream]


def test_a_stream_that_has_a_row_and_no_event_is_not_in_the_catalogue(database: Database) -> None:
    store, stream = database.open(), a_stream()
    store.models.commit([a_commit(stream)])

    assert list(store.log.streams()) == []
    assert list(store.models.lagging(a_model(), {"sku": "sku"})) == []
    assert version_of(store, an_append(stream, expected=0)) == 1


def test_an_error_of_the_caller_s_own_passes_through_a_unit_as_it_is(database: Database) -> None:
    store, stream, own = database.open(), a_stream(), KeyError("own")

    def fail() -> None:
        with store.unit(), store.unit():
            store.log.append([an_append(stream)])
            raise own

    with pytest.raises(KeyError) as raised:
        fail()
    assert raised.value is own
    assert store.log.heads([stream]) == {stream: 0}
