"""What an append answers, and what it leaves in the log."""

import pytest

from processor.errors import Misuse
from processor.events import recorded
from processor.log import MAX_EVENTS_PER_APPEND, Append, Appended, Conflict, Duplicate, Outcome, Stale
from processor.store import Store
from tests.factories import MORNING, NOON, a_stream, an_append, an_event, events
from tests.stores import FixedClock


def versions(outcomes: list[Outcome]) -> list[int]:
    """The versions of outcomes that are all Appended."""
    assert all(isinstance(outcome, Appended) for outcome in outcomes), outcomes
    return [outcome.version for outcome in outcomes if isinstance(outcome, Appended)]


def test_the_first_fact_of_a_stream_is_appended_at_version_1(store: Store, clock: FixedClock) -> None:
    stream, event = a_stream(), an_event()

    outcomes = store.log.append([an_append(stream, event)])

    assert outcomes == [Appended(recorded(stream, 1, event, clock()))]


def test_versions_go_on_within_an_append_and_from_one_to_the_next(store: Store) -> None:
    stream = a_stream()

    assert versions(store.log.append([an_append(stream, *events(3))])) == [1, 2, 3]
    assert versions(store.log.append([an_append(stream, *events(2))])) == [4, 5]


def test_outcomes_come_in_the_order_of_the_events_appends_concatenated(store: Store) -> None:
    one, other = a_stream(), a_stream()
    first, second, third = events(3)

    outcomes = store.log.append([an_append(one, first, second), an_append(other, third)])

    assert versions(outcomes) == [1, 2, 1]
    assert [outcome.event.tx_id for outcome in outcomes if isinstance(outcome, Appended)] == [
        first.tx_id,
        second.tx_id,
        third.tx_id,
    ]


def test_no_appends_have_no_outcomes(store: Store) -> None:
    assert store.log.append([]) == []


def test_a_redelivered_fact_is_answered_with_its_first_version_and_not_written(store: Store) -> None:
    stream, event = a_stream(), an_event()
    store.log.append([an_append(stream, *events(2), event, *events(2))])

    for _ in range(3):
        assert store.log.append([an_append(stream, event)]) == [Duplicate(3)]
    assert store.log.heads([stream]) == {stream: 5}


def test_a_fact_told_again_in_other_words_is_a_duplicate_and_the_first_telling_stays(store: Store) -> None:
    stream, first = a_stream(), an_event(tx="t", digest="same", source="webhook")
    store.log.append([an_append(stream, first)])
    told_again = an_event(
        type_="HappenedAgain", schema=2, data=b"{}", tx="t", digest="same", occurred_at=NOON, source="poll"
    )

    assert store.log.append([an_append(stream, told_again)]) == [Duplicate(1)]
    [kept] = store.log.read(stream)
    assert (kept.type, kept.source, kept.data, kept.occurred_at) == ("Happened", "webhook", first.data, MORNING)


def test_a_tx_used_again_for_another_content_is_a_conflict_and_not_written(store: Store) -> None:
    stream = a_stream()
    store.log.append([an_append(stream, *events(1), an_event(tx="t", digest="d1"))])

    assert store.log.append([an_append(stream, an_event(tx="t", digest="d2"))]) == [Conflict(2)]
    assert [event.digest for event in store.log.read(stream, after=1)] == ["d1"]


def test_the_same_tx_in_another_stream_is_another_fact(store: Store) -> None:
    event = an_event()

    outcomes = store.log.append([an_append(a_stream(), event), an_append(a_stream(), event)])

    assert versions(outcomes) == [1, 1]


def test_a_tx_differs_from_another_in_every_character(store: Store) -> None:
    stream = a_stream()
    spellings = ["t", "T", "t ", " t", "\u00e9", "e\u0301", "1", "01", "1.0", "%", "_", "t#1", "t/1", "'", '"', "\\"]

    outcomes = store.log.append([an_append(stream, *(an_event(tx=tx) for tx in spellings))])

    assert versions(outcomes) == list(range(1, len(spellings) + 1))


def test_a_repeat_within_an_append_is_a_duplicate_of_the_first_or_a_conflict_with_it(store: Store) -> None:
    stream = a_stream()
    first, same, other = (an_event(tx="t", digest=digest) for digest in ("d1", "d1", "d2"))

    appended, *rest = store.log.append([an_append(stream, first, *events(1), same, other)])

    assert isinstance(appended, Appended)
    assert rest[1:] == [Duplicate(1), Conflict(1)]
    assert store.log.heads([stream]) == {stream: 2}


def test_a_repeat_in_a_later_append_of_the_call_is_a_duplicate(store: Store) -> None:
    stream, event = a_stream(), an_event()

    outcomes = store.log.append([an_append(stream, *events(1), event), an_append(stream, event), an_append(stream)])

    assert outcomes[2] == Duplicate(2)
    assert versions([outcomes[0], outcomes[1], outcomes[3]]) == [1, 2, 3]


def test_appends_of_one_stream_take_effect_in_order_whatever_stands_between(store: Store) -> None:
    stream, other = a_stream(), a_stream()
    first, second, third = events(3)

    store.log.append(
        [
            an_append(stream, first),
            an_append(other),
            an_append(stream, second),
            an_append(other),
            an_append(stream, third),
        ]
    )

    assert [event.tx_id for event in store.log.read(stream)] == [first.tx_id, second.tx_id, third.tx_id]
    assert store.log.heads([other]) == {other: 2}


