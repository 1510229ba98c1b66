"""Torn pages, batches served by half, and other ways a read goes wrong."""

from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest

from processor.adapters.dynamodb import DynamoStore
from processor.adapters.dynamodb.items import event_place
from processor.errors import StoreUnavailable
from processor.models import Commit, Document, Row
from tests.factories import a_model, a_stream, an_append, an_event, events
from tests.integration.dynamodb.conftest import PATIENCE
from tests.integration.dynamodb.faults import Call, Faults, half_served, lost_request, refused, torn, unserved


@pytest.mark.parametrize("hole", [[1], [3], [2, 4], [1, 2, 3, 4], [3, 4, 5]])
def test_a_torn_page_is_read_again_until_it_is_whole(store: DynamoStore, faults: Faults, hole: list[int]) -> None:
    stream = a_stream()
    store.log.append([an_append(stream, *events(5))])
    page = torn(*map(event_place, hole))
    faults.fail("query", page, page)

    found = [event.version for event in store.log.read(stream)]

    torn_at_the_end = hole == [3, 4, 5]  # cannot be told from a stream that ends before: nothing there was answered
    assert found == ([1, 2] if torn_at_the_end else [1, 2, 3, 4, 5])


def test_events_are_yielded_once_each_however_often_their_page_is_torn(store: DynamoStore, faults: Faults) -> None:
    stream = a_stream()
    store.log.append([an_append(stream, *events(9))])
    faults.fail("query", *(torn(event_place(version)) for version in (8, 7, 4, 6, 5, 8, 3)))

    assert [event.version for event in store.log.read(stream, after=2, limit=6)] == [3, 4, 5, 6, 7, 8]


def test_a_hole_is_seen_at_the_end_of_a_limit_too(store: DynamoStore, faults: Faults) -> None:
    stream = a_stream()
    store.log.append([an_append(stream, *events(3))])
    faults.fail("query", torn(event_place(1)))

    assert [event.version for event in store.log.read(stream, limit=1)] == [1]


def test_a_hole_that_stays_ends_the_run_and_is_told_when_a_read_begins_there(
    store: DynamoStore, faults: Faults
) -> None:
    stream = a_stream()
    store.log.append([an_append(stream, *events(5))])
    faults.keep_failing("query", torn(event_place(3)))

    assert [event.version for event in store.log.read(stream)] == [1, 2]
    with pytest.raises(StoreUnavailable, match="version 3 is missing"):
        list(store.log.read(stream, after=2))
    assert [event.version for event in store.log.read(stream, after=3)] == [4, 5]


def test_read_many_closes_holes_as_read_does(store: DynamoStore, faults: Faults) -> None:
    one, other = a_stream(), a_stream()
    store.log.append([an_append(stream, *events(4)) for stream in (one, other)])
    faults.fail("query", torn(event_place(2)), torn(event_place(1)))

    found = store.log.read_many({one: 0, other: 1}, 100)

    assert {stream: [event.version for event in run] for stream, run in found.items()} == {
        one: [1, 2, 3, 4],
        other: [2, 3, 4],
    }


def test_read_many_serves_streams_in_order_and_whole_up_to_its_limit(store: DynamoStore) -> None:
    streams = [a_stream() for _ in range(20)]
    lengths = [1, 7, 1, 30, 2] * 4
    store.log.append([an_append(s, *events(n)) for s, n in zip(streams, lengths, strict=True)])

    found = store.log.read_many(dict.fromkeys(streams, 0), 60)

    assert [len(run) for run in found.values()] == [1, 7, 1, 30, 2, 1, 7, 1, 10]
    assert list(found) == streams[:9]


def test_a_claim_that_is_seen_before_its_event_is_waited_for(store: DynamoStore, faults: Faults) -> None:
    stream, event = a_stream(), an_event()
    store.log.append([an_append(stream, event)])
    missing: Callable[[Call, dict[str, Any]], Any] = lambda _, __: {}  # noqa: E731 - a fault of one answer
    faults.fail("get_item", lambda call, arguments: call(**arguments), missing, missing)

    found = store.log.find([(stream, event.tx_id)])

    assert found == {(stream, event.tx_id): next(store.log.read(stream))}


