"""Read models in one table: `ModelStore`, `ModelQueries` and `Lag` as their ports document them.

What differs: indexes (`query`, `held`, the catalogue behind `lagging`) trail a commit by moments.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from processor.adapters.dynamodb import documents
from processor.adapters.dynamodb.access import MAX_DELETES, MAX_GETS, TableAccess
from processor.adapters.dynamodb.catalogue import DOCUMENT_INDEXES, HELD_INDEX
from processor.adapters.dynamodb.keys import Item, Key, key_item, key_of
from processor.adapters.dynamodb.log import DynamoLog
from processor.adapters.dynamodb.workers import Workers, chunks
from processor.models import Commit, Document, Held, Model, Page, Row
from processor.streams import StreamId, fed_row

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_SEGMENTS = 4
_BESIDE = "\x1d"
_ANY = "0"
"""In place of a key that must not be empty: of another listing's place, which is read as a place all the same."""


class DynamoModels:
    """Rows and documents in the table `models`. `lagging` walks at most `pace` streams a second."""

    def __init__(self, access: TableAccess, workers: Workers, log: DynamoLog, pace: int) -> None:
        self._access, self._workers, self._log, self._pace = access, workers, log, pace

    def load(self, model: Model, keys: Sequence[StreamId]) -> dict[StreamId, Row]:
        """See `ModelStore.load`."""
        wanted = {documents.row_key(model, key): key for key in keys}
        return {(key := wanted[key_of(item)]): documents.row_from(key, item) for item in self._items(list(wanted))}

    def get(self, model: Model, tenant: str, ids: Sequence[str]) -> dict[str, Document]:
        """See `ModelStore.get`."""
        wanted = dict.fromkeys(documents.document_key(model, tenant, id_) for id_ in ids)
        found = map(documents.document_from, self._items(list(wanted)))
        return {document.id: document for document in found}

    def _items(self, keys: Sequence[Key]) -> Iterator[Item]:
        pages = self._workers.spread(self._access.items, list(chunks(keys, MAX_GETS)))
        return (item for page in pages for item in page)

    def commit(self, commits: Sequence[Commit]) -> list[bool]:
        """See `ModelStore.commit`. Commits are written in parallel: a put each, a transaction with documents."""
        return self._workers.spread(self._commit, commits)

    def _commit(self, commit: Commit) -> bool:
        model, tenant, table = commit.model, commit.key.tenant, self._access.table
        puts = {document.id: documents.document_item(model, tenant, document) for document in commit.puts}
        gone = dict.fromkeys(documents.document_key(model, tenant, id_) for id_ in commit.deletes)
        beside: list[TransactWriteItemTypeDef] = [{"Put": {"TableName": table, "Item": item}} for item in puts.values()]
        beside += [{"Delete": {"TableName": table, "Key": key_item(key)}} for key in gone]
        return self._access.replace(documents.row_item(commit), beside)

    def drop(self, model: Model) -> None:
        """See `ModelStore.drop`. Scans the table in parallel segments: for housekeeping, not for every day."""
        self._workers.spread(partial(self._drop, model), range(_SEGMENTS))

    def _drop(self, model: Model, segment: int) -> None:
        found = self._access.scan(
            {
                "FilterExpression": "begins_with(pk, :model)",
                "ExpressionAttributeValues": {":model": {"S": documents.partition_of(model, "")}},
                "ProjectionExpression": "pk, sk",
                "Segment": segment,
                "TotalSegments": _SEGMENTS,
                "ConsistentRead": True,
            }
        )
        while keys := [key_of(item) for item in islice(found, MAX_DELETES)]:
            self._access.delete(keys)

    def rows(self, model: Model, tenant: str, category: str, after: str | None = None, limit: int = 100) -> Page:
        """See `ModelQueries.rows`. Strongly consistent: the rows of a tenant stand together in the table."""
        partition, every = documents.row_key(model, StreamId(tenant, category, ""))
        arguments: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :rows)",
            "ExpressionAttributeValues": {":pk": {"S": partition}, ":rows": {"S": every}},
            "ConsistentRead": True,
        }
        if after is not None:
            arguments["ExclusiveStartKey"] = key_item((partition, every + after))
        found, more = self._page(arguments, limit)
        page = tuple(map(documents.entry_from, found))
        return Page(page, page[-1].id if more else None)

    def query(  # noqa: PLR0913 - the coordinates of an index range
        self,
        model: Model,
        tenant: str,
        index: int,
        partition: str,
        *,
        after: str | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> Page:
        """See `ModelQueries.query`."""
        name = DOCUMENT_INDEXES[index]
        within = {"S": documents.index_partition(model, tenant, partition)}
        arguments: dict[str, Any] = {
            "IndexName": name,
            "KeyConditionExpression": f"{name}p = :within",
            "ExpressionAttributeValues": {":within": within},
            "ScanIndexForward": not newest_first,
        }
        if after is not None:
            place, _, sort = after.partition(_BESIDE)
            start = key_item((documents.partition_of(model, tenant), sort or _ANY))
            arguments["ExclusiveStartKey"] = {**start, f"{name}p": within, f"{name}s": {"S": place}}
        found, more = self._page(arguments, limit)
        page = tuple(map(documents.entry_from, found))
        return Page(page, f"{found[-1][f'{name}s']['S']}{_BESIDE}{found[-1]['sk']['S']}" if more else None)

    def _page(self, arguments: dict[str, Any], limit: int) -> tuple[list[Item], bool]:
        """Return up to `limit` items and whether there are more."""
        found = list(islice(self._access.query({**arguments, "Limit": limit + 1}), limit + 1))
        return found[:limit], len(found) > limit

    def lagging(self, model: Model, feeds: Mapping[str, str], shard: int = 0, shards: int = 1) -> Iterator[StreamId]:
        """See `Lag.lagging`. Walks the whole catalogue at a bounded pace, one strong read per stream and row."""
        began, walked = time.monotonic(), 0
        streams = self._log.streams(shard=shard, shards=shards)
        while chunk := list(islice(streams, MAX_GETS)):
            time.sleep(max(0.0, began + walked / self._pace - time.monotonic()))
            walked += len(chunk)
            fed = {stream: key for stream in chunk if (key := fed_row(feeds, stream)) is not None}
            heads = self._log.heads(list(fed))
            rows = self.load(model, list(fed.values()))
            for stream, key in fed.items():
                row = rows.get(key)
                if row is None or (row.positions.get(stream, 0) < heads[stream] and stream not in row.held):
                    yield stream

    def held(self, model: Model, tenant: str | None = None) -> Iterator[tuple[StreamId, StreamId, Held]]:
        """See `Lag.held`. The index names the rows; the marks are read from the rows themselves."""
        condition, values = "mark = :model", {":model": {"S": str(model)}}
        if tenant is not None:
            condition += " AND pk = :pk"
            values[":pk"] = {"S": documents.partition_of(model, tenant)}
        found = self._access.query(
            {"IndexName": HELD_INDEX, "KeyConditionExpression": condition, "ExpressionAttributeValues": values}
        )
        while keys := [documents.stream_of_row(item) for item in islice(found, MAX_GETS)]:
            for key, row in self.load(model, keys).items():
                yield from ((key, stream, mark) for stream, mark in row.held.items())
