"""The stream's function against aws-lambda-powertools' BatchProcessor."""

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from time import process_time
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from benchmarks import chain
from benchmarks.functions import process, quiet, runner_over
from benchmarks.report import Row, Section
from benchmarks.rounds import Side, interleave
from benchmarks.traffic import MORNING, TENANT, Traffic, sale
from benchmarks.verify import verify_ours
from processor.adapters.dynamodb.items import event_item, stream_of, version_at
from processor.adapters.dynamodb.streams import arrived
from processor.adapters.memory import MemoryStore
from processor.clock import Instant
from processor.events import Recorded
from processor.log import Append, Appended
from processor.source import Doorbell
from processor.streams import StreamId
from stock.identities import sku, sku_stream
from syncstate.lambdas import projections

TARGET = 4.0
_SPREAD = "batches of 100, each its own SKU"


def sections(rounds: int, *, quick: bool) -> Iterator[Section]:
    """Measure CPU time, then what a sale costs."""
    yield _against_powertools(rounds, quick=quick)
    yield chain.section(quick=quick)


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
        with process(store):
            found = _rate(records.number, lambda: [projections.handler(batch, None) for batch in records.batches])
        assert verify_ours(store) == records.number
        return found

    return work


def _peer(records: _Records) -> Side:
    def work() -> float:
        store = records.store()
        runner, processor = runner_over(store), BatchProcessor(event_type=EventType.DynamoDBStreams)

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
    with quiet():
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
