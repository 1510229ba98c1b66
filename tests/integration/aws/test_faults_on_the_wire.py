"""Whatever the network and the services do to requests beneath boto3: nothing lost, nothing doubled."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import boto3
import pytest

from ingest.latecomers import Latecomers
from processor.adapters.dynamodb import DynamoStore, client_config
from processor.adapters.dynamodb.retries import Retries
from processor.adapters.dynamodb.shards import Expired, StreamAccess
from processor.adapters.dynamodb.walks import Walks
from processor.adapters.memory.queues import MemoryQueue
from processor.clock import system_clock
from processor.delivery import Delivery
from processor.engine import Engine
from processor.log import Appended, Conflict, Duplicate
from processor.models import Commit, Model, Row
from processor.source import Doorbell
from projections import PROJECTIONS
from stock.codec import decode
from syncstate.care import verifying_tables
from syncstate.care.tally import Tally, nobody
from syncstate.clients import checked
from syncstate.lambdas import buffer
from tests.factories import a_sale, a_stream, an_append
from tests.gateway import failed_in, sqs_event
from tests.integration.aws.conftest import PATIENCE
from tests.integration.aws.functions import delivered, doors_over, kinds, sold
from tests.integration.dynamodb.wire import (
    Fault,
    Wire,
    cancelled,
    cut_off,
    half_served,
    lost_answer,
    lost_request,
    no_json,
    refused,
    torn,
)
from tests.payloads import a_line, an_order_body

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TRANSACT = "TransactWriteItems"
WRITES: dict[str, Fault] = {
    "throttled": refused("ThrottlingException"),
    "over capacity": refused("ProvisionedThroughputExceededException"),
    "fault of the server": refused("InternalServerError", 500),
    "timeout after success": lost_answer,
    "lost on its way": lost_request,
    "answer cut off": cut_off,
    "answer of a proxy": no_json,
}
TRANSACTIONS: dict[str, Fault] = {
    **WRITES,
    "conflict of transactions": cancelled("TransactionConflict"),
    "throttled item": cancelled("ThrottlingError"),
    "item over capacity": cancelled("ProvisionedThroughputExceeded"),
}
READS = WRITES


@pytest.fixture
def wire(client: "DynamoDBClient") -> Wire:
    return Wire(checked(client))


@pytest.fixture
def store(client: "DynamoDBClient", wire: Wire) -> Iterator[DynamoStore]:
    assert wire
    with closing(DynamoStore(client, clock=system_clock, patience=PATIENCE)) as store:
        yield store


@pytest.fixture
def whole(endpoint: str, client: "DynamoDBClient") -> Iterator[DynamoStore]:
    """A store upon the same tables by a wire of its own."""
    assert client
    with closing(DynamoStore(boto3.client("dynamodb", endpoint_url=endpoint, config=client_config()))) as store:
        yield store


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("trouble", TRANSACTIONS)
def test_an_append_is_made_once(store: DynamoStore, wire: Wire, trouble: str, times: int) -> None:
    stream, fact = a_stream(), a_sale()
    wire.fail(TRANSACT, *[TRANSACTIONS[trouble]] * times)
    [outcome] = store.log.append([an_append(stream, fact)])
    assert isinstance(outcome, Appended), "its own earlier try is no duplicate"
    assert wire.sent[TRANSACT] == times + 1
    assert [entry.tx_id for entry in store.log.read(stream)] == [fact.tx_id]
    assert store.log.append([an_append(stream, fact)]) == [Duplicate(1)]


@pytest.mark.parametrize("trouble", TRANSACTIONS)
def test_what_another_made_meanwhile_is_a_duplicate_or_a_conflict(store: DynamoStore, wire: Wire, trouble: str) -> None:
    stream, fact = a_stream(), a_sale()
    store.log.append([an_append(stream, fact)])
    other = a_sale(7, tx=fact.tx_id)
    wire.fail(TRANSACT, TRANSACTIONS[trouble])
    assert store.log.append([an_append(stream, fact)]) == [Duplicate(1)]
    wire.fail(TRANSACT, TRANSACTIONS[trouble])
    assert store.log.append([an_append(stream, other)]) == [Conflict(1)]
    assert store.log.heads([stream]) == {stream: 1}


@pytest.mark.parametrize("trouble", WRITES)
def test_a_row_is_committed_once(store: DynamoStore, wire: Wire, trouble: str) -> None:
    model, key = Model("inventory", 1), a_stream()
    for revision in range(3):
        wire.fail("PutItem", WRITES[trouble])
        assert store.models.commit([Commit(model, key, Row(b"{}", {key: revision + 1}, revision))]) == [True]
    assert store.models.load(model, [key])[key].revision == 3


@pytest.mark.parametrize("trouble", [*READS, "torn"])
def test_a_read_brings_all(store: DynamoStore, wire: Wire, trouble: str) -> None:
    stream = a_stream()
    store.log.append([an_append(stream, *(a_sale() for _ in range(5)))])
    wire.fail("Query", READS.get(trouble, torn), READS.get(trouble, torn))
    assert [entry.version for entry in store.log.read(stream)] == [1, 2, 3, 4, 5]


def test_what_a_batch_leaves_unserved_is_asked_for_again(store: DynamoStore, wire: Wire) -> None:
    model, keys = Model("inventory", 1), [a_stream() for _ in range(9)]
    store.models.commit([Commit(model, key, Row(b"{}", {key: 1}, 0)) for key in keys])
    wire.fail("BatchGetItem", half_served, refused("ThrottlingException"), half_served, half_served)
    assert set(store.models.load(model, keys)) == set(keys)
    wire.fail("BatchWriteItem", half_served, half_served, lost_answer, half_served)
    store.models.drop(model)
    assert store.models.load(model, keys) == {}


def test_an_iterator_that_expired_is_told_as_such(client: "DynamoDBClient", surroundings: None, endpoint: str) -> None:
    del surroundings
    streams = boto3.client("dynamodbstreams", endpoint_url=endpoint)
    wire, table = Wire(streams), client.list_tables()["TableNames"][0]
    access = StreamAccess(streams, table, Retries(PATIENCE))
    [shard] = access.shards()
    wire.fail("GetRecords", lost_answer, refused("ExpiredIteratorException"))
    with pytest.raises(Expired):
        access.records(access.iterator(shard, None))
    assert wire.sent["GetRecords"] == 2
    assert access.records(access.iterator(shard, None))[0] == []


@pytest.mark.parametrize("seed", range(8))
def test_in_the_end_every_order_counts_once_and_models_are_the_fold(
    client: "DynamoDBClient", store: DynamoStore, wire: Wire, whole: DynamoStore, seed: int
) -> None:
    """Deliveries by the webhook's ways in, what waited by the buffer's, folds by the stream's, all on one bad wire."""
    chance = Random(seed)
    waiting, redo = (MemoryQueue(timedelta(milliseconds=1)) for _ in range(2))
    doors, latecomers = doors_over(store, waiting), Latecomers(store.log)
    orders = [an_order_body(a_line(n, f"S{n % 3}", 1 + n % 2), a_line(99 + n, "HOT", 1), id_=n) for n in range(1, 13)]
    left = [*orders, *chance.sample(orders, 4)]
    chance.shuffle(left)
    everything: list[tuple[str, Fault]] = [(TRANSACT, fault) for fault in TRANSACTIONS.values()]
    everything += [("PutItem", fault) for fault in WRITES.values()]
    everything += [("Query", fault) for fault in (*READS.values(), torn)]
    everything += [("BatchGetItem", fault) for fault in (*READS.values(), half_served)]
    with closing(Engine(store, PROJECTIONS, decode, watch="inventory")) as engine:
        delivery = Delivery(engine.runner, engine.quarantine, redo)
        for round_ in range(300):
            for _ in range(chance.randrange(6) if round_ < 80 else 0):
                operation, fault = chance.choice(everything)
                wire.fail(operation, *[fault] * chance.choice([1, 1, 2, 5]))
            if round_ == 80:
                wire.mend()
            if left and chance.random() < 0.6:
                body = left.pop(0)
                status = delivered(doors, body)
                assert status in (200, 503)
                left += [body] * (status == 503)
            for message in waiting.receive(1):
                answer = buffer.taken(latecomers, sqs_event(message.body)["Records"])
                waiting.delete([] if failed_in(answer) else [message])
            if chance.random() < 0.3 or not left:
                streams = list(whole.log.streams())
                delivery.deliver([Doorbell(stream) for stream in chance.sample(streams, len(streams))])
            if round_ > 80 and not left and not len(waiting):
                break
        wire.mend()
        assert (left, len(waiting)) == ([], 0)
        delivery.deliver([Doorbell(stream) for stream in whole.log.streams()])
    wanted = {f"S{part}": sum(1 + n % 2 for n in range(1, 13) if n % 3 == part) for part in range(3)} | {"HOT": 12}
    assert {name: sold(whole, name) for name in wanted} == wanted
    assert kinds(whole, "HOT") == {"SaleRecorded": 12}
    with closing(Walks(client)) as walks:
        assert list(verifying_tables.truth(walks, Tally(), nobody)) == []
    with closing(Walks(client)) as walks:
        assert list(verifying_tables.models(whole, walks, Tally(), nobody)) == []
