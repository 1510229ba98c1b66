"""User records out of the aggregates that the Kinesis Producer Library makes.

An aggregate is MAGIC, a protobuf message and its MD5 (github: awslabs/amazon-kinesis-producer, aggregation-format.md).
`aws_kinesis_agg` takes one apart, but trusts what it finds: a record that it cannot read ends the aggregate without
an error, with a print of the content, and a wrong checksum makes it hand out the aggregate as if it were a record. So
what an aggregate announces is counted against what comes out.
"""

from base64 import b64decode
from hashlib import md5
from typing import Any

import msgspec
from aws_kinesis_agg import DIGEST_SIZE, MAGIC, deaggregator, messages_pb2
from google.protobuf.message import DecodeError

from processor.arrivals import Arrival, Broken

_AGGREGATE: Any = vars(messages_pb2)["AggregatedRecord"]  # made at import, from the schema
_SHORTEST = len(MAGIC) + DIGEST_SIZE

vars(deaggregator)["print"] = lambda *_args, **_kwargs: None
"""The library prints records that it cannot read; what they hold is nobody's to read in a log."""


def user_records(record: Arrival) -> list[Arrival | Broken]:
    """Return the user records in `record`, in order; a record that is no aggregate holds itself.

    Of an aggregate that is broken comes what can be read before the break, and then the whole of it as `Broken`:
    reading it again later finds the same records at the same places. Raises nothing.
    """
    if not record.data.startswith(MAGIC):
        return [_at(record, 0, record.data)]
    announced = _announced(record.data)
    if isinstance(announced, str):
        return [Broken(record, announced)]
    found: list[Arrival | Broken] = [_at(record, sub, data) for sub, data in enumerate(_taken_apart(record))]
    if len(found) != announced:
        told = f"the aggregate announces {announced:,} records, of which {len(found):,} can be read"
        found.append(Broken(record, told))
    return found


def _announced(data: bytes) -> int | str:
    """Return how many records an aggregate says it holds, or why it cannot say."""
    if len(data) <= _SHORTEST:
        return f"the aggregate is cut off after {len(data)} bytes"
    message, digest = data[len(MAGIC) : -DIGEST_SIZE], data[-DIGEST_SIZE:]
    if md5(message, usedforsecurity=False).digest() != digest:
        return "the aggregate's checksum is not that of its content: it was cut off or changed on its way"
    try:
        return len(_AGGREGATE.FromString(message).records)
    except DecodeError as error:
        return f"the aggregate holds no protobuf message as it should: {error}"


def _taken_apart(record: Arrival) -> list[bytes]:
    """Return what the library hands out."""
    given = {
        "Data": record.data,
        "SequenceNumber": record.place.sequence,
        "PartitionKey": "",
        "ApproximateArrivalTimestamp": record.at,
    }
    found = deaggregator.iter_deaggregate_records([given], data_format="Boto3")  # type: ignore[no-untyped-call]
    return [b64decode(user_record["kinesis"]["data"]) for user_record in found]


def _at(record: Arrival, sub: int, data: bytes) -> Arrival:
    place = record.place._replace(sub=sub)
    return msgspec.structs.replace(record, place=place, data=data)
