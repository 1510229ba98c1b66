"""The envelope around a fact: what the log stores, whatever the fact is about."""

import msgspec

from processor.clock import Instant
from processor.streams import StreamId


class Event(msgspec.Struct, frozen=True, gc=False):
    """A fact that a source states, before the log has given it a version.

    `data` is the JSON of the fact's fields in schema number `schema`. `tx_id` is the source's own identity of the
    fact, at most 200 bytes. `digest` covers the fact's business fields: the same `tx_id` with another digest is a
    conflict. `occurred_at` is by the source's clock. `causation` and `correlation` name what led to the fact.
    """

    type: str
    schema: int
    data: bytes
    tx_id: str
    digest: str
    occurred_at: Instant
    source: str
    causation: str | None = None
    correlation: str | None = None


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """An event at its place in the log: `stream` at `version` (from 1), never changed again.

    The fields of `Event`, flat, in the same order: an adapter builds one straight from a stored row.
    `recorded_at` is by the log's clock.
    """

    stream: StreamId
    version: int
    type: str
    schema: int
    data: bytes
    tx_id: str
    digest: str
    occurred_at: Instant
    recorded_at: Instant
    source: str
    causation: str | None = None
    correlation: str | None = None


def recorded(stream: StreamId, version: int, event: Event, recorded_at: Instant) -> Recorded:
    """Return `event` at its place in the log."""
    return Recorded(
        stream,
        version,
        event.type,
        event.schema,
        event.data,
        event.tx_id,
        event.digest,
        event.occurred_at,
        recorded_at,
        event.source,
        event.causation,
        event.correlation,
    )
