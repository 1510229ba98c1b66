"""Many writers at once: versions without gaps or repeats, each fact once."""

from functools import partial

from processor.events import Event
from processor.log import Append, Appended, Conflict, Duplicate, Outcome, Stale
from processor.store import Store
from tests.contracts.threads import at_once, insisting
from tests.factories import a_stream, an_append, an_event, events
from tests.stores import FixedClock, Place


def append(store: Store, *appends: Append) -> list[Outcome]:
    return insisting(lambda: store.log.append(appends))


def test_writers_of_one_stream_number_it_without_gaps_or_repeats(store: Store) -> None:
    stream = a_stream()
    facts = [events(10) for _ in range(8)]

    outcomes = at_once(8, lambda n: [append(store, an_append(stream, fact))[0] for fact in facts[n]])

    answered = {o.version: o.event.tx_id for own in outcomes for o in own if isinstance(o, Appended)}
    assert sorted(answered) == list(range(1, 81))
    assert [(event.version, event.tx_id) for event in store.log.read(stream)] == sorted(answered.items())
    assert set(answered.values()) == {fact.tx_id for own in facts for fact in own}


def test_each_writer_s_facts_keep_its_own_order(store: Store) -> None:
    stream = a_stream()

    outcomes = at_once(4, lambda _: [append(store, an_append(stream))[0] for _ in range(10)])

    for own in outcomes:
        versions = [outcome.version for outcome in own if isinstance(outcome, Appended)]
        assert len(versions) == 10
        assert versions == sorted(versions)


def test_the_events_of_an_append_stand_side_by_side(store: Store) -> None:
    stream = a_stream()

    outcomes = at_once(4, lambda _: [append(store, an_append(stream, *events(10))) for _ in range(4)])

    first = [answer[0].version for own in outcomes for answer in own if isinstance(answer[0], Appended)]
    assert sorted(first) == list(range(1, 161, 10))
    for own in outcomes:
        for answer in own:
            versions = [outcome.version for outcome in answer if isinstance(outcome, Appended)]
            assert versions == list(range(versions[0], versions[0] + 10))


def test_one_fact_brought_by_20_writers_at_once_is_appended_once(store: Store) -> None:
    stream, event = a_stream(), an_event()

    outcomes = at_once(20, lambda _: append(store, an_append(stream, event))[0])

    assert len([outcome for outcome in outcomes if isinstance(outcome, Appended)]) == 1
    assert [outcome for outcome in outcomes if not isinstance(outcome, Appended)] == [Duplicate(1)] * 19
    assert store.log.heads([stream]) == {stream: 1}


def test_one_fact_brought_by_20_writers_among_other_facts_is_appended_once(store: Store) -> None:
    stream, event = a_stream(), an_event()

    outcomes = at_once(20, lambda _: append(store, an_append(stream, *events(1), event, *events(1)))[1])

    [winner] = [outcome for outcome in outcomes if isinstance(outcome, Appended)]
    assert [outcome for outcome in outcomes if not isinstance(outcome, Appended)] == [Duplicate(winner.version)] * 19
    assert [read.version for read in store.log.read(stream)] == list(range(1, 42))


def test_of_contradicting_tellings_at_once_one_wins_and_the_others_conflict(store: Store) -> None:
    stream = a_stream()

    outcomes = at_once(10, lambda n: append(store, an_append(stream, an_event(tx="t", digest=f"d{n}")))[0])

    [winner] = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, Appended)]
    assert [outcome for outcome in outcomes if not isinstance(outcome, Appended)] == [Conflict(1)] * 9
    assert [event.digest for event in store.log.read(stream)] == [f"d{winner}"]


def test_of_writers_that_expect_the_same_head_one_wins_and_the_others_are_stale(store: Store) -> None:
    stream = a_stream()

    def expecting(head: int, _: int) -> Outcome:
        return append(store, an_append(stream, expected=head))[0]

    for head in range(5):
        outcomes = at_once(8, partial(expecting, head))
        assert len([outcome for outcome in outcomes if isinstance(outcome, Appended)]) == 1
        assert [outcome for outcome in outcomes if not isinstance(outcome, Appended)] == [Stale(head + 1)] * 7


def test_writers_of_several_streams_in_opposite_orders_all_finish(store: Store) -> None:
    streams = [a_stream() for _ in range(4)]

    def write(number: int) -> None:
        order = streams if number % 2 else streams[::-1]
        for _ in range(5):
            append(store, *(an_append(stream) for stream in order))

    at_once(6, write)

    assert store.log.heads(streams) == dict.fromkeys(streams, 30)


def test_a_reader_sees_only_gap_free_runs_while_others_write(store: Store) -> None:
    stream = a_stream()

    def write_or_read(number: int) -> list[list[int]]:
        if number < 4:
            for _ in range(5):
                append(store, an_append(stream, *events(3)))
            return []
        return [[event.version for event in store.log.read(stream)] for _ in range(20)]

    runs = [run for seen in at_once(6, write_or_read) for run in seen]

    assert all(run == list(range(1, len(run) + 1)) for run in runs)
    assert store.log.heads([stream]) == {stream: 60}


def test_what_append_answered_is_seen_by_every_reader_from_then_on(store: Store) -> None:
    stream = a_stream()

    def write(_: int) -> list[bool]:
        seen = []
        for _ in range(10):
            [outcome] = append(store, an_append(stream))
            assert isinstance(outcome, Appended)
            seen.append(outcome.event in list(store.log.read(stream, after=outcome.version - 1, limit=1)))
        return seen

    assert [all(seen) for seen in at_once(4, write)] == [True] * 4


def test_writers_through_stores_of_their_own_share_one_log(place: Place, clock: FixedClock) -> None:
    openings = [place.open(clock) for _ in range(3)]
    stream, shared = a_stream(), an_event()
    facts: list[tuple[Event, ...]] = [(*events(5), shared) for _ in openings]

    outcomes = at_once(3, lambda n: [append(openings[n], an_append(stream, fact))[0] for fact in facts[n]])

    appended = [outcome for own in outcomes for outcome in own if isinstance(outcome, Appended)]
    assert sorted(outcome.version for outcome in appended) == list(range(1, 17))
    for opening in openings:
        assert [event.version for event in opening.log.read(stream)] == list(range(1, 17))
