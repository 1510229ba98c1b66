"""The port of the event log: the only truth."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from processor.events import Event, Recorded
from processor.streams import StreamId

MAX_EVENTS_PER_APPEND = 1000
MAX_NAMED = 1000

FactId = tuple[StreamId, str]
"""What names a fact: its stream and its `tx_id` there."""


class Append(msgspec.Struct, frozen=True, gc=False):
    """Events for the end of one stream, together: all that are new, or none.

    A store whose transactions are smaller (DynamoDB: 50 events) commits a larger append in several steps, in order;
    what a crash leaves out is appended when the caller repeats the append, as it must.

    `expected` is the head the caller decided upon; None where the events are facts that hold whatever came before.
    """

    stream: StreamId
    events: tuple[Event, ...]
    expected: int | None = None


class Appended(msgspec.Struct, frozen=True, gc=False):
    """The event is durable, at this place."""

    event: Recorded

    @property
    def version(self) -> int:
        """The event's version, from 1."""
        return self.event.version


class Duplicate(msgspec.Struct, frozen=True, gc=False):
    """The same fact was appended before, at `version`; nothing was written."""

    version: int


class Conflict(msgspec.Struct, frozen=True, gc=False):
    """The `tx_id` was used before, at `version`, for another content; nothing was written."""

    version: int


class Stale(msgspec.Struct, frozen=True, gc=False):
    """The stream has moved past `Append.expected` to `actual`; nothing was written."""

    actual: int


Outcome = Appended | Duplicate | Conflict | Stale


class Catalogue(Protocol):
    """Which streams there are. Any method may raise `StoreUnavailable`."""

    def streams(self, tenant: str | None = None, shard: int = 0, shards: int = 1) -> Iterator[StreamId]:
        """Yield the catalogue: every stream (of `tenant`) whose `StreamId.shard` % `shards` == `shard`, in any order.

        Eventually consistent: a stream begun during the call may be missed; one begun well before is not.
        """
        ...

    def count(self, tenant: str, category: str) -> int:
        """Count a tenant's streams of one category. As consistent as `streams`; its cost may grow with the answer."""
        ...

    def named(self, tenant: str, tx_ids: Sequence[str]) -> list[FactId]:
        """Return which of a tenant's streams hold facts with these `tx_ids`, at most MAX_NAMED, in any order.

        A seek for each, whatever the size of the log; `find` then reads the facts. Strongly consistent.
        """
        ...


class EventLog(Catalogue, Protocol):
    """An append-only log of streams, safe under concurrent writers in any number of processes.

    Promises: versions of a stream are 1..n without gaps or repeats. A `tx_id` is appended at most once per stream,
    for ever. What `append` answered is durable. Any method may raise `StoreUnavailable`; then whether an append took
    effect is unknown, and repeating it is always right.
    """

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        """Append facts and answer one outcome per event, in the order given, appends concatenated.

        Per stream: events whose `tx_id` is claimed (or came earlier in this call) are answered `Duplicate` with the
        first version, or `Conflict` where the digest differs; the others are committed together. Where `expected` is
        given and is not the head, the others are answered `Stale`; a `Duplicate` or a `Conflict` beats it. One event
        never spoils its neighbours: different appends commit independently, though a store may commit them in one
        transaction. The same stream may come in several appends: they take effect in order.

        An append holds 1 to MAX_EVENTS_PER_APPEND events. Raises Misuse for none, having written nothing of the call,
        and Contended (retryable, as StoreUnavailable is) where races were lost too often.
        """
        ...

    def read(self, stream: StreamId, after: int = 0, limit: int | None = None) -> Iterator[Recorded]:
        """Yield the stream's events from version `after` + 1 on, in order, at most `limit`.

        Strongly consistent: what `append` answered before the call is seen. Only the gap-free run from `after` + 1
        is yielded. An unknown stream yields nothing.
        """
        ...

    def read_many(self, after: Mapping[StreamId, int], limit: int) -> dict[StreamId, list[Recorded]]:
        """Read several streams, each from its own version + 1 on, at most `limit` events in all.

        Each list is a gap-free run as `read` gives. Streams are served in the mapping's order; one that is cut short
        or left out by `limit` goes on at the next call. Streams without newer events may be absent.
        """
        ...

    def heads(self, streams: Sequence[StreamId]) -> dict[StreamId, int]:
        """Return the newest version of each stream, 0 for an unknown one. Strongly consistent."""
        ...

    def find(self, facts: Sequence[FactId]) -> dict[FactId, Recorded]:
        """Return those of `facts` that were appended. Strongly consistent."""
        ...
