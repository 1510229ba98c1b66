"""Kinesis records for tests: single ones, and real aggregates made by aws-kinesis-agg, whole or damaged."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import md5
from typing import Any

from aws_kinesis_agg import DIGEST_SIZE, MAGIC
from aws_kinesis_agg.aggregator import RecordAggregator

from processor.arrivals import Arrival, Place
from tests.factories import MORNING

STREAM, SHARD = "orders", "shardId-000000000000"


def a_sale_of(sku: str = "A", quantity: int = 1, **more: object) -> dict[str, object]:
    return {"type": "sale", "sku": sku, "quantity": quantity, **more}


def data_of(record: object) -> bytes:
    return record if isinstance(record, bytes) else json.dumps(record).encode()


def aggregate(records: Iterable[object]) -> bytes:
    """Return what the Kinesis Producer Library would send of `records`."""
    aggregator: Any = RecordAggregator()  # type: ignore[no-untyped-call]
    for number, record in enumerate(records):
        aggregator.add_user_record(f"key-{number}", data_of(record))
    data: bytes = aggregator.clear_and_get().get_contents()[2]
    return data


def with_a_bad_record(records: Sequence[object], bad: int) -> bytes:
    """Return an aggregate, whole by its checksum, whose record number `bad` names a partition key that is not there."""
    aggregator: Any = RecordAggregator()  # type: ignore[no-untyped-call]
    for number, record in enumerate(records):
        aggregator.add_user_record(f"key-{number}", data_of(record))
    made = aggregator.clear_and_get()
    made.agg_record.records[bad].partition_key_index = 999
    data: bytes = made.get_contents()[2]
    return data


def with_a_bad_checksum(records: Iterable[object]) -> bytes:
    data = aggregate(records)
    return data[:-1] + bytes([data[-1] ^ 1])


def no_protobuf() -> bytes:
    """Return an aggregate whose checksum is right and whose content is none."""
    message = b"\xff" * 40
    return MAGIC + message + md5(message, usedforsecurity=False).digest()


def cut_off(records: Iterable[object], kept: int) -> bytes:
    data = aggregate(records)
    assert 0 < kept < len(data)
    return data[:kept]


def arrival(data: object, sequence: int = 1, sub: int | None = None, shard: str = SHARD) -> Arrival:
    return Arrival(Place("kinesis", STREAM, shard, f"{sequence:056d}", sub), data_of(data), MORNING)


def event_of(records: Sequence[Arrival]) -> dict[str, Any]:
    """Return the Lambda event that delivers `records`."""
    return {"Records": [_in_an_event(record) for record in records]}


def _in_an_event(record: Arrival) -> Mapping[str, Any]:
    place = record.place
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "1",
            "sequenceNumber": place.sequence,
            "data": b64encode(record.data).decode(),
            "approximateArrivalTimestamp": 1763632800.123,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{place.shard}:{place.sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-role",
        "awsRegion": "us-east-2",
        "eventSourceARN": f"arn:aws:kinesis:us-east-2:123456789012:stream/{place.stream}",
    }


TOO_SHORT = len(MAGIC) + DIGEST_SIZE
