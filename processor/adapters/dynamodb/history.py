"""Writing events that were recorded before, at the very places they had: for who fills empty tables from a copy.

Each event goes with its claim, on the condition that nothing stands there yet, so whatever others may have written
meanwhile is found and never overwritten. The nonce is the copy's: what an earlier, broken-off run of the same copy
wrote is recognised, and the rest is written.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from processor.adapters.dynamodb.access import MAX_GETS, TableAccess
from processor.adapters.dynamodb.appending import MAX_BYTES
from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX, EVENTS
from processor.adapters.dynamodb.items import bytes_of, claim_from, claim_item, claim_key, event_item
from processor.adapters.dynamodb.keys import ABSENT, key_of
from processor.adapters.dynamodb.retries import ConditionFailed, Patience, Retries
from processor.adapters.dynamodb.workers import Workers, chunks
from processor.errors import Contended, ProcessorError
from processor.events import Recorded
from processor.streams import StreamId

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef
EVENTS_AT_ONCE, WORKERS = 25, 8
"""Half of what a transaction holds, few at once: a table, or an emulator, that is slow answers in time all the same."""

PATIENCE = Patience(attempts=16)


class PlaceTaken(ProcessorError):
    """Another event, or another's claim, stands where one of the copy belongs: somebody else writes to the tables."""

    def __init__(self, stream: StreamId, version: int) -> None:
        super().__init__(
            f"event {version} of {stream} is not the copy's: something else writes to these tables; stop it, and "
            "restore into empty tables (another prefix: --prefix)"
        )
        self.stream, self.version = stream, version


class History:
    """Fills the table `events`. Safe to repeat; `nonce` names the copy. Close it."""

    def __init__(
        self,
        client: "DynamoDBClient",
        nonce: str,
        prefix: str = DEFAULT_PREFIX,
        *,
        workers: int = WORKERS,
        patience: Patience = PATIENCE,
    ) -> None:
        self._access = TableAccess(client, prefix + EVENTS, Retries(patience))
        self._workers, self._nonce = Workers(workers), nonce

    def is_empty(self) -> bool:
        """Tell whether there is nothing at all in the table. Strongly consistent."""
        return next(self._access.scan({"Limit": 1, "ConsistentRead": True, "ProjectionExpression": "pk"}), None) is None

    def write(self, events: Sequence[Recorded]) -> None:
        """Write events, in parallel transactions; once it returns they are durable.

        Raises PlaceTaken, StoreUnavailable, or Contended.
        """
        self._workers.spread(self._write, list(_transactions(events)))

    def close(self) -> None:
        """Let the threads go."""
        self._workers.close()

    def _write(self, events: Sequence[Recorded]) -> None:
        left = events
        for attempt in range(1, self._access.patience.races + 1):
            if not left:
                return
            try:
                self._access.transact([write for event in left for write in self._writes(event)])
            except ConditionFailed:
                left = self._missing(left)
                self._access.patience.pause(attempt)
                continue
            return
        raise Contended(f"stream {left[0].stream}", self._access.patience.races)

    def _missing(self, events: Sequence[Recorded]) -> list[Recorded]:
        """Return what is not in the table yet. Raises PlaceTaken where anything else stands in a place of theirs."""
        keys = [key for event in events for key in self._keys(event)]
        found = {key_of(item): item for part in chunks(keys, MAX_GETS) for item in self._access.items(part)}
        missing = []
        for event in events:
            place, claim = (found.get(key) for key in self._keys(event))
            if place is None and claim is None:
                missing.append(event)
            elif place is None or claim is None or claim_from(claim).nonce != self._nonce:
                raise PlaceTaken(event.stream, event.version)
        return missing

    def _keys(self, event: Recorded) -> tuple[tuple[str, str], tuple[str, str]]:
        return key_of(event_item(event)), claim_key(event.stream, event.tx_id)

    def _writes(self, event: Recorded) -> "Iterator[TransactWriteItemTypeDef]":
        for item in (event_item(event), claim_item(event, self._nonce)):
            yield {"Put": {"TableName": self._access.table, "Item": item, "ConditionExpression": ABSENT}}


def _transactions(events: Sequence[Recorded]) -> Iterator[list[Recorded]]:
    """Yield `events` in order, as many at a time as fit into a transaction."""
    chunk: list[Recorded] = []
    weight = 0
    for event in events:
        of = bytes_of(event.stream, event)
        if chunk and (len(chunk) == EVENTS_AT_ONCE or weight + of > MAX_BYTES):
            yield chunk
            chunk, weight = [], 0
        chunk.append(event)
        weight += of
    if chunk:
        yield chunk
