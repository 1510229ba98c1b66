"""How the log is read back: one stream, several, heads, one fact."""

import pytest

from processor.log import Appended
from processor.store import Store
from processor.streams import StreamId
from tests.factories import a_stream, an_append, an_event, events


def a_stream_of(store: Store, length: int) -> StreamId:
    """A new stream of `length` events."""
    stream = a_stream()
    store.log.append([an_append(stream, *events(length))])
    return stream


def versions_read(store: Store, stream: StreamId, after: int = 0, limit: int | None = None) -> list[int]:
    return [event.version for event in store.log.read(stream, after, limit)]


def test_a_stream_is_read_in_order_and_just_as_its_appends_were_answered(store: Store) -> None:
    stream = a_stream()
    outcomes = store.log.append([an_append(stream, *events(3)), an_append(stream, *events(2))])

    assert list(store.log.read(stream)) == [outcome.event for outcome in outcomes if isinstance(outcome, Appended)]


def test_an_unknown_stream_reads_as_nothing(store: Store) -> None:
    a_stream_of(store, 1)

    assert list(store.log.read(a_stream())) == []


@pytest.mark.parametrize(
    ("after", "limit", "expected"),
    [
        (0, None, [1, 2, 3, 4, 5]),
        (2, None, [3, 4, 5]),
        (5, None, []),
        (9, None, []),
        (0, 2, [1, 2]),
        (2, 2, [3, 4]),
        (4, 2, [5]),
        (0, 5, [1, 2, 3, 4, 5]),
        (0, 99, [1, 2, 3, 4, 5]),
        (5, 1, []),
        (1, 0, []),
    ],
)
def test_a_read_begins_after_a_version_and_ends_at_a_limit(
    store: Store, after: int, limit: int | None, expected: list[int]
) -> None:
    stream = a_stream_of(store, 5)
    a_stream_of(store, 5)

    assert versions_read(store, stream, after, limit) == expected


def test_a_read_goes_past_every_page_of_the_store(store: Store) -> None:
    stream = a_stream()
    for _ in range(3):
        store.log.append([an_append(stream, *(an_event(data=b'"' + b"x" * 98_000 + b'"') for _ in range(10)))])

    assert versions_read(store, stream) == list(range(1, 31))
    assert versions_read(store, stream, after=3, limit=25) == list(range(4, 29))


def test_a_read_that_is_left_halfway_hinders_no_append_and_may_go_on(store: Store) -> None:
    stream = a_stream_of(store, 5)
    reading = store.log.read(stream)
    begun = [next(reading).version, next(reading).version]

    store.log.append([an_append(stream)])

    rest = [event.version for event in reading]
    assert [*begun, *rest][:5] == [1, 2, 3, 4, 5]
    assert rest in ([3, 4, 5], [3, 4, 5, 6])


def test_several_streams_are_read_each_from_its_own_position(store: Store) -> None:
    one, other, done, unknown = a_stream_of(store, 3), a_stream_of(store, 4), a_stream_of(store, 2), a_stream()

    found = store.log.read_many({one: 1, other: 0, done: 2, unknown: 0}, limit=100)

    assert found[one] == list(store.log.read(one, after=1))
    assert found[other] == list(store.log.read(other))
    assert not found.get(done)
    assert not found.get(unknown)
    assert set(found) <= {one, other, done, unknown}


def test_the_limit_of_read_many_counts_all_events_and_serves_streams_in_order(store: Store) -> None:
    first, second, third = (a_stream_of(store, 3) for _ in range(3))

    found = store.log.read_many({third: 0, first: 1, second: 0}, limit=6)

    assert {stream: [event.version for event in run] for stream, run in found.items() if run} == {
        third: [1, 2, 3],
        first: [2, 3],
        second: [1],
    }


def test_read_many_goes_on_at_the_next_call_where_it_was_cut(store: Store) -> None:
    lengths = {a_stream_of(store, length): length for length in (5, 1, 7, 2)}
    positions = dict.fromkeys(lengths, 0)
    calls = 0

    while found := {stream: run for stream, run in store.log.read_many(positions, limit=4).items() if run}:
        calls += 1
        assert sum(len(run) for run in found.values()) <= 4
        for stream, run in found.items():
            assert [event.version for event in run] == list(range(positions[stream] + 1, run[-1].version + 1))
            positions[stream] = run[-1].version
        assert calls <= sum(lengths.values())

    assert positions == lengths


def test_read_many_of_nothing_is_nothing(store: Store) -> None:
    assert store.log.read_many({}, limit=10) == {}


def test_read_many_reads_hundreds_of_streams(store: Store) -> None:
    streams = [a_stream() for _ in range(250)]
    store.log.append([an_append(stream, *events(2)) for stream in streams])

    found = store.log.read_many(dict.fromkeys(streams, 1), limit=1000)

    assert {stream: [event.version for event in run] for stream, run in found.items()} == {s: [2] for s in streams}


def test_heads_are_the_newest_versions_and_0_for_the_unknown(store: Store) -> None:
    one, other, unknown = a_stream_of(store, 3), a_stream_of(store, 1), a_stream()

    assert store.log.heads([one, unknown, other, one]) == {one: 3, other: 1, unknown: 0}
    assert store.log.heads([]) == {}


def test_heads_of_hundreds_of_streams_come_in_one_call(store: Store) -> None:
    streams = [a_stream() for _ in range(250)]
    store.log.append([an_append(stream) for stream in streams])

    assert store.log.heads(streams) == dict.fromkeys(streams, 1)


def test_a_fact_is_found_by_its_tx(store: Store) -> None:
    stream, event = a_stream(), an_event()
    store.log.append([an_append(stream, *events(2), event, *events(1))])

    assert store.log.find([(stream, event.tx_id)]) == {(stream, event.tx_id): list(store.log.read(stream))[2]}


def test_many_facts_are_found_in_one_call_and_what_is_none_is_absent(store: Store) -> None:
    streams = [a_stream() for _ in range(30)]
    appended = [an_append(stream, *events(4)) for stream in streams]
    store.log.append(appended)
    facts = [(append.stream, event.tx_id) for append in appended for event in append.events]

    found = store.log.find([*facts, (streams[0], "never"), (a_stream(), facts[0][1]), facts[0]])

    assert found.keys() == set(facts)
    assert all((event.stream, event.tx_id) == fact for fact, event in found.items())
    assert sorted(found.values(), key=lambda event: (event.stream, event.version)) == [
        event for stream in sorted(streams) for event in store.log.read(stream)
    ]
    assert store.log.find([]) == {}


def test_a_tx_is_found_in_its_own_stream_only(store: Store) -> None:
    stream, other, event = a_stream(), a_stream_of(store, 1), an_event()
    store.log.append([an_append(stream, event)])

    assert store.log.find([(other, event.tx_id), (stream, event.tx_id.upper()), (a_stream(), event.tx_id)]) == {}
