"""From raw records of the table's stream to doorbells.

Takes the JSON that Lambda hands on and what boto3's `get_records` answers: both carry the item as raw attributes, which
`items.recorded_in` reads field by field. Only new events ring. Claims, changes, removals (those by a time to live
too) and kinds of record that are not known here are passed over.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from processor.adapters.dynamodb.catalogue import PARTITION, SORT
from processor.adapters.dynamodb.items import EVENT, recorded_in, stream_of
from processor.events import Recorded
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

    `bells` holds one per stream, its hints in the order of their arrival. `first` is the sequence number of each
    stream's first record: where a delivery must begin again so that the stream is in it. `passed` counts what rings
    nothing.
    """

    bells: list[Doorbell] = msgspec.field(default_factory=list)
    first: dict[StreamId, str] = msgspec.field(default_factory=dict)
    unread: list[Unread] = msgspec.field(default_factory=list)
    passed: int = 0


class _Own(msgspec.Struct, gc=False):
    """What came of one stream."""

    stream: StreamId
    first: str
    events: list[Recorded]


def arrived(records: Iterable[StreamRecord]) -> Arrived:
    """Read `records`. Never raises.

    An event that cannot be read rings its stream all the same, without a hint: the log is the truth. What does not even
    name its stream is told in `unread`.
    """
    found, own = Arrived(), dict[str, _Own]()
    for record in records:
        try:
            change = record["dynamodb"]
            image = change["NewImage"]
            if record["eventName"] != INSERT or not image[SORT]["S"].startswith(EVENT):
                found.passed += 1
                continue
            of = own.get(image[PARTITION]["S"])
            if of is None:
                of = _own(image[PARTITION]["S"], change["SequenceNumber"], own)
            of.events.append(recorded_in(of.stream, image))
        except Exception as error:  # noqa: BLE001 - a stranger's record may lack or hold anything
            _bare(record, error, found, own)
    found.bells = [Doorbell(of.stream, tuple(of.events)) for of in own.values()]
    found.first = {of.stream: of.first for of in own.values()}
    return found


def _own(partition: str, sequence: str, own: dict[str, _Own]) -> _Own:
    """Note that a stream came. Raises ValueError where `partition` is none of a stream's."""
    of = own[partition] = _Own(stream_of(partition), sequence, [])
    return of


def sequence_of(record: StreamRecord) -> str:
    """Return the record's sequence number, empty where it has none."""
    change = record.get("dynamodb") if isinstance(record, Mapping) else None
    number = change.get("SequenceNumber") if isinstance(change, Mapping) else None
    return number if isinstance(number, str) else ""


def _bare(record: StreamRecord, error: Exception, found: Arrived, own: dict[str, _Own]) -> None:
    """Note a doorbell without a hint, where the record's key can be read."""
    sequence = sequence_of(record)
    try:
        change = record["dynamodb"]
        key = change.get("Keys") or change["NewImage"]
        partition, place = key[PARTITION]["S"], key[SORT]["S"]
        if record["eventName"] != INSERT or not place.startswith(EVENT):
            found.passed += 1
        elif partition not in own:
            _own(partition, sequence, own)
    except Exception:  # noqa: BLE001 - the same
        found.unread.append(Unread(sequence, f"{type(error).__name__}: {error}"))
