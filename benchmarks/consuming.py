"""The stream's function against aws-lambda-powertools' BatchProcessor, and what a sale costs along the whole chain."""

import gc
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from itertools import count, cycle
from pathlib import Path
from time import process_time
from typing import Any
from unittest import mock

import boto3
import structlog
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from benchmarks.metering import Meter
from benchmarks.peer_model import FOLDS
from benchmarks.report import Cost, Row, Section
from benchmarks.rounds import Side, interleave
from benchmarks.traffic import MORNING, TENANT, Traffic, sale, stocked
from benchmarks.verify import verify_ours
from localstack.dynamodb import dynamodb_local, missing
from processor.adapters.dynamodb import DynamoStore, client_config, tables
from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX, EVENTS
from processor.adapters.dynamodb.items import EVENT, event_item, stream_of, version_at
from processor.adapters.dynamodb.retries import Patience, Retries
from processor.adapters.dynamodb.shards import StreamAccess
from processor.adapters.dynamodb.streams import StreamRecord, arrived, sequence_of
from processor.adapters.memory import MemoryStore
from processor.clock import Instant, system_clock
from processor.events import Recorded
from processor.generations import Generations
from processor.log import Append, Appended
from processor.quarantine import Quarantine
from processor.runner import Runner
from processor.source import Doorbell
from processor.store import Store
from processor.streams import StreamId
from stock.codec import decode
from stock.identities import sku, sku_stream
from syncstate.lambdas import projections, runtime
from syncstate.settings import Settings

TARGET = 4.0
_SPREAD = "batches of 100, each its own SKU"


