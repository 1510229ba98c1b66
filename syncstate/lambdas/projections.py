"""The stream's function: folds what was appended into every read model.

Its event source is the stream of the table `events`: batches with ReportBatchItemFailures, bisect on error, from
TRIM_HORIZON, and a filter on INSERT of `sk` with the prefix `e#` (without it claims are passed over here). Streams that
cannot be brought to their end wait in the redo queue and the batch succeeds; only what that queue does not take, or
what cannot be read at all, is answered as failed, and DynamoDB delivers from the first such record on again.
"""

from time import monotonic
from typing import Any

import structlog

from processor.adapters.dynamodb.streams import arrived
from processor.delivery import Delivered
from syncstate.lambdas import runtime
from syncstate.lambdas.deadlines import deadline

_log = structlog.get_logger("syncstate.projections")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's
    """Answer `{"batchItemFailures": [{"itemIdentifier": <sequence number>}]}`, empty where all is settled.

    Raises where a record that cannot be read has no sequence number either: then DynamoDB bisects the batch.
    """
    began, records = monotonic(), event["Records"]
    found = arrived(records)
    delivered = runtime.delivery().deliver(found.bells, deadline=deadline(context))
    failed = [*(one.sequence for one in found.unread), *(found.first[stream] for stream in delivered.failed)]
    _tell(len(records), found.passed, delivered, failed, monotonic() - began)
    for unread in found.unread:
        _log.error("projections.unread", sequence=unread.sequence, reason=unread.reason)
    if "" in failed:
        raise ValueError("a record of the stream cannot be read and has no sequence number")
    return {"batchItemFailures": [{"itemIdentifier": sequence} for sequence in dict.fromkeys(failed)]}


def _tell(records: int, passed: int, delivered: Delivered, failed: list[str], seconds: float) -> None:
    _log.info(
        "projections.batch",
        records=records,
        passed=passed,
        streams=delivered.streams,
        folded=delivered.folded,
        later=len(delivered.later),
        failed=len(failed),
        milliseconds=round(seconds * 1000, 1),
    )
