"""Streams' heads: as the table has them, as this process remembers them, and who of its threads appends."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from processor.adapters.dynamodb.access import TableAccess
from processor.adapters.dynamodb.items import EVENT, partition_of, version_at
from processor.streams import StreamId

_STRIPES = 512
_COURTESY_SECONDS = 2.0


class Heads:
    """What is remembered is a hint: a head is at least what was seen of it, and the conditions of a write decide.

    Hints hold for as long as streams only grow: restart processes after a restore of the tables.
    """

    def __init__(self, access: TableAccess, capacity: int = 20_000) -> None:
        self._access, self._capacity = access, capacity
        self._lock = Lock()
        self._seen: dict[StreamId, int] = {}
        self._turns = tuple(Lock() for _ in range(_STRIPES))

    def read(self, stream: StreamId) -> int:
        """Return the newest version in the table, 0 for an unknown stream. Strongly consistent."""
        newest = self._access.query(
            {
                "KeyConditionExpression": "pk = :pk AND begins_with(sk, :event)",
                "ExpressionAttributeValues": {":pk": {"S": partition_of(stream)}, ":event": {"S": EVENT}},
                "ProjectionExpression": "sk",
                "ScanIndexForward": False,
                "Limit": 1,
                "ConsistentRead": True,
            }
        )
        return next((version_at(item["sk"]["S"]) for item in newest), 0)

    def hint(self, stream: StreamId) -> int | None:
        """Return a version the stream is known to have, or None."""
        return self._seen.get(stream)

    def saw(self, stream: StreamId, version: int) -> int:
        """Remember that the stream has `version`; return the newest it is known to have."""
        with self._lock:
            newest = max(version, self._seen.pop(stream, 0))
            self._seen[stream] = newest
            if len(self._seen) > self._capacity:
                del self._seen[next(iter(self._seen))]
            return newest

    @contextmanager
    def turn(self, stream: StreamId) -> Iterator[None]:
        """Let threads of this process append to a stream one after another: rivals would only waste writes.

        A courtesy with an end to it: who has waited long enough goes on beside the other.
        """
        lock = self._turns[hash(stream) % _STRIPES]
        mine = lock.acquire(timeout=_COURTESY_SECONDS)
        try:
            yield
        finally:
            if mine:
                lock.release()
