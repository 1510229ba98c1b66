"""The stream's function: folds what was appended into every read model.

Its event source is the stream of the table `events`: batches with ReportBatchItemFailures, bisect on error, from
TRIM_HORIZON, and a filter on INSERT of `sk` with the prefix `e#` (without it claims are passed over here). Streams that
cannot be brought to their end wait in the redo queue and the batch succeeds; only what that queue does not take, or
what cannot be read at all, is answered as failed, and DynamoDB delivers from the first such record on again.
"""

from typing import Any

from processor.clock import system_clock
from syncstate.arriving import take
from syncstate.lambdas import runtime, telemetry
from syncstate.lambdas.deadlines import deadline


@telemetry.observed("projections")
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's
    """Answer `{"batchItemFailures": [{"itemIdentifier": <sequence number>}]}`, empty where all is settled.

    Raises where a record that cannot be read has no sequence number either: then DynamoDB bisects the batch.
    """
    taken = take(event["Records"], runtime.delivery(), deadline(context))
    meter = telemetry.meter()
    meter.count("BatchSize", taken.records)
    meter.count("Retries", len(taken.delivered.later))
    meter.count("Quarantined", taken.delivered.held)
    meter.folded(taken.recorded, system_clock())
    failed = dict.fromkeys([*taken.failed, *(one.sequence for one in taken.unread)])
    if "" in failed:
        raise ValueError("a record of the stream cannot be read and has no sequence number")
    return {"batchItemFailures": [{"itemIdentifier": sequence} for sequence in failed]}
