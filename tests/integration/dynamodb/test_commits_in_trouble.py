"""Commits and register writes whose answers are lost, or that DynamoDB refuses for now."""

import pytest

from processor.adapters.dynamodb import DynamoStore
from processor.errors import Contended, Misuse, StoreUnavailable
from processor.models import Commit, Document, Row
from processor.registers import Register
from processor.streams import StreamId
from tests.factories import a_model, a_stream
from tests.integration.dynamodb.conftest import PATIENCE
from tests.integration.dynamodb.faults import (
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

PUT, TRANSACT = "put_item", "transact_write_items"
MODEL = a_model()

both_ways = pytest.mark.parametrize(
    ("operation", "puts"), [(PUT, ()), (TRANSACT, (Document("d", b"body"),))], ids=["a row", "a row with a document"]
)


def a_commit(key: StreamId, revision: int = 0, state: bytes = b"ours", puts: tuple[Document, ...] = ()) -> Commit:
    return Commit(MODEL, key, Row(state, {key: revision + 1}, revision), puts)


def stored(store: DynamoStore, key: StreamId) -> tuple[bytes, int] | None:
    row = store.models.load(MODEL, [key]).get(key)
    return (row.state, row.revision) if row else None


@both_ways
def test_a_commit_whose_answer_was_lost_was_taken(
    store: DynamoStore, faults: Faults, operation: str, puts: tuple[Document, ...]
) -> None:
    key = a_stream()
    for revision in range(3):
        faults.fail(operation, lost_answer, lost_answer)
        assert store.models.commit([a_commit(key, revision, puts=puts)]) == [True]

    assert stored(store, key) == (b"ours", 3)
    assert store.models.get(MODEL, "acme", ["d"]) == {document.id: document for document in puts}


@both_ways
def test_a_commit_whose_request_was_lost_is_sent_again(
    store: DynamoStore, faults: Faults, operation: str, puts: tuple[Document, ...]
) -> None:
    key = a_stream()
    faults.fail(operation, lost_request, lost_request)

    assert store.models.commit([a_commit(key, puts=puts)]) == [True]
    assert stored(store, key) == (b"ours", 1)


@both_ways
def test_a_lost_request_that_a_rival_overtook_was_not_taken(
    store: DynamoStore, faults: Faults, rival: DynamoStore, operation: str, puts: tuple[Document, ...]
) -> None:
    key = a_stream()
    theirs = a_commit(key, state=b"theirs")
    faults.fail(operation, lost_request_then(lambda: rival.models.commit([theirs])))

    assert store.models.commit([a_commit(key, puts=puts)]) == [False]
    assert stored(store, key) == (b"theirs", 1)
    assert store.models.get(MODEL, "acme", ["d"]) == {}


@both_ways
def test_a_lost_answer_that_others_have_written_over_is_told_as_unknown(
    store: DynamoStore, faults: Faults, rival: DynamoStore, operation: str, puts: tuple[Document, ...]
) -> None:
    key = a_stream()
    faults.fail(operation, lost_answer_then(lambda: rival.models.commit([a_commit(key, 1, b"theirs")])))

    with pytest.raises(StoreUnavailable):
        store.models.commit([a_commit(key, puts=puts)])
    assert stored(store, key) == (b"theirs", 2)


@both_ways
def test_a_stale_commit_is_refused_whatever_went_before(
    store: DynamoStore, faults: Faults, rival: DynamoStore, operation: str, puts: tuple[Document, ...]
) -> None:
    key = a_stream()
    theirs = a_commit(key, state=b"theirs")
    faults.fail(operation, refused("ThrottlingException"), after(lambda: rival.models.commit([theirs])))

    assert store.models.commit([a_commit(key, puts=puts)]) == [False]
    assert store.models.commit([a_commit(key, 7, puts=puts)]) == [False]
    assert stored(store, key) == (b"theirs", 1)


def test_a_commit_far_behind_is_stale_where_every_answer_came(store: DynamoStore, rival: DynamoStore) -> None:
    key = a_stream()
    for revision in range(3):
        rival.models.commit([a_commit(key, revision)])

    assert store.models.commit([a_commit(key), a_commit(a_stream())]) == [False, True]


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        (PUT, refused("TransactionConflictException")),
        (PUT, refused("ProvisionedThroughputExceededException")),
        (PUT, refused("InternalServerError", 500)),
        (TRANSACT, cancelled("TransactionConflict", "None")),
        (TRANSACT, cancelled("None", "ThrottlingError")),
    ],
)
def test_what_passes_is_tried_again(store: DynamoStore, faults: Faults, operation: str, fault: Fault) -> None:
    key = a_stream()
    faults.fail(operation, *[fault] * (PATIENCE.attempts - 1))

    assert store.models.commit([a_commit(key, puts=(Document("d", b""),) if operation == TRANSACT else ())]) == [True]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (refused("TransactionConflictException"), Contended),
        (refused("ThrottlingException"), StoreUnavailable),
        (lost_request, StoreUnavailable),
        (refused("AccessDeniedException"), StoreUnavailable),
    ],
)
def test_what_does_not_pass_is_raised(store: DynamoStore, faults: Faults, fault: Fault, error: type[Exception]) -> None:
    key = a_stream()
    faults.keep_failing(PUT, fault)

    with pytest.raises(error):
        store.models.commit([a_commit(key)])
    assert stored(store, key) is None


