"""The notifications' function: what Amazon put into its queue, made durable and nothing more.

Its event source is the queue that Amazon delivers to, with ReportBatchItemFailures. What cannot be taken is kept in the
store's own dead letters; a dead-letter queue behind this one is for what the function itself never gets hold of.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import structlog

from processor.appending import Appender
from processor.buffering import Buffering
from processor.errors import Retryable
from stock.waiting import may_wait
from syncstate.amazon import sellers_of
from syncstate.lambdas import telemetry
from syncstate.lambdas.runtime import parts
from syncstate.notifications import Consumed, Taker, door_over

_log = structlog.get_logger("syncstate.notifications")


@telemetry.observed("notifications")
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take the batch, and name the messages that are to be delivered again."""
    del context
    return taken(_taker(), event["Records"])


def taken(taker: Taker, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Take SQS's `records`; return its answer, `{"batchItemFailures": [{"itemIdentifier": ...}]}`."""
    consumed, failed = Consumed(), list[str]()
    for record in records:
        deliveries = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        try:
            heard = taker.take(record["body"].encode(), deliveries)
        except Retryable as error:
            consumed.waits = str(error)
            _log.warning("notifications.wait", message=record["messageId"], reason=str(error))
            heard = None
        if heard is None:
            failed.append(record["messageId"])
        else:
            consumed.count(heard)
    meter = telemetry.meter()
    meter.count("BatchSize", len(records))
    meter.count("Duplicates", consumed.duplicates)
    _log.info("notifications.taken", failed=len(failed), **consumed.counts)
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


@cache
def _taker() -> Taker:
    found = parts()
    append = None if found.buffer is None else Buffering(found.store.log, found.buffer, may_wait).append
    recorder = Appender(found.store.log, append)
    return Taker(door_over(recorder, found.store, sellers_of(found.settings), found.clock), found.settings.tenant)
