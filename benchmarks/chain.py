"""What a sale costs on DynamoDB from its append to the read models, by way of the table's own stream."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from itertools import count
from typing import Any

import boto3

from benchmarks.functions import process, quiet
from benchmarks.metering import Meter
from benchmarks.report import Cost, Section
from benchmarks.traffic import TENANT, sale, stocked
from localstack.dynamodb import dynamodb_local, missing
from processor.adapters.dynamodb import DynamoStore, client_config, tables
from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX, EVENTS
from processor.adapters.dynamodb.items import EVENT
from processor.adapters.dynamodb.retries import Patience, Retries
from processor.adapters.dynamodb.shards import StreamAccess
from processor.adapters.dynamodb.streams import StreamRecord, sequence_of
from processor.streams import StreamId
from stock.identities import sku, sku_stream
from syncstate.lambdas import projections

_BUDGET = """\
A sale of one unit of a SKU that Amazon lists: appended as the webhook's function does it, read from the table's own
stream, handed to the stream's function. The budget, from the design: the append is one transaction of two items under
1 KB, the event and its claim (4 write units, 1 request); four read models each replace one row by compare-and-set (4
write units, 4 requests); the broadcasts row stands in an index that holds it whole (1 write unit, or 2 when its place
changes). That is **9 to 10 write units and 5 requests**, and nothing is read where the function's process still has the
rows. *Cold*, a process that has just begun reads four rows and the pointers of four generations first: 8 read units of
strongly consistent reads, 8 requests.
*Ten at once*, sales that arrive in one batch share the rows' writes. Reading the stream costs a function nothing; each
record of a claim is kept from it by the mapping's filter. Units are counted as in the table of what one sale costs."""


def section(*, quick: bool) -> Section:
    """Measure; where DynamoDB Local is not here, say so."""
    absent = missing()
    if absent is not None:
        return Section(f"What a sale costs along the stream was not measured. {absent}.", "")
    number = 5 if quick else 50
    with _chain() as chain:
        costs = (
            chain.cost("a sale in a batch", number),
            chain.cost("a sale in a batch, cold", number, cold=True),
            chain.cost("ten sales of a SKU in a batch", max(1, number // 10), 10),
        )
    return Section("DynamoDB: what one sale costs along the stream", "", costs=costs, notes=(_BUDGET,))


class Chain:
    """A merchant on DynamoDB: sales are appended, read from the stream, handed to the function."""

    def __init__(self, store: DynamoStore, access: StreamAccess, meter: Meter) -> None:
        self._store, self._access, self._meter = store, access, meter
        (self._shard,) = access.shards()
        self._after: str | None = None
        self._sales, self._skus = count(1), count(1)

    def cost(self, name: str, batches: int, size: int = 1, *, cold: bool = False) -> Cost:
        """Return what a sale costs where `size` of a SKU come in a batch, the average of so many batches.

        `cold`: each batch comes to a process that has just begun.
        """
        (stream,) = (sku_stream(TENANT, sku(f"SKU-{next(self._skus)}")),)
        outcomes = self._store.log.append(stocked([stream]))
        with process(self._store):
            projections.handler({"Records": self._records(len(outcomes))}, None)
            self._sell(stream, size)
            self._meter.clear()
            for _ in range(batches):
                with process(self._store) if cold else nullcontext():
                    self._sell(stream, size)
        bill, sold = self._meter.bill, batches * size
        return Cost(name, bill.written / sold, bill.read / sold, bill.requests / sold)

    def _sell(self, stream: StreamId, size: int) -> None:
        for _ in range(size):
            self._store.log.append([sale(stream, next(self._sales))])
        answer = projections.handler({"Records": self._records(size)}, None)
        assert answer == {"batchItemFailures": []}

    def _records(self, wanted: int) -> list[StreamRecord]:
        """Return the next records of events, as the mapping's filter lets them through."""
        found: list[StreamRecord] = []
        while len(found) < wanted:
            came, _ = self._access.records(self._access.iterator(self._shard, self._after))
            self._after = sequence_of(came[-1]) if came else self._after
            found += [record for record in came if record["dynamodb"]["Keys"]["sk"]["S"].startswith(EVENT)]
        assert len(found) == wanted
        return found


@contextmanager
def _chain() -> Iterator[Chain]:
    with ExitStack() as stack:
        stack.enter_context(quiet())
        told: dict[str, Any] = {
            "endpoint_url": stack.enter_context(dynamodb_local()),
            "region_name": "us-east-1",
            "aws_access_key_id": "local",
            "aws_secret_access_key": "local",
            "config": client_config(),
        }
        client, streams = boto3.client("dynamodb", **told), boto3.client("dynamodbstreams", **told)
        tables.create(client)
        meter, store = Meter(client), stack.enter_context(closing(DynamoStore(client)))
        yield Chain(store, StreamAccess(streams, f"{DEFAULT_PREFIX}{EVENTS}", Retries(Patience())), meter)
