"""The Kinesis function: a batch of a stream's records into the log, answered with what is to be delivered again.

The mapping asks for ReportBatchItemFailures. Lambda repeats a batch from the lowest sequence number it is told on, so
that number is all that is told; what lies behind it and was taken already is found to be there.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import structlog

from ingest.amazon.listings import MappedListings
from ingest.kinesis.door import RecordDoor
from processor.adapters.kinesis.records import of_event
from processor.appending import Appender
from processor.arrivals import Arrival
from processor.clock import system_clock
from processor.deadletters import DeadLetters
from syncstate.kinesis import Intake, Progress, appending, tenants_of
from syncstate.lambdas import telemetry
from syncstate.lambdas.runtime import parts

RESERVED_SECONDS = 5
"""Of the function's time, kept for its answer: a slice of records takes about a second."""

_log = structlog.get_logger("lambdas.kinesis")


@cache
def intake() -> Intake:
    """Return this process's intake."""
    found = parts()
    log = found.store.log
    door = RecordDoor(appending(log, found.buffer), tenants_of(found.settings), MappedListings(Appender(log), log))
    return Intake(door, DeadLetters(found.store, found.runner, found.clock))


@telemetry.observed("kinesis")
def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:  # noqa: ANN401 - Lambda's own
    """Take the records of a Kinesis event; answer the first of each shard that was not taken."""
    return answer(intake(), event, lambda: bool(context.get_remaining_time_in_millis() < RESERVED_SECONDS * 1000))


def answer(intake: Intake, event: Mapping[str, Any], stopping: Callable[[], bool]) -> dict[str, list[dict[str, str]]]:
    """Do as `handler` does."""
    shards: dict[str, list[Arrival]] = defaultdict(list)
    for record in map(of_event, event["Records"]):
        shards[record.place.shard].append(record)
    failed = [first for shard, records in shards.items() if (first := _taken(intake, shard, records, stopping))]
    return {"batchItemFailures": [{"itemIdentifier": sequence} for sequence in failed]}


def _taken(intake: Intake, shard: str, records: Sequence[Arrival], stopping: Callable[[], bool]) -> str | None:
    """Take one shard's records; return the sequence number of the first that was not."""
    records = sorted(records, key=lambda record: record.place.order)
    progress = intake.take(records, stopping)
    left = records[progress.done :]
    _measure(records, progress)
    stream = records[0].place.stream
    _log.info("kinesis.taken", stream=stream, shard=shard, left=len(left), **progress.counts)
    if progress.failure is not None:
        _log.warning("kinesis.waits", stream=stream, shard=shard, reason=str(progress.failure))
    return left[0].place.sequence if left else None


def _measure(records: Sequence[Arrival], progress: Progress) -> None:
    meter = telemetry.meter()
    meter.count("BatchSize", len(records))
    meter.count("Appended", progress.recorded)
    meter.count("Duplicates", progress.duplicates)
    meter.count("Buffered", progress.later)
    meter.count("Quarantined", progress.quarantined)
    meter.count("Retries", len(records) - progress.done)
    meter.waited((record.at for record in records[: progress.done]), system_clock())