def test_a_claim_without_its_event_is_told(store: DynamoStore, faults: Faults) -> None:
    stream, event = a_stream(), an_event()
    store.log.append([an_append(stream, event)])
    faults.keep_failing("get_item", lambda _, __: {})
    faults.fail("get_item", lambda call, arguments: call(**arguments))

    with pytest.raises(StoreUnavailable):
        store.log.find([(stream, event.tx_id)])


def test_events_come_across_pages(store: DynamoStore, faults: Faults) -> None:
    stream = a_stream()
    for _ in range(4):
        store.log.append([an_append(stream, *(an_event(data=b"7" * 200_000) for _ in range(3)))])
    faults.calls.clear()

    assert [event.version for event in store.log.read(stream)] == list(range(1, 13))
    assert faults.calls["query"] > 1


def test_a_reader_that_stops_early_asks_for_no_further_page(store: DynamoStore, faults: Faults) -> None:
    stream = a_stream()
    for _ in range(3):
        store.log.append([an_append(stream, *(an_event(data=b"7" * 300_000) for _ in range(3)))])
    faults.calls.clear()

    assert [event.version for event in islice(store.log.read(stream), 2)] == [1, 2]
    assert faults.calls["query"] == 1


def test_what_a_batch_leaves_unserved_is_asked_for_again(store: DynamoStore, faults: Faults) -> None:
    model, keys = a_model(), [a_stream() for _ in range(130)]
    store.models.commit([Commit(model, key, Row(b"state", {key: 1})) for key in keys])
    faults.keep_failing("batch_get_item", half_served)

    assert store.models.load(model, keys).keys() == set(keys)
    assert faults.calls["batch_get_item"] > 10


def test_a_batch_that_is_never_served_is_given_up(store: DynamoStore, faults: Faults) -> None:
    faults.keep_failing("batch_get_item", unserved)

    with pytest.raises(StoreUnavailable):
        store.models.load(a_model(), [a_stream()])
    assert faults.calls["batch_get_item"] == PATIENCE.attempts


def test_drop_deletes_what_a_batch_left_over(store: DynamoStore, faults: Faults) -> None:
    model, kept, keys = a_model(), a_model(generation=2), [a_stream(tenant) for tenant in ("acme", "zeta") * 20]
    document = Document("d", b"body")
    store.models.commit([Commit(m, key, Row(b"", {key: 1}), (document,)) for m in (model, kept) for key in keys[:2]])
    store.models.commit([Commit(m, key, Row(b"", {key: 1})) for m in (model, kept) for key in keys[2:]])
    faults.keep_failing("batch_write_item", half_served)

    store.models.drop(model)

    assert store.models.load(model, keys) == {}
    assert store.models.get(model, "acme", ["d"]) == {}
    assert len(store.models.load(kept, keys)) == 40
    assert store.models.get(kept, "zeta", ["d"]) == {"d": document}


def test_drop_gives_up_where_nothing_is_served(store: DynamoStore, faults: Faults) -> None:
    model, key = a_model(), a_stream()
    store.models.commit([Commit(model, key, Row(b"", {key: 1}))])
    faults.keep_failing("batch_write_item", unserved)

    with pytest.raises(StoreUnavailable):
        store.models.drop(model)


@pytest.mark.parametrize("operation", ["query", "get_item", "batch_get_item", "scan"])
def test_reads_are_repeated_when_throttled_and_raise_in_the_end(
    store: DynamoStore, faults: Faults, operation: str
) -> None:
    stream = a_stream()
    ask: dict[str, Callable[[], object]] = {
        "query": lambda: store.log.heads([stream]),
        "get_item": lambda: store.registers.read("name"),
        "batch_get_item": lambda: store.models.load(a_model(), [stream]),
        "scan": lambda: list(store.registers.scan("n")),
    }
    faults.fail(operation, refused("ThrottlingException"), lost_request, refused("InternalServerError", 500))

    ask[operation]()

    assert faults.calls[operation] == PATIENCE.attempts
    faults.keep_failing(operation, refused("ThrottlingException"))
    with pytest.raises(StoreUnavailable):
        ask[operation]()
