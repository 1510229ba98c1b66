"""The redo queue's function: rings streams again that could not be brought to their end.

A stream that fails again goes back into the queue with a growing delay, in another message, and the one that it came in
is done. What the queue does not take back, and a message of another kind, is answered as failed: SQS delivers it again,
and moves it to the dead-letter queue in the end.
"""

from datetime import timedelta
from time import monotonic, time
from typing import Any

import structlog

from processor.delivery import pause
from processor.letters import redo_in
from syncstate.lambdas import runtime, telemetry
from syncstate.lambdas.deadlines import deadline

_log = structlog.get_logger("syncstate.redo")


@telemetry.observed("redo")
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's
    """Answer `{"batchItemFailures": [{"itemIdentifier": <message id>}]}`, empty where all is settled."""
    until = deadline(context)
    failed = [record["messageId"] for record in event["Records"] if not _settled(record, until)]
    telemetry.meter().count("BatchSize", len(event["Records"]))
    return {"batchItemFailures": [{"itemIdentifier": identity} for identity in failed]}


def _waited(record: dict[str, Any]) -> timedelta:
    """Return how long, at least, the letter's streams have waited: since it was sent, and in the letters before it."""
    sent = record.get("attributes", {}).get("SentTimestamp")
    here = timedelta() if sent is None else timedelta(milliseconds=max(0.0, time() * 1000 - int(sent)))
    return here + sum((pause(tries) for tries in range(redo_in(record["body"].encode()).tries - 1)), timedelta())


def _settled(record: dict[str, Any], until: float | None) -> bool:
    if until is not None and monotonic() >= until:
        return False
    try:
        delivered = runtime.delivery().redo(record["body"].encode(), deadline=until)
    except ValueError as error:
        _log.error("redo.unread", message=record["messageId"], reason=str(error))
        return False
    meter = telemetry.meter()
    meter.count("Retries", delivered.streams)
    meter.count("Quarantined", delivered.held)
    if delivered.folded:
        meter.took("Lag", _waited(record).total_seconds() * 1000)
    _log.info(
        "redo.message",
        message=record["messageId"],
        streams=delivered.streams,
        folded=delivered.folded,
        later=len(delivered.later),
        failed=len(delivered.failed),
    )
    return not delivered.failed
