"""Between the log's records and raw DynamoDB attributes, field by field.

`recorded_from` reads the new images of the table's stream too: every attribute of an event is a text or a number.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from processor.adapters.dynamodb.keys import Item, Key
from processor.events import Event, Recorded
from processor.streams import StreamId

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

EVENT = "e#"
"""What every event's `sk` begins with."""

LAST_VERSION = 10**12 - 1

CLAIM = "x#"
"""What every claim's `sk` begins with."""

_VERSION = len(EVENT)
_NONE: Mapping[str, None] = {"S": None}

_ATTRIBUTES_BYTES = 500
"""What the fixed parts of an event and its claim come to, names of attributes included; generous."""


class Claim(msgspec.Struct, frozen=True, gc=False):
    """Which version a tx_id has in its stream, with what content, and which append wrote it."""

    version: int
    digest: str
    nonce: str


def partition_of(stream: StreamId) -> str:
    """Return the `pk` of a stream's events."""
    return f"{stream.tenant}#{stream.category}#{stream.key}"


def stream_of(partition: str) -> StreamId:
    """Return the stream whose events have this `pk`."""
    tenant, category, key = partition.split("#", 2)
    return StreamId(tenant, category, key)


def event_place(version: int) -> str:
    """Return the `sk` of an event: of fixed width, so that text order is the order of versions."""
    return f"{EVENT}{version:012d}"


def version_at(place: str) -> int:
    """Return the version of the event with this `sk`."""
    return int(place[len(EVENT) :])


def claims_partition(tenant: str, tx_id: str) -> str:
    """Return the `pk` of a tenant's claims of `tx_id`, in whichever streams: hashed, for a tx_id may hold any text."""
    return f"x#{tenant}#{blake2b(tx_id.encode(), digest_size=20).hexdigest()}"


def claim_key(stream: StreamId, tx_id: str) -> Key:
    """Return the key of the claim of `tx_id` in its stream. The longest `sk` has 1,023 bytes of the 1,024 allowed."""
    return claims_partition(stream.tenant, tx_id), f"{CLAIM}{stream.category}#{stream.key}"


def claimed_stream(tenant: str, place: str) -> StreamId:
    """Return the stream whose claim has this `sk`."""
    category, key = place[len(CLAIM) :].split("#", 1)
    return StreamId(tenant, category, key)


def event_item(entry: Recorded) -> Item:
    """Return the item of an event. Version 1 alone enters its stream into the catalogue."""
    item: dict[str, AttributeValueTypeDef] = {
        "pk": {"S": partition_of(entry.stream)},
        "sk": {"S": event_place(entry.version)},
        "type": {"S": entry.type},
        "schema": {"N": str(entry.schema)},
        "data": {"S": entry.data.decode()},
        "tx": {"S": entry.tx_id},
        "digest": {"S": entry.digest},
        "occurred": {"S": entry.occurred_at},
        "recorded": {"S": entry.recorded_at},
        "source": {"S": entry.source},
    }
    if entry.causation is not None:
        item["causation"] = {"S": entry.causation}
    if entry.correlation is not None:
        item["correlation"] = {"S": entry.correlation}
    if entry.version == 1:
        item["catalogue"] = {"N": str(entry.stream.shard)}
        item["tenant"] = {"S": entry.stream.tenant}
    return item


def recorded_from(item: Item) -> Recorded:
    """Return the event that an item, or a new image of the table's stream, holds."""
    return recorded_in(stream_of(item["pk"]["S"]), item)


def recorded_in(stream: StreamId, item: Item) -> Recorded:
    """Return the event that an item holds whose stream is known."""
    get = item.get
    return Recorded(
        stream,
        int(item["sk"]["S"][_VERSION:]),
        item["type"]["S"],
        int(item["schema"]["N"]),
        item["data"]["S"].encode(),
        item["tx"]["S"],
        item["digest"]["S"],
        item["occurred"]["S"],  # type: ignore[arg-type]  # an Instant, as it was written
        item["recorded"]["S"],  # type: ignore[arg-type]
        item["source"]["S"],
        get("causation", _NONE)["S"],
        get("correlation", _NONE)["S"],
    )


def claim_item(entry: Recorded, nonce: str) -> Item:
    """Return the item that claims an event's tx_id for its stream."""
    pk, sk = claim_key(entry.stream, entry.tx_id)
    return {
        "pk": {"S": pk},
        "sk": {"S": sk},
        "version": {"N": str(entry.version)},
        "digest": {"S": entry.digest},
        "nonce": {"S": nonce},
    }


def claim_from(item: Item) -> Claim:
    """Return the claim that an item holds."""
    return Claim(int(item["version"]["N"]), item["digest"]["S"], item["nonce"]["S"])


def bytes_of(stream: StreamId, event: Event | Recorded) -> int:
    """Return at least what an event and its claim weigh together as items."""
    texts = (event.tx_id, event.type, event.source, event.digest * 2, event.causation or "", event.correlation or "")
    return _ATTRIBUTES_BYTES + 8 * len(stream.key) + len(event.data) + sum(4 * len(text) for text in texts)