def test_a_redelivered_append_with_news_appends_the_news_alone(store: Store) -> None:
    stream = a_stream()
    old, news = events(3), events(2)
    store.log.append([an_append(stream, *old)])

    outcomes = store.log.append([an_append(stream, old[0], news[0], old[2], news[1])])

    assert [outcomes[0], outcomes[2]] == [Duplicate(1), Duplicate(3)]
    assert versions([outcomes[1], outcomes[3]]) == [4, 5]


def test_a_conflict_spares_its_neighbours(store: Store) -> None:
    stream = a_stream()
    store.log.append([an_append(stream, an_event(tx="t", digest="d1"))])

    outcomes = store.log.append([an_append(stream, *events(1), an_event(tx="t", digest="d2"), *events(1))])

    assert outcomes[1] == Conflict(1)
    assert versions([outcomes[0], outcomes[2]]) == [2, 3]


def test_an_expected_head_that_is_met_lets_the_append_through(store: Store) -> None:
    stream = a_stream()

    assert versions(store.log.append([an_append(stream, *events(2), expected=0)])) == [1, 2]
    assert versions(store.log.append([an_append(stream, *events(2), expected=2)])) == [3, 4]


@pytest.mark.parametrize("expected", [0, 1, 3, 1000])
def test_an_expected_head_that_is_not_met_is_stale_and_writes_nothing(store: Store, expected: int) -> None:
    stream = a_stream()
    store.log.append([an_append(stream, *events(2))])

    outcomes = store.log.append([an_append(stream, *events(2), expected=expected)])

    assert outcomes == [Stale(2), Stale(2)]
    assert store.log.heads([stream]) == {stream: 2}


def test_an_append_that_expects_more_than_an_unknown_stream_has_is_stale(store: Store) -> None:
    stream = a_stream()

    assert store.log.append([an_append(stream, expected=1)]) == [Stale(0)]
    assert list(store.log.streams()) == []


def test_a_duplicate_beats_stale(store: Store) -> None:
    stream, event = a_stream(), an_event()
    store.log.append([an_append(stream, event, expected=0)])
    store.log.append([an_append(stream)])

    assert store.log.append([an_append(stream, event, expected=0)]) == [Duplicate(1)]


def test_in_a_stale_append_what_is_claimed_is_answered_as_such_and_the_rest_is_stale(store: Store) -> None:
    stream = a_stream()
    known, disputed, new = an_event(), an_event(digest="d1"), an_event()
    store.log.append([an_append(stream, known, disputed)])

    outcomes = store.log.append(
        [an_append(stream, new, known, an_event(tx=disputed.tx_id, digest="d2"), new, expected=1)]
    )

    assert outcomes == [Stale(2), Duplicate(1), Conflict(2), Stale(2)]
    assert store.log.heads([stream]) == {stream: 2}


def test_an_append_of_known_and_new_facts_at_the_expected_head_appends_the_new(store: Store) -> None:
    stream = a_stream()
    known, new = events(2)
    store.log.append([an_append(stream, known)])

    outcomes = store.log.append([an_append(stream, known, new, expected=1)])

    assert outcomes[0] == Duplicate(1)
    assert versions(outcomes[1:]) == [2]


def test_expected_counts_what_earlier_appends_of_the_call_wrote(store: Store) -> None:
    stream = a_stream()

    outcomes = store.log.append(
        [an_append(stream, expected=0), an_append(stream, expected=1), an_append(stream, expected=1), an_append(stream)]
    )

    assert outcomes[2] == Stale(2)
    assert versions([outcomes[0], outcomes[1], outcomes[3]]) == [1, 2, 3]


def test_a_stale_append_spares_the_others_of_the_call(store: Store) -> None:
    one, stale, other = a_stream(), a_stream(), a_stream()

    outcomes = store.log.append([an_append(one), an_append(stale, expected=7), an_append(other)])

    assert outcomes[1] == Stale(0)
    assert versions([outcomes[0], outcomes[2]]) == [1, 1]


def test_an_append_without_events_is_misuse_and_nothing_of_its_call_is_written(store: Store) -> None:
    stream = a_stream()

    with pytest.raises(Misuse):
        store.log.append([an_append(stream), Append(a_stream(), ())])
    assert store.log.heads([stream]) == {stream: 0}


def test_the_largest_append_is_taken_whole_and_answered_whole_when_it_comes_again(store: Store) -> None:
    stream, facts = a_stream(), events(MAX_EVENTS_PER_APPEND)

    assert versions(store.log.append([an_append(stream, *facts, expected=0)])) == list(range(1, 1001))
    assert store.log.append([an_append(stream, *facts)]) == [Duplicate(version) for version in range(1, 1001)]
    assert [event.tx_id for event in store.log.read(stream)] == [fact.tx_id for fact in facts]


def test_one_call_may_append_to_many_streams(store: Store) -> None:
    streams = [a_stream() for _ in range(150)]

    outcomes = store.log.append([an_append(stream, *events(2)) for stream in streams])

    assert versions(outcomes) == [1, 2] * 150
    assert store.log.heads(streams) == dict.fromkeys(streams, 2)