def sections(rounds: int, *, quick: bool) -> Iterator[Section]:
    """Measure CPU time, then what a sale costs; where DynamoDB Local is not here, say so."""
    yield _against_powertools(rounds, quick=quick)
    absent = missing()
    if absent is not None:
        yield Section(f"What a sale costs along the stream was not measured. {absent}.", "")
        return
    with _chain() as chain:
        number = 5 if quick else 50
        costs = (
            chain.cost("a sale in a batch", number),
            chain.cost("a sale in a batch, cold", number, cold=True),
            chain.cost("ten sales of a SKU in a batch", max(1, number // 10), 10),
        )
        yield Section("DynamoDB: what one sale costs along the stream", "", costs=costs, notes=(_BUDGET,))


_CPU = """\
Events per second of CPU time (the process's, user and system) in the function's own process: records as Lambda hands
them over, already parsed, and a store in memory, so that what is left is the program's own work. *Ours* is the
function's handler as it is deployed. *Peer* is `process_partial_response` of aws-lambda-powertools with its
BatchProcessor and its `DynamoDBRecord`; its record handler builds the same event from the new image and rings it: the
same codec, the same four folds, the same commits on both sides. The peer hands over one record at a time, so that each
record is a commit of its own; ours groups a batch by stream and folds it at once. The traffic is a day of 1,000 SKUs,
and the target is for that. *Each its own SKU* takes the grouping away: no two records of a batch are of one stream,
and what both sides share, the folds and commits of four read models, weighs most. *Reading alone* stops before the
fold: from records to events."""

_BUDGET = """\
A sale of one unit of a SKU that Amazon lists: appended as the webhook's function does it, read from the table's own
stream, handed to the stream's function. The budget, from the design: the append is one transaction of two items under
1 KB, the event and its claim (4 write units, 1 request); four read models each replace one row by compare-and-set (4
write units, 4 requests); the broadcasts row stands in an index that holds it whole (1 write unit, or 2 when its place
changes). That is **9 to 10 write units and 5 requests**, and nothing is read where the function's process still has the
rows. *Cold*, a process that has just begun loads them first: 4 read units of strongly consistent reads, 4 requests.
*Ten at once*, sales that arrive in one batch share the rows' writes. Reading the stream costs a function nothing; each
record of a claim is kept from it by the mapping's filter. Units are counted as in the table of what one sale costs."""


def _standing_still() -> Instant:
    return MORNING


class _Records:
    """What a round's stream brings: the records of `arrivals` as Lambda hands them over, in batches."""

    def __init__(self, made: Sequence[Append], batch: int) -> None:
        self._appends = made
        log = MemoryStore(_standing_still).log
        events = [outcome.event for outcome in log.append(made) if isinstance(outcome, Appended)]
        records = json.loads(json.dumps([_record(event, place) for place, event in enumerate(events)]))
        self.number = len(records)
        self.batches = [{"Records": records[first : first + batch]} for first in range(0, len(records), batch)]

    def store(self) -> MemoryStore:
        """Return a store whose log holds the same, with models that are empty."""
        store = MemoryStore(_standing_still)
        store.log.append(self._appends)
        return store


def _record(event: Recorded, place: int) -> dict[str, Any]:
    image = event_item(event)
    change = {"Keys": {name: image[name] for name in ("pk", "sk")}, "NewImage": image, "SizeBytes": 700}
    return {
        "eventID": f"{place:032x}",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {"SequenceNumber": f"{place:021d}", "StreamViewType": "NEW_IMAGE", **change},
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/events/stream/1",
    }


def _ours(records: _Records) -> Side:
    def work() -> float:
        store = records.store()
        with _process(store):
            found = _rate(records.number, lambda: [projections.handler(batch, None) for batch in records.batches])
        assert verify_ours(store) == records.number
        return found

    return work


def _peer(records: _Records) -> Side:
    def work() -> float:
        store = records.store()
        runner, processor = _runner(store), BatchProcessor(event_type=EventType.DynamoDBStreams)

        def handle(record: DynamoDBRecord) -> None:
            event = _decoded(record)
            runner.ring([Doorbell(event.stream, (event,))])

        def run() -> None:
            for batch in records.batches:
                answer = process_partial_response(batch, handle, processor)
                assert answer == {"batchItemFailures": []}

        found = _rate(records.number, run)
        assert verify_ours(store) == records.number
        return found

    return work


def _decoded(record: DynamoDBRecord) -> Recorded:
    """Return the event in a record's new image, by way of the data class."""
    assert record.dynamodb is not None
    image = record.dynamodb.new_image
    return Recorded(
        stream_of(image["pk"]),
        version_at(image["sk"]),
        image["type"],
        int(image["schema"]),
        image["data"].encode(),
        image["tx"],
        image["digest"],
        Instant(image["occurred"]),
        Instant(image["recorded"]),
        image["source"],
        image.get("causation"),
        image.get("correlation"),
    )


def _reading(records: _Records) -> dict[str, Side]:
    def ours() -> float:
        return _rate(records.number, lambda: [arrived(batch["Records"]) for batch in records.batches])

    def peer() -> float:
        processor = BatchProcessor(event_type=EventType.DynamoDBStreams)
        return _rate(
            records.number,
            lambda: [process_partial_response(batch, _decoded, processor) for batch in records.batches],
        )

    return {"ours": ours, "peer": peer}


def _against_powertools(rounds: int, *, quick: bool) -> Section:
    number = 400 if quick else 8_000
    busy = Traffic(skus=1000).arrivals(number)
    spread = [sale(stream, place) for place, stream in zip(range(number), cycle(_streams(2000)), strict=False)]
    shapes = {
        "batches of 100": _Records([Append(stream, (event,)) for stream, event in busy], 100),
        "batches of 1,000": _Records([Append(stream, (event,)) for stream, event in busy], 1000),
        _SPREAD: _Records(spread, 100),
    }
    rows = []
    with _quiet():
        for name, records in shapes.items():
            found = interleave(rounds, {"ours": _ours(records), "peer": _peer(records)})
            target = None if records is shapes[_SPREAD] else TARGET
            rows.append(Row(f"handler, {name}", found["ours"], found["peer"], target))
        found = interleave(rounds, _reading(shapes["batches of 100"]))
    rows.append(Row("reading alone, batches of 100", found["ours"], found["peer"]))
    return Section("The stream's function, CPU alone", "events/s of CPU", tuple(rows), (_CPU,))


def _rate(amount: int, work: Callable[[], object]) -> float:
    """Return `amount` per second of this process's CPU time in `work`."""
    gc.collect()
    began = process_time()
    work()
    return amount / (process_time() - began)


def _streams(number: int) -> list[StreamId]:
    return [sku_stream(TENANT, sku(f"SKU-{place:05d}")) for place in range(number)]


def _runner(store: Store) -> Runner:
    return Runner(store.log, store.models, Generations(store.registers, system_clock), FOLDS, decode)


@contextmanager
def _process(store: Store) -> Iterator[Runner]:
    """Let the functions stand on `store`, as a process that has just begun."""
    runner = _runner(store)
    quarantine = Quarantine(store, runner, system_clock)
    parts = runtime.Parts(Settings(store="memory"), store, runner, quarantine, system_clock, None, None, None)
    with mock.patch.object(runtime, "parts", return_value=parts):
        yield runner


@contextmanager
def _quiet() -> Iterator[None]:
    """Let the log's lines be written, as JSON, to nowhere."""
    before = structlog.get_config()
    with Path(os.devnull).open("w") as nowhere:
        renderer = structlog.processors.JSONRenderer()
        structlog.configure(processors=[renderer], logger_factory=structlog.PrintLoggerFactory(nowhere))
        try:
            yield
        finally:
            structlog.configure(**before)


class _Chain:
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
        with _process(self._store):
            projections.handler({"Records": self._records(len(outcomes))}, None)
            self._sell(stream, size)
            self._meter.clear()
            for _ in range(batches):
                with _process(self._store) if cold else nullcontext():
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
def _chain() -> Iterator[_Chain]:
    with ExitStack() as stack:
        stack.enter_context(_quiet())
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
        yield _Chain(store, StreamAccess(streams, f"{DEFAULT_PREFIX}{EVENTS}", Retries(Patience())), meter)
