"""Appends whose answers are lost, that are outraced, or that DynamoDB refuses for now."""

from collections.abc import Sequence
from typing import Any

import pytest

from processor.adapters.dynamodb import DynamoStore
from processor.errors import Contended, Misuse, StoreUnavailable
from processor.log import Appended, Conflict, Duplicate, Outcome, Stale
from processor.streams import StreamId
from tests.factories import a_stream, an_append, an_event, events
from tests.integration.dynamodb.conftest import PATIENCE
from tests.integration.dynamodb.faults import (
    Call,
    Fault,
    Faults,
    after,
    cancelled,
    lost_answer,
    lost_answer_then,
    lost_request,
    lost_request_then,
    refused,
)

TRANSACT = "transact_write_items"


def versions(outcomes: Sequence[Outcome]) -> list[int]:
    assert all(isinstance(outcome, Appended) for outcome in outcomes), outcomes
    return [outcome.version for outcome in outcomes if isinstance(outcome, Appended)]


def told(store: DynamoStore, stream: StreamId) -> list[tuple[int, str]]:
    return [(event.version, event.tx_id) for event in store.log.read(stream)]


def test_an_append_whose_answer_was_lost_is_appended(store: DynamoStore, faults: Faults) -> None:
    stream, event = a_stream(), an_event()
    faults.fail(TRANSACT, lost_answer)

    [outcome] = store.log.append([an_append(stream, event)])

    assert isinstance(outcome, Appended)
    assert list(store.log.read(stream)) == [outcome.event]
    assert faults.calls[TRANSACT] == 2


def test_an_append_whose_answers_are_lost_twice_is_appended_once(store: DynamoStore, faults: Faults) -> None:
    stream, facts = a_stream(), events(60)
    faults.fail(TRANSACT, lost_answer, lost_answer, lost_request, lost_answer)

    assert versions(store.log.append([an_append(stream, *facts)])) == list(range(1, 61))
    assert told(store, stream) == list(enumerate((fact.tx_id for fact in facts), 1))


def test_an_append_whose_request_was_lost_is_sent_again(store: DynamoStore, faults: Faults) -> None:
    faults.fail(TRANSACT, lost_request, lost_request)

    assert versions(store.log.append([an_append(a_stream())])) == [1]


def test_an_expected_head_was_met_though_the_answer_was_lost(store: DynamoStore, faults: Faults) -> None:
    stream = a_stream()
    faults.fail(TRANSACT, lost_answer)

    assert versions(store.log.append([an_append(stream, *events(3), expected=0)])) == [1, 2, 3]


def test_a_lost_answer_is_recognised_though_others_appended_since(
    store: DynamoStore, faults: Faults, rival: DynamoStore
) -> None:
    stream, event = a_stream(), an_event()
    faults.fail(TRANSACT, lost_answer_then(lambda: rival.log.append([an_append(stream, *events(3))])))

    assert versions(store.log.append([an_append(stream, event)])) == [1]
    assert store.log.heads([stream]) == {stream: 4}


def test_a_lost_request_that_another_made_good_is_a_duplicate(
    store: DynamoStore, faults: Faults, rival: DynamoStore
) -> None:
    stream, event = a_stream(), an_event()
    faults.fail(TRANSACT, lost_request_then(lambda: rival.log.append([an_append(stream, event)])))

    assert store.log.append([an_append(stream, event)]) == [Duplicate(1)]


def test_an_append_without_answers_raises_and_its_repeat_finds_it_done(store: DynamoStore, faults: Faults) -> None:
    stream, event = a_stream(), an_event()
    faults.keep_failing(TRANSACT, lost_request)
    faults.fail(TRANSACT, lost_answer)

    with pytest.raises(StoreUnavailable):
        store.log.append([an_append(stream, event)])
    assert faults.calls[TRANSACT] == PATIENCE.attempts
    faults.mend()
    assert store.log.append([an_append(stream, event)]) == [Duplicate(1)]
    assert store.log.heads([stream]) == {stream: 1}


@pytest.mark.parametrize(
    "fault",
    [
        cancelled("TransactionConflict"),
        cancelled("None", "TransactionConflict"),
        cancelled("ThrottlingError", "None"),
        cancelled("ProvisionedThroughputExceeded"),
        refused("ProvisionedThroughputExceededException"),
        refused("ThrottlingException"),
        refused("TransactionInProgressException"),
        refused("InternalServerError", 500),
        refused("ServiceUnavailable", 503),
    ],
)
def test_what_passes_is_tried_again(store: DynamoStore, faults: Faults, fault: Fault) -> None:
    stream = a_stream()
    faults.fail(TRANSACT, *[fault] * (PATIENCE.attempts - 1))

    assert versions(store.log.append([an_append(stream, *events(2))])) == [1, 2]
    assert faults.calls[TRANSACT] == PATIENCE.attempts


