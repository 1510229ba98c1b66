"""The catalogue of tables, and whether the tables of an account are what it says."""

import subprocess
import sys
from typing import TYPE_CHECKING, cast

import boto3
import pytest

from processor.adapters.dynamodb import DynamoStore, catalogue, tables
from processor.adapters.dynamodb.items import EVENT, recorded_from
from processor.adapters.dynamodb.retries import Patience
from processor.errors import StoreUnavailable
from processor.models import MAX_INDEXES, Commit, Held, Row
from tests.factories import NOON, a_model, a_stream, an_append, an_event, events

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

EVENTS = f"{catalogue.DEFAULT_PREFIX}events"
REGISTERS = f"{catalogue.DEFAULT_PREFIX}registers"


def test_the_catalogue_is_read_without_any_driver() -> None:
    code = "import sys, processor.adapters.dynamodb.catalogue; print({'boto3', 'botocore'} & {*sys.modules})"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_the_catalogue_has_an_index_for_every_place_of_a_document() -> None:
    assert len(catalogue.DOCUMENT_INDEXES) == MAX_INDEXES


def test_the_log_alone_streams_and_what_cannot_be_folded_again_is_restorable() -> None:
    assert [table.name for table in catalogue.TABLES if table.stream] == ["events"]
    assert [table.name for table in catalogue.TABLES if table.restorable] == ["events", "registers"]


def test_tables_that_were_created_are_as_they_should_be(client: "DynamoDBClient") -> None:
    tables.create(client)

    assert tables.verify(client) == []


def test_another_prefix_has_tables_of_its_own(client: "DynamoDBClient") -> None:
    assert len(tables.verify(client, "other-")) == 3
    tables.create(client, "other-")
    assert tables.verify(client, "other-") == []
    assert len(client.list_tables()["TableNames"]) == 6


def test_every_difference_is_told(client: "DynamoDBClient") -> None:
    for name in (EVENTS, REGISTERS):
        client.delete_table(TableName=name)
    client.create_table(
        TableName=EVENTS,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )

    assert tables.verify(client) == [
        f"table {EVENTS} has other keys than pk and sk",
        f"table {EVENTS} has no stream of new images",
        f"table {EVENTS} has no index catalogue",
        f"table {REGISTERS} does not exist",
    ]


def test_an_index_that_differs_is_told(client: "DynamoDBClient") -> None:
    client.delete_table(TableName=EVENTS)
    [wanted] = [a for a in catalogue.create_table_arguments() if a["TableName"] == EVENTS]
    wanted["GlobalSecondaryIndexes"][0]["Projection"] = {"ProjectionType": "ALL"}
    client.create_table(**wanted)

    assert tables.verify(client) == [f"index catalogue of table {EVENTS} has other keys or another projection"]


def test_a_store_without_tables_is_unavailable_at_once(client: "DynamoDBClient") -> None:
    store = DynamoStore(client, prefix="missing-", patience=Patience(attempts=1000))

    with pytest.raises(StoreUnavailable):
        store.log.heads([a_stream()])
    store.close()


def test_an_event_is_read_from_the_table_s_stream_as_from_the_table(
    store: DynamoStore, client: "DynamoDBClient", endpoint: str, database: str
) -> None:
    stream = a_stream(key="a#b/é")
    store.log.append([an_append(stream, an_event(causation="c"), an_event(correlation="o"))])

    images = _new_images(client, endpoint, database)

    told = [recorded_from(image) for image in images if image["sk"]["S"].startswith(EVENT)]
    assert sorted(told, key=lambda event: event.version) == list(store.log.read(stream))
    assert len(images) == 4


def test_only_the_first_event_of_a_stream_and_only_held_rows_cost_an_index_write(
    store: DynamoStore, client: "DynamoDBClient"
) -> None:
    model, key = a_model(), a_stream()
    mark = Held(2, "no", NOON)
    store.log.append([an_append(key, *events(3))])
    store.models.commit(
        [Commit(model, key, Row(b"", {key: 1}, held={key: mark})), Commit(model, a_stream(), Row(b"", {}))]
    )

    catalogued = client.scan(TableName=EVENTS, IndexName=catalogue.STREAMS_INDEX)["Items"]
    held = client.scan(TableName=f"{catalogue.DEFAULT_PREFIX}models", IndexName=catalogue.HELD_INDEX)["Items"]

    assert [item["sk"]["S"] for item in catalogued] == ["e#000000000001"]
    assert [item["sk"]["S"] for item in held] == [f"r#sku#{key.key}"]


def _new_images(client: "DynamoDBClient", endpoint: str, database: str) -> "list[dict[str, AttributeValueTypeDef]]":
    streams = boto3.client(
        "dynamodbstreams",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=database,
        aws_secret_access_key="local",  # noqa: S106 - DynamoDB Local asks for some key and checks none
    )
    arn = client.describe_table(TableName=EVENTS)["Table"]["LatestStreamArn"]
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=start["ShardIterator"])["Records"]
    streams.close()
    return [cast("dict[str, AttributeValueTypeDef]", record["dynamodb"]["NewImage"]) for record in records]
