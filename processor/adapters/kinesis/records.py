"""Kinesis records in the two forms that they come in: Lambda's events (base64) and boto3's answers (bytes)."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from processor.arrivals import Arrival, Place
from processor.clock import Instant, instant

if TYPE_CHECKING:
    from types_boto3_kinesis.type_defs import RecordTypeDef

SOURCE = "kinesis"


def of_event(record: Mapping[str, Any]) -> Arrival:
    """Return a record of a Lambda event (Lambda Developer Guide, "Using Lambda with Kinesis").

    Raises KeyError for something else.
    """
    kinesis = record["kinesis"]
    shard = str(record["eventID"]).partition(":")[0]
    stream = str(record["eventSourceARN"]).rpartition("/")[2]
    place = Place(SOURCE, stream, shard, str(kinesis["sequenceNumber"]))
    at = datetime.fromtimestamp(float(kinesis["approximateArrivalTimestamp"]), UTC)
    return Arrival(place, _decoded(str(kinesis["data"])), instant(at))


def of_boto3(stream: str, shard: str, record: "RecordTypeDef") -> Arrival:
    """Return a record of a GetRecords answer."""
    arrived = record.get("ApproximateArrivalTimestamp")
    at = Instant("1970-01-01T00:00:00.000000Z") if arrived is None else instant(arrived)
    return Arrival(Place(SOURCE, stream, shard, record["SequenceNumber"]), record["Data"], at)


def _decoded(data: str) -> bytes:
    """Return what `data` encodes; where it is no base64, its own bytes: they are quarantined as they came."""
    try:
        return b64decode(data, validate=True)
    except NotBase64:
        return data.encode()
