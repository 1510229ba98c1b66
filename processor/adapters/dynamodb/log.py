"""The event log in one table: `EventLog` as its port documents it.

What differs: an append (or several of one call to one stream, where none has `expected`) is written in transactions
of at most 50 events, in order. More events than that are not one transaction: a failure between two leaves the
beginning appended, and the repeat, which is always right, answers it with `Duplicate` and appends the rest. Where
another writer comes between two transactions of an append with `expected`, the rest is answered `Stale`.

Raises Contended where a stream's races are lost too often.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from secrets import token_hex

from processor.adapters.dynamodb.access import TableAccess
from processor.adapters.dynamodb.appending import Appending
from processor.adapters.dynamodb.catalogue import STREAMS_INDEX
from processor.adapters.dynamodb.heads import Heads
from processor.adapters.dynamodb.items import (
    CLAIM,
    LAST_VERSION,
    claim_from,
    claim_key,
    claimed_stream,
    claims_partition,
    event_place,
    partition_of,
    recorded_from,
    stream_of,
)
from processor.adapters.dynamodb.keys import Item
from processor.adapters.dynamodb.workers import Workers, chunks
from processor.clock import Clock
from processor.errors import Misuse, StoreUnavailable
from processor.events import Recorded
from processor.log import MAX_NAMED, Append, FactId, Outcome
from processor.streams import SHARDS, StreamId

_PAGE = 10_000
"""Events per request at most; a response ends at 1 MB anyway."""


class DynamoLog:
    """Events and claims in the table `events`."""

    def __init__(self, access: TableAccess, workers: Workers, clock: Clock) -> None:
        self._access, self._workers, self._clock = access, workers, clock
        self._heads = Heads(access)

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        """See `EventLog.append`. Streams are written in parallel."""
        if not all(append.events for append in appends):
            raise Misuse("an append holds at least one event")
        by_stream: dict[StreamId, list[Append]] = {}
        for append in appends:
            by_stream.setdefault(append.stream, []).append(append)
        settled = dict(zip(by_stream, self._workers.spread(self._append, list(by_stream.values())), strict=True))
        return [next(settled[append.stream]) for append in appends for _ in append.events]

    def _append(self, appends: Sequence[Append]) -> Iterator[Outcome]:
        stream = appends[0].stream
        with self._heads.turn(stream):
            appending = Appending(self._access, self._heads, stream, token_hex(8), self._clock())
            return iter(list(appending.outcomes(appends)))

    def read(self, stream: StreamId, after: int = 0, limit: int | None = None) -> Iterator[Recorded]:
        """See `EventLog.read`.

        While a transaction commits, a part of it may be seen: a hole. It is read again until it closes. One that
        stays ends the run; a read that begins at such a hole raises StoreUnavailable, so that it is not overlooked.
        """
        last = LAST_VERSION if limit is None else after + limit
        position, tries = after, 0
        while position < last:
            began, torn = position, False
            for entry in self._entries(stream, position, last - position):
                torn = entry.version != position + 1
                if torn:
                    break
                yield entry
                position += 1
            if not torn:
                return
            tries = 1 if position > began else tries + 1
            if tries >= self._access.patience.attempts:
                if position > after:
                    return
                raise StoreUnavailable(f"read {stream}", f"version {position + 1} is missing before later ones")
            self._access.patience.pause(tries)

    def _entries(self, stream: StreamId, position: int, limit: int) -> Iterator[Recorded]:
        found = self._access.query(
            {
                "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
                "ExpressionAttributeValues": {
                    ":pk": {"S": partition_of(stream)},
                    ":first": {"S": event_place(position + 1)},
                    ":last": {"S": event_place(LAST_VERSION)},
                },
                "Limit": min(limit, _PAGE),
                "ConsistentRead": True,
            }
        )
        return map(recorded_from, islice(found, limit))

    def read_many(self, after: Mapping[StreamId, int], limit: int) -> dict[StreamId, list[Recorded]]:
        """See `EventLog.read_many`. Streams are begun in parallel, each with its share of what may still be read."""
        found: dict[StreamId, list[Recorded]] = {}
        for streams in chunks(list(after), self._workers.number):
            share = max(1, limit // len(streams))
            begun = self._workers.spread(partial(self._run, after, share), streams)
            for stream, start in zip(streams, begun, strict=True):
                run = start[:limit]
                if len(start) == share < limit:
                    run += self.read(stream, start[-1].version, limit - share)
                if run:
                    found[stream] = run
                limit -= len(run)
            if limit <= 0:
                break
        return found

    def _run(self, after: Mapping[StreamId, int], limit: int, stream: StreamId) -> list[Recorded]:
        return list(self.read(stream, after[stream], limit))

    def heads(self, streams: Sequence[StreamId]) -> dict[StreamId, int]:
        """See `EventLog.heads`."""
        distinct = list(dict.fromkeys(streams))
        return dict(zip(distinct, self._workers.spread(self._heads.read, distinct), strict=True))

    def find(self, facts: Sequence[FactId]) -> dict[FactId, Recorded]:
        """See `EventLog.find`. Two reads for each fact, side by side."""
        found = zip(facts, self._workers.spread(self._find, facts), strict=True)
        return {fact: event for fact, event in found if event is not None}

    def _find(self, fact: FactId) -> Recorded | None:
        stream, tx_id = fact
        claim = self._access.item(claim_key(stream, tx_id))
        if claim is None:
            return None
        version = claim_from(claim).version
        for attempt in range(1, self._access.patience.attempts + 1):
            item = self._access.item((partition_of(stream), event_place(version)))
            if item is not None:
                return recorded_from(item)
            self._access.patience.pause(attempt)  # the claim is of a transaction that is just committing
        raise StoreUnavailable(f"find a fact in {stream}", f"its version {version} is missing")

    def streams(self, tenant: str | None = None, shard: int = 0, shards: int = 1) -> Iterator[StreamId]:
        """See `Catalogue.streams`. Eventually consistent; each shard of the catalogue is a partition of its index."""
        mine = [number for number in range(SHARDS) if number % shards == shard]
        for numbers in chunks(mine, self._workers.number):
            pages = [self._catalogue(tenant, number) for number in numbers]
            for first, rest in self._workers.spread(lambda page: (next(page, None), page), pages):
                for item in chain(() if first is None else (first,), rest):
                    yield stream_of(item["pk"]["S"])

    def _catalogue(self, tenant: str | None, shard: int) -> Iterator[Item]:
        condition = "catalogue = :shard" + ("" if tenant is None else " AND tenant = :tenant")
        values = {":shard": {"N": str(shard)}} | ({} if tenant is None else {":tenant": {"S": tenant}})
        return self._access.query(
            {
                "IndexName": STREAMS_INDEX,
                "KeyConditionExpression": condition,
                "ExpressionAttributeValues": values,
            }
        )

    def count(self, tenant: str, category: str) -> int:
        """See `Catalogue.count`. Reads the tenant's whole part of the catalogue."""
        own = partition_of(StreamId(tenant, category, ""))
        pages = (self._catalogue(tenant, number) for number in range(SHARDS))
        return sum(
            self._workers.spread(lambda page: sum(item["pk"]["S"].startswith(own) for item in page), list(pages))
        )

    def named(self, tenant: str, tx_ids: Sequence[str]) -> list[FactId]:
        """See `Catalogue.named`. A tenant's claims of one tx_id stand together: a query for each, side by side."""
        found = self._workers.spread(partial(self._named, tenant), tx_ids)
        return list(islice(chain.from_iterable(found), MAX_NAMED))

    def _named(self, tenant: str, tx_id: str) -> list[FactId]:
        found = self._access.query(
            {
                "KeyConditionExpression": "pk = :pk AND begins_with(sk, :claim)",
                "ExpressionAttributeValues": {":pk": {"S": claims_partition(tenant, tx_id)}, ":claim": {"S": CLAIM}},
                "ProjectionExpression": "sk",
                "Limit": MAX_NAMED,
                "ConsistentRead": True,
            }
        )
        return [(claimed_stream(tenant, item["sk"]["S"]), tx_id) for item in islice(found, MAX_NAMED)]
