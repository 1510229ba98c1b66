"""Walks over whole tables, in parallel segments and in no order, for whoever must see everything.

A walk is no moment: what is written meanwhile may be seen or not. `now` looks at one item again, strongly consistent.
"""

import time
from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from processor.adapters.dynamodb.access import MAX_DELETES, TableAccess
from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX, EVENTS, MODELS
from processor.adapters.dynamodb.documents import ROW, document_from, row_from, stream_of_row
from processor.adapters.dynamodb.items import (
    CLAIM,
    EVENT,
    Claim,
    claim_from,
    claim_item,
    claim_key,
    event_place,
    partition_of,
    recorded_from,
    stream_of,
)
from processor.adapters.dynamodb.keys import Item, Key, key_of
from processor.adapters.dynamodb.retries import Patience, Retries
from processor.adapters.dynamodb.workers import Workers, chunks
from processor.events import Recorded
from processor.models import Document, Model, Row
from processor.streams import StreamId

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

SEGMENTS = 8
_PAGE = 500


class SeenEvent(NamedTuple):
    """An event with the key of the claim that belongs to it. `fault` tells what is wrong with its place."""

    event: Recorded
    claim: Key
    fault: str | None


class SeenClaim(NamedTuple):
    """A claim at its key."""

    key: Key
    claim: Claim


class SeenRow(NamedTuple):
    """A row of a model."""

    model: Model
    key: StreamId
    row: Row


class SeenDocument(NamedTuple):
    """A document of a model."""

    model: Model
    tenant: str
    document: Document


class Stray(NamedTuple):
    """An item that is of no kind of ours."""

    key: Key


class Walks:
    """Everything in the tables. `pace` bounds the items a second that are read. Close it."""

    def __init__(
        self,
        client: "DynamoDBClient",
        prefix: str = DEFAULT_PREFIX,
        *,
        pace: float | None = None,
        patience: Patience | None = None,
    ) -> None:
        retries = Retries(patience or Patience())
        self._events = TableAccess(client, prefix + EVENTS, retries)
        self._models = TableAccess(client, prefix + MODELS, retries)
        self._workers, self._pace = Workers(SEGMENTS), pace

    def log(self) -> Iterator[SeenEvent | SeenClaim | Stray]:
        """Yield every event and every claim."""
        for item in self._every(self._events):
            place = item["sk"]["S"]
            if place.startswith(EVENT):
                event = recorded_from(item)
                yield SeenEvent(event, claim_key(event.stream, event.tx_id), _fault(event, item))
            elif place.startswith(CLAIM):
                yield SeenClaim(key_of(item), claim_from(item))
            else:
                yield Stray(key_of(item))

    def models(self) -> Iterator[SeenRow | SeenDocument]:
        """Yield every row and every document of every model."""
        for item in self._every(self._models):
            model, tenant = _model_of(item["pk"]["S"])
            if item["sk"]["S"].startswith(ROW):
                key = stream_of_row(item)
                yield SeenRow(model, key, row_from(key, item))
            else:
                yield SeenDocument(model, tenant, document_from(item))

    def event_now(self, stream: StreamId, version: int) -> Recorded | None:
        """Return the event at its place, None where there is none."""
        item = self._events.item((partition_of(stream), event_place(version)))
        return None if item is None else recorded_from(item)

    def claim_now(self, key: Key) -> Claim | None:
        """Return the claim at `key`, None where there is none."""
        item = self._events.item(key)
        return None if item is None else claim_from(item)

    def claim(self, event: Recorded, nonce: str) -> None:
        """Write the claim of an event, whatever stands there. For tables that nobody else writes to."""
        item = claim_item(event, nonce)
        self._events.transact([{"Put": {"TableName": self._events.table, "Item": item}}])

    def delete_events(self, events: Iterator[tuple[StreamId, int]]) -> None:
        """Delete events by their places. For tables that nobody else writes to."""
        self._delete((partition_of(stream), event_place(version)) for stream, version in events)

    def delete_claims(self, keys: Iterator[Key]) -> None:
        """Delete claims. For tables that nobody else writes to."""
        self._delete(keys)

    def close(self) -> None:
        """Let the threads go."""
        self._workers.close()

    def _delete(self, keys: Iterator[Key]) -> None:
        while some := list(islice(keys, MAX_DELETES * SEGMENTS)):
            self._workers.spread(self._events.delete, list(chunks(some, MAX_DELETES)))

    def _every(self, access: TableAccess) -> Iterator[Item]:
        began, read = time.monotonic(), 0
        scans = [
            access.scan({"Segment": number, "TotalSegments": SEGMENTS, "ConsistentRead": True})
            for number in range(SEGMENTS)
        ]
        while scans:
            pages = self._workers.spread(lambda scan: list(islice(scan, _PAGE)), scans)
            scans = [scan for scan, page in zip(scans, pages, strict=True) if len(page) == _PAGE]
            yield from chain.from_iterable(pages)
            read += sum(map(len, pages))
            if self._pace is not None:
                time.sleep(max(0.0, began + read / self._pace - time.monotonic()))


def _fault(event: Recorded, item: Item) -> str | None:
    """Return what is wrong with where an event stands in the catalogue: version 1 alone does, in its shard."""
    shard, tenant = item.get("catalogue"), item.get("tenant")
    if event.version > 1:
        return "stands in the catalogue, where only event 1 does" if shard else None
    if shard is None or int(shard["N"]) != event.stream.shard or tenant is None:
        return "does not stand in the catalogue as its stream must"
    return None


def _model_of(partition: str) -> tuple[Model, str]:
    name, _, tenant = partition.partition("#")
    projection, _, generation = name.partition("@")
    return Model(projection, int(generation)), tenant


def claimed_by(key: Key) -> StreamId:
    """Return the stream for which the claim at `key` stands."""
    tenant = key[0].split("#", 2)[1]
    return stream_of(f"{tenant}#{key[1].removeprefix(CLAIM)}")