@pytest.mark.parametrize(
    ("fault", "error", "calls"),
    [
        (cancelled("TransactionConflict"), Contended, PATIENCE.attempts),
        (cancelled("ThrottlingError"), StoreUnavailable, PATIENCE.attempts),
        (refused("ThrottlingException"), StoreUnavailable, PATIENCE.attempts),
        (refused("AccessDeniedException"), StoreUnavailable, 1),
        (refused("ResourceNotFoundException"), StoreUnavailable, 1),
        (refused("ValidationException"), Misuse, 1),
        (cancelled("ValidationError", "None"), Misuse, 1),
    ],
)
def test_what_does_not_pass_is_raised_and_nothing_was_written(
    store: DynamoStore, faults: Faults, fault: Fault, error: type[Exception], calls: int
) -> None:
    stream = a_stream()
    faults.keep_failing(TRANSACT, fault)

    with pytest.raises(error):
        store.log.append([an_append(stream)])
    assert faults.calls[TRANSACT] == calls
    assert store.log.heads([stream]) == {stream: 0}


def test_an_event_too_large_for_an_item_is_misuse(store: DynamoStore) -> None:
    with pytest.raises(Misuse):
        store.log.append([an_append(a_stream(), an_event(data=b"7" * 500_000))])


def test_a_lost_race_is_run_again_behind_the_winner(store: DynamoStore, faults: Faults, rival: DynamoStore) -> None:
    stream, facts = a_stream(), events(2)
    faults.fail(TRANSACT, *[after(lambda: rival.log.append([an_append(stream)]))] * 2)

    assert versions(store.log.append([an_append(stream, *facts)])) == [3, 4]


def test_a_race_lost_to_the_same_fact_is_a_duplicate(store: DynamoStore, faults: Faults, rival: DynamoStore) -> None:
    stream, event, news = a_stream(), an_event(), an_event()
    faults.fail(TRANSACT, after(lambda: rival.log.append([an_append(stream, *events(1), event)])))

    duplicate, appended = store.log.append([an_append(stream, event, news)])

    assert duplicate == Duplicate(2)
    assert versions([appended]) == [3]


def test_a_race_lost_with_an_expected_head_is_stale(store: DynamoStore, faults: Faults, rival: DynamoStore) -> None:
    stream, event, disputed = a_stream(), an_event(), an_event(digest="d1")
    taken = an_event(tx=disputed.tx_id, digest="d2")
    faults.fail(TRANSACT, after(lambda: rival.log.append([an_append(stream, event, taken)])))

    outcomes = store.log.append([an_append(stream, event, an_event(), disputed, expected=0)])

    assert outcomes == [Duplicate(1), Stale(2), Conflict(2)]
    assert store.log.heads([stream]) == {stream: 2}


def test_races_lost_too_often_are_contended_and_nothing_was_written(
    store: DynamoStore, faults: Faults, rival: DynamoStore
) -> None:
    stream, event = a_stream(), an_event()
    faults.keep_failing(TRANSACT, after(lambda: rival.log.append([an_append(stream)])))

    with pytest.raises(Contended):
        store.log.append([an_append(stream, event)])
    assert faults.calls[TRANSACT] == PATIENCE.races + 1
    assert not store.log.find([(stream, event.tx_id)])


def test_who_comes_between_the_transactions_of_a_long_append_makes_its_rest_stale(
    store: DynamoStore, faults: Faults, rival: DynamoStore
) -> None:
    stream, facts = a_stream(), events(60)
    faults.fail(TRANSACT, after(lambda: None), after(lambda: rival.log.append([an_append(stream)])))

    outcomes = store.log.append([an_append(stream, *facts, expected=0)])

    assert versions(outcomes[:50]) == list(range(1, 51))
    assert outcomes[50:] == [Stale(51)] * 10


def test_who_comes_between_the_transactions_of_long_facts_only_moves_them(
    store: DynamoStore, faults: Faults, rival: DynamoStore
) -> None:
    stream, facts = a_stream(), events(60)
    faults.fail(TRANSACT, after(lambda: None), after(lambda: rival.log.append([an_append(stream)])))

    assert versions(store.log.append([an_append(stream, *facts)])) == [*range(1, 51), *range(52, 62)]


def test_a_stream_in_trouble_spares_the_others_of_the_call(store: DynamoStore, faults: Faults) -> None:
    streams = [a_stream() for _ in range(20)]
    doomed = streams[3]

    def fault(call: Call, arguments: dict[str, Any]) -> Any:
        return lost_request(call, arguments) if doomed.key in str(arguments) else call(**arguments)

    faults.keep_failing(TRANSACT, fault)

    with pytest.raises(StoreUnavailable):
        store.log.append([an_append(stream) for stream in streams])
    assert store.log.heads(streams) == {stream: 0 if stream == doomed else 1 for stream in streams}
