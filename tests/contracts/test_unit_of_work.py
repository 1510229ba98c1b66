"""Units: several writes as one commit where the technology joins them; each alone where it does not."""

import pytest

from processor.errors import Misuse
from processor.log import Append, Appended, Duplicate
from processor.registers import Register
from processor.store import Store
from tests.contracts.commits import take
from tests.contracts.threads import elsewhere
from tests.contracts.units import ALL, NONE, failing_unit, traces, write
from tests.factories import a_commit, a_model, a_row, a_stream, an_append, an_event, events
from tests.stores import JOINING, Place


def test_sql_joins_and_the_others_do_not(store: Store, kind: str) -> None:
    assert store.joins == (kind in JOINING)


def test_a_unit_left_normally_stands_whole(store: Store) -> None:
    stream = a_stream()

    with store.unit():
        write(store, stream)

    assert traces(store, stream) == ALL
    assert elsewhere(lambda: traces(store, stream)) == ALL


def test_a_unit_left_by_an_exception_is_undone_where_the_store_joins_and_stands_where_not(store: Store) -> None:
    stream = a_stream()

    with failing_unit(store):
        write(store, stream)

    assert traces(store, stream) == (NONE if store.joins else ALL)
    assert elsewhere(lambda: traces(store, stream)) == (NONE if store.joins else ALL)


def test_what_was_undone_may_be_done_again(store: Store) -> None:
    stream, event = a_stream(), an_event()
    with failing_unit(store):
        store.log.append([an_append(stream, event)])

    [outcome] = store.log.append([an_append(stream, event)])

    assert isinstance(outcome, Appended if store.joins else Duplicate)
    assert outcome.version == 1
    assert store.log.heads([stream]) == {stream: 1}


def test_an_undone_unit_puts_back_what_it_changed(store: Store) -> None:
    stream = a_stream()
    write(store, stream)

    with failing_unit(store):
        store.log.append([an_append(stream)])
        take(store, a_commit(stream, a_row(b"changed", revision=1), deletes=(stream.key,)))
        assert store.registers.write(stream.key, b"changed", 1)

    undone = store.joins
    assert store.log.heads([stream]) == {stream: 1 if undone else 2}
    assert store.models.load(a_model(), [stream])[stream].state == (b"s" if undone else b"changed")
    assert bool(store.models.get(a_model(), "acme", [stream.key])) == undone
    assert store.registers.read(stream.key) == (Register(b"v", 1) if undone else Register(b"changed", 2))


def test_inside_a_unit_its_own_writes_are_seen(store: Store) -> None:
    stream, event = a_stream(), an_event()

    with store.unit():
        write(store, stream)
        assert traces(store, stream) == ALL
        store.log.append([an_append(stream, event)])
        assert store.log.append([an_append(stream, event)]) == [Duplicate(2)]
        assert store.models.commit([a_commit(stream)]) == [False]
        assert not store.registers.write(stream.key, b"v", 0)


def test_a_nested_unit_s_failure_undoes_the_inner_writes_alone(store: Store) -> None:
    before, inner, after = a_stream(), a_stream(), a_stream()

    with store.unit():
        write(store, before)
        with failing_unit(store):
            write(store, inner)
        assert traces(store, inner) == (NONE if store.joins else ALL)
        write(store, after)

    assert traces(store, inner) == (NONE if store.joins else ALL)
    assert traces(store, before) == traces(store, after) == ALL


def test_a_nested_unit_s_success_is_undone_with_the_outer_one(store: Store) -> None:
    outer, inner = a_stream(), a_stream()

    with failing_unit(store):
        write(store, outer)
        with store.unit():
            write(store, inner)

    assert traces(store, inner) == traces(store, outer) == (NONE if store.joins else ALL)


def test_a_nested_unit_undone_in_one_stream_leaves_its_versions_without_a_gap(store: Store) -> None:
    stream = a_stream()
    with store.unit():
        store.log.append([an_append(stream, *events(2))])
        with failing_unit(store):
            store.log.append([an_append(stream, *events(2))])
        store.log.append([an_append(stream)])

    assert [event.version for event in store.log.read(stream)] == list(range(1, 4 if store.joins else 6))


def test_units_nest_three_deep(store: Store) -> None:
    streams = [a_stream() for _ in range(3)]

    with store.unit():
        write(store, streams[0])
        with failing_unit(store):
            write(store, streams[1])
            with store.unit():
                write(store, streams[2])

    lost = NONE if store.joins else ALL
    assert [traces(store, stream) for stream in streams] == [ALL, lost, lost]


def test_an_empty_unit_is_no_error_and_the_store_goes_on(store: Store) -> None:
    with store.unit(), store.unit():
        pass
    with failing_unit(store):
        pass

    stream = a_stream()
    write(store, stream)
    assert traces(store, stream) == ALL


def test_a_misuse_inside_a_unit_that_is_caught_spoils_nothing(store: Store) -> None:
    stream = a_stream()

    with store.unit():
        write(store, stream)
        assert store.models.commit([a_commit(stream)]) == [False]
        with pytest.raises(Misuse):
            store.log.append([Append(stream, ())])

    assert traces(store, stream) == ALL


def test_what_a_unit_made_durable_is_there_after_reopening(place: Place) -> None:
    stream, undone = a_stream(), a_stream()
    store = place.open()
    with store.unit():
        write(store, stream)
    with failing_unit(store):
        write(store, undone)
    store.close()

    again = place.open()

    assert traces(again, stream) == ALL
    assert traces(again, undone) == (NONE if again.joins else ALL)
