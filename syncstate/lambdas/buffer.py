"""The buffer queue's function: appends the facts that waited, those of a stream together.

Its event source is the buffer queue with ReportBatchItemFailures, and a dead-letter queue behind it: a message that
cannot be read, or whose facts the log refuses, comes back until SQS moves it there, raw.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import structlog

from ingest.latecomers import Latecomers
from processor.letters import facts_in
from processor.log import Append
from processor.source import Doorbell
from processor.streams import StreamId
from syncstate.lambdas import telemetry
from syncstate.lambdas.runtime import parts

_log = structlog.get_logger("syncstate.buffer")


@telemetry.observed("buffer")
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take the batch, and name the messages that are to be delivered again."""
    del context
    return taken(_latecomers(), event["Records"])


def taken(latecomers: Latecomers, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Append what is in SQS's `records`; return its answer, `{"batchItemFailures": [{"itemIdentifier": ...}]}`."""
    failed: list[str] = []
    letters: dict[str, list[Append]] = {}
    for record in records:
        try:
            letters[record["messageId"]] = facts_in(record["body"].encode())
        except ValueError as error:
            failed.append(record["messageId"])
            _log.error("buffer.unreadable", message=record["messageId"], reason=str(error))
    arrivals = latecomers.take(list(letters.values()))
    for message, arrival in zip(letters, arrivals, strict=True):
        if arrival.failure is not None:
            failed.append(message)
            _log.warning("buffer.later", message=message, reason=str(arrival.failure))
    meter = telemetry.meter()
    meter.count("BatchSize", len(records))
    meter.count("Retries", len(failed))
    meter.count("Appended", sum(arrival.appended for arrival in arrivals))
    meter.count("Duplicates", sum(arrival.known for arrival in arrivals))
    meter.count("Conflicts", sum(arrival.conflicts for arrival in arrivals))
    _log.info(
        "buffer.taken",
        messages=len(records),
        failed=len(failed),
        appended=sum(arrival.appended for arrival in arrivals),
        known=sum(arrival.known for arrival in arrivals),
        conflicts=sum(arrival.conflicts for arrival in arrivals),
    )
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


@cache
def _latecomers() -> Latecomers:
    found = parts()
    return Latecomers(found.store.log, _ring) if found.settings.buffer_rings else Latecomers(found.store.log)


def _ring(streams: Sequence[StreamId]) -> None:
    """Fold what was appended; what fails is left to the sweeper, for it is in the log."""
    try:
        parts().runner.ring(map(Doorbell, streams))
    except Exception:  # noqa: BLE001 - the facts are durable, whatever the fold does
        _log.warning("buffer.not_folded", streams=len(streams), exc_info=True)
