"""The scheduled function: walks the catalogue for what no doorbell brought, a piece of a pass each time.

Its schedule says how often a piece is walked; a pass begins once a day, or every `{"hours": n}` of the event. A piece
lasts as long as the function may: give it minutes, one at a time.
"""

from datetime import timedelta
from time import monotonic
from typing import Any

import msgspec
import structlog

from processor.walk import Walk
from syncstate.lambdas import runtime, telemetry
from syncstate.lambdas.deadlines import deadline

_DAY = 24
_ALONE = 60.0
"""Seconds of a piece where nobody ends the function."""

_log = structlog.get_logger("syncstate.sweep")


@telemetry.observed("sweep")
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's
    """Walk a piece and answer what it did. Raises where the store fails: the next piece goes on from the last place."""
    parts, until = runtime.parts(), deadline(context)
    every = timedelta(hours=float(event.get("hours", _DAY)))
    walk = Walk(parts.store, parts.runner, runtime.delivery(), parts.clock, every=every)
    walked = walk.go_on(monotonic() + _ALONE if until is None else until)
    meter = telemetry.meter()
    meter.count("Streams", walked.streams)
    meter.count("Lagging", walked.lagging)
    meter.count("Retries", walked.later)
    told = msgspec.structs.asdict(walked)
    _log.info("sweep.piece", **told)
    return told
