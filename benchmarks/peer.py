"""The peer, `eventsourcing` from PyPI, used as its documentation tells and at its best.

Its log is its application recorder, which gives every event a place in one order: that is what its projections follow.
Stored states are JSON by msgspec, much faster than its default transcoder; identities are text, since SKUs are.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore
from psycopg.conninfo import conninfo_to_dict

from benchmarks.traffic import Arrival
from processor.clock import Instant
from processor.events import Recorded
from processor.streams import StreamId

Datastore = SQLiteDatastore | PostgresDatastore
Recorder = SQLiteApplicationRecorder | PostgresApplicationRecorder

RECORDED_AT = Instant("2026-11-20T10:00:01.000000Z")


class State(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What the peer stores of an event beside its topic and place: the bytes that our log stores, in one value."""

    schema: int
    data: msgspec.Raw
    tx_id: str
    digest: str
    occurred_at: Instant
    recorded_at: Instant
    source: str
    correlation: str | None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(State).decode


class Numbering:
    """The versions of streams: the peer expects its caller to know them."""

    def __init__(self) -> None:
        self._heads: Counter[StreamId] = Counter()

    def stored(self, arrivals: Sequence[Arrival]) -> list[StoredEvent]:
        """Return the arrivals as the peer's recorder takes them."""
        return [self._stored(arrival) for arrival in arrivals]

    def _stored(self, arrival: Arrival) -> StoredEvent:
        stream, event = arrival
        self._heads[stream] += 1
        state = State(
            event.schema,
            msgspec.Raw(event.data),
            event.tx_id,
            event.digest,
            event.occurred_at,
            RECORDED_AT,
            event.source,
            event.correlation,
        )
        return StoredEvent(str(stream), self._heads[stream], event.type, _encode(state))


def recorded(notification: Notification) -> Recorded:
    """Return a stored event of the peer's as our folds take it."""
    state = _decode(notification.state)
    return Recorded(
        StreamId.parse(str(notification.originator_id)),
        notification.originator_version,
        notification.topic,
        state.schema,
        bytes(state.data),
        state.tx_id,
        state.digest,
        state.occurred_at,
        state.recorded_at,
        state.source,
        None,
        state.correlation,
    )


def sqlite_datastore(path: Path) -> SQLiteDatastore:
    """Open the peer's SQLite as it opens it itself: WAL, and SQLite's own `synchronous`, which is FULL."""
    return SQLiteDatastore(str(path), originator_id_type="text")


def postgres_datastore(address: str, *, functions: bool = False) -> PostgresDatastore:
    """Open the peer's PostgreSQL. `functions` inserts by a stored function: one round trip, and no table lock."""
    told = conninfo_to_dict(address)
    return PostgresDatastore(
        str(told["dbname"]),
        str(told["host"]),
        str(told.get("port", "")),
        str(told["user"]),
        str(told.get("password", "")),
        originator_id_type="text",
        enable_db_functions=functions,
    )


def recorder(datastore: Datastore) -> Recorder:
    """Return the peer's application recorder with its table made."""
    made: Recorder
    if isinstance(datastore, SQLiteDatastore):
        made = SQLiteApplicationRecorder(datastore)
    else:
        made = PostgresApplicationRecorder(datastore)
    made.create_table()
    return made