def test_a_state_too_large_for_an_item_is_misuse(store: DynamoStore) -> None:
    with pytest.raises(Misuse):
        store.models.commit([a_commit(a_stream(), state=b"7" * 500_000)])


def test_a_commit_without_documents_is_one_put(store: DynamoStore, faults: Faults) -> None:
    store.models.commit([a_commit(a_stream())])

    assert faults.calls == {PUT: 1}


def test_a_register_write_whose_answer_was_lost_took_effect(store: DynamoStore, faults: Faults) -> None:
    for revision in range(3):
        faults.fail(PUT, lost_answer, lost_answer)
        assert store.registers.write("lease/x", b"ours", revision)

    assert store.registers.read("lease/x") == Register(b"ours", 3)


def test_a_lost_register_write_that_a_rival_overtook_did_not(
    store: DynamoStore, faults: Faults, rival: DynamoStore
) -> None:
    faults.fail(PUT, lost_request_then(lambda: rival.registers.write("lease/x", b"theirs", 0)))

    assert not store.registers.write("lease/x", b"ours", 0)
    assert store.registers.read("lease/x") == Register(b"theirs", 1)


def test_a_lost_register_write_that_others_have_written_over_is_told_as_unknown(
    store: DynamoStore, faults: Faults, rival: DynamoStore
) -> None:
    faults.fail(PUT, lost_answer_then(lambda: rival.registers.write("lease/x", b"theirs", 1)))

    with pytest.raises(StoreUnavailable):
        store.registers.write("lease/x", b"ours", 0)
    assert store.registers.read("lease/x") == Register(b"theirs", 2)


def test_a_register_write_is_throttled_no_longer_than_its_patience(store: DynamoStore, faults: Faults) -> None:
    faults.keep_failing(PUT, refused("ThrottlingException"))

    with pytest.raises(StoreUnavailable):
        store.registers.write("lease/x", b"ours", 0)
    assert faults.calls[PUT] == PATIENCE.attempts


def test_a_scan_within_a_slash_is_a_query_and_a_shorter_one_a_scan(store: DynamoStore, faults: Faults) -> None:
    for name in ("lease/b", "lease/a", "leases", "/x", "other/y"):
        assert store.registers.write(name, b"v", 0)
    faults.calls.clear()

    assert [name for name, _ in store.registers.scan("lease/")] == ["lease/a", "lease/b"]
    assert [name for name, _ in store.registers.scan("/")] == ["/x"]
    assert faults.calls == {"query": 2}
    assert [name for name, _ in store.registers.scan("leas")] == ["lease/a", "lease/b", "leases"]
    assert [name for name, _ in store.registers.scan("")] == ["/x", "lease/a", "lease/b", "leases", "other/y"]
    assert faults.calls["scan"] == 2
