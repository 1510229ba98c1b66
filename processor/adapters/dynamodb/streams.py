"""From raw records of the table's stream to doorbells.

Takes the JSON that Lambda hands on and what boto3's `get_records` answers: both carry the item as raw attributes, which
`items.recorded_from` reads field by field. Only new events ring. Claims, changes, removals (those by a time to live
too) and kinds of record that are not known here are passed over.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from processor.adapters.dynamodb.catalogue import PARTITION, SORT
from processor.adapters.dynamodb.items import EVENT, recorded_from, stream_of
from processor.source import Doorbell
from processor.streams import StreamId

StreamRecord = Mapping[str, Any]
"""`{"eventName": ..., "dynamodb": {"Keys": ..., "NewImage": ..., "SequenceNumber": ...}}`, and more beside."""

INSERT = "INSERT"


class Unread(msgspec.Struct, frozen=True):
    """A record that tells not even which stream may have moved. `sequence` is empty where it names none."""

    sequence: str
    reason: str


class Arrived(msgspec.Struct):
    """What a batch of records says.

    `bells` are in the records' order. `first` holds the sequence number of each stream's first record: where a delivery
    must begin again so that the stream is in it. `passed` counts what rings nothing.
    """

    bells: list[Doorbell] = msgspec.field(default_factory=list)
    first: dict[StreamId, str] = msgspec.field(default_factory=dict)
    unread: list[Unread] = msgspec.field(default_factory=list)
    passed: int = 0


def arrived(records: Iterable[StreamRecord]) -> Arrived:
    """Read `records`. Never raises.

    An event that cannot be read rings its stream all the same, without a hint: the log is the truth. What does not even
    name its stream is told in `unread`.
    """
    found = Arrived()
    bells, first = found.bells, found.first
    for record in records:
        try:
            change = record["dynamodb"]
            if record["eventName"] != INSERT or not change["NewImage"][SORT]["S"].startswith(EVENT):
                found.passed += 1
                continue
            event, sequence = recorded_from(change["NewImage"]), change["SequenceNumber"]
            bells.append(Doorbell(event.stream, (event,)))
            first.setdefault(event.stream, sequence)
        except Exception as error:  # noqa: BLE001 - a stranger's record may lack or hold anything
            _bare(record, error, found)
    return found


def sequence_of(record: StreamRecord) -> str:
    """Return the record's sequence number, empty where it has none."""
    change = record.get("dynamodb") if isinstance(record, Mapping) else None
    number = change.get("SequenceNumber") if isinstance(change, Mapping) else None
    return number if isinstance(number, str) else ""


def _bare(record: StreamRecord, error: Exception, found: Arrived) -> None:
    """Note a doorbell without a hint, where the record's key can be read."""
    sequence = sequence_of(record)
    try:
        change = record["dynamodb"]
        key = change.get("Keys") or change["NewImage"]
        partition, place = key[PARTITION]["S"], key[SORT]["S"]
        if record["eventName"] != INSERT or not place.startswith(EVENT):
            found.passed += 1
            return
        stream = stream_of(partition)
    except Exception:  # noqa: BLE001 - the same
        found.unread.append(Unread(sequence, f"{type(error).__name__}: {error}"))
        return
    found.bells.append(Doorbell(stream))
    found.first.setdefault(stream, sequence)
