"""How many requests appends take, and what they are charged for."""

from typing import TYPE_CHECKING

from processor.adapters.dynamodb import DynamoStore, catalogue
from processor.adapters.dynamodb.items import claim_item, event_item
from processor.log import Duplicate
from tests.factories import a_recorded, a_stream, an_append, an_event, events
from tests.integration.dynamodb.faults import Faults
from tests.integration.dynamodb.test_appends_in_trouble import TRANSACT, versions

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

EVENTS = f"{catalogue.DEFAULT_PREFIX}events"


def test_a_hot_stream_costs_one_request_per_append(store: DynamoStore, faults: Faults) -> None:
    stream = a_stream()
    store.log.append([an_append(stream)])
    faults.calls.clear()

    for _ in range(5):
        store.log.append([an_append(stream)])

    assert faults.calls == {TRANSACT: 5}


def test_a_redelivery_costs_one_request(store: DynamoStore, faults: Faults) -> None:
    stream, event = a_stream(), an_event()
    store.log.append([an_append(stream, event)])
    faults.calls.clear()

    assert store.log.append([an_append(stream, event)]) == [Duplicate(1)]
    assert faults.calls == {TRANSACT: 1}


def test_a_long_redelivery_is_looked_up_rather_than_tried_piece_by_piece(store: DynamoStore, faults: Faults) -> None:
    stream, facts = a_stream(), events(300)
    store.log.append([an_append(stream, *facts)])
    faults.calls.clear()

    assert store.log.append([an_append(stream, *facts)]) == [Duplicate(n) for n in range(1, 301)]
    assert faults.calls == {TRANSACT: 1, "batch_get_item": 3}


def test_appends_of_one_stream_share_transactions_of_50(store: DynamoStore, faults: Faults) -> None:
    stream = a_stream()

    assert versions(store.log.append([an_append(stream) for _ in range(120)])) == list(range(1, 121))
    assert faults.calls[TRANSACT] == 3


def test_a_transaction_is_cut_before_it_outgrows_4_mb(store: DynamoStore, faults: Faults) -> None:
    stream, facts = a_stream(), [an_event(data=b"7" * 300_000) for _ in range(15)]

    assert versions(store.log.append([an_append(stream, *facts)])) == list(range(1, 16))
    assert faults.calls[TRANSACT] == 2
    assert [event.version for event in store.log.read(stream)] == list(range(1, 16))


def test_an_event_is_found_by_its_tx_alone_and_yet_enters_no_index(
    store: DynamoStore, client: "DynamoDBClient"
) -> None:
    stream = a_stream()
    store.log.append([an_append(stream)])
    entry = a_recorded(version=2, stream=stream)
    items = (event_item(entry), claim_item(entry, "nonce"))

    charged = client.transact_write_items(
        TransactItems=[{"Put": {"TableName": EVENTS, "Item": item}} for item in items],
        ReturnConsumedCapacity="INDEXES",
    )["ConsumedCapacity"][0]

    assert charged["Table"]["CapacityUnits"] == charged["CapacityUnits"]
    assert not charged.get("GlobalSecondaryIndexes")
    assert store.log.named(stream.tenant, [entry.tx_id]) == [(stream, entry.tx_id)]
