"""What every function tells of itself: one line in the log and one of metrics per invocation, whatever becomes of it.

    @observed("project")
    def handler(event, context):
        meter = telemetry.meter()
        meter.count("BatchSize", len(event["Records"]))

Metrics are CloudWatch's embedded format, on standard output, where a Lambda runs; elsewhere the line in the log holds
the same counts. What a cold start waits for is next to nothing: the library that writes metrics is imported after the
first handler has done its work, and structlog only where something else logs, or where an invocation failed.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Literal, TypeVar, assert_never

import msgspec

from processor.clock import Instant, moment, system_clock
from processor.log import Appended, Conflict, Duplicate, Stale
from processor.receipts import Buffered, Settled
from processor.rung import Rung
from syncstate import tracing

Counted = Literal[
    "BatchSize",
    "Events",
    "Appended",
    "Duplicates",
    "Conflicts",
    "Stale",
    "Buffered",
    "Retries",
    "Quarantined",
    "Waiting",
    "Streams",
    "Lagging",
    "Accepted",
    "Rejected",
    "Woken",
    "Errors",
]
"""What is counted.

Buffered: facts that wait in a queue; Retries: what must come again, streams put off or messages and records that were
not taken; Quarantined: (read model, stream) pairs that stand before an event which cannot be folded, of Kinesis records
that are kept as dead letters; Waiting: pairs left behind; Streams: those that were looked at, Lagging: those of them
that no doorbell had brought up; Accepted, Rejected: updates by a channel; Woken: sellers; Errors: invocations that
raised, or answered that the fault is ours.
"""

Timed = Literal["Lag", "WebhookToProjection", "Duration"]
"""Milliseconds.

Lag: how old the newest event was when it had been folded, how old the oldest Kinesis record when it was taken, how long
a stream from the redo queue had waited; WebhookToProjection: how old the oldest event was when it had been folded.
"""

_OURS = 500

NAMESPACE = "SyncState"
ON_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME"
"""The variable that is set where a Lambda runs."""

_Handler = TypeVar("_Handler", bound=Callable[..., Any])


class Meter:
    """What one invocation counts. Cheap: nothing is written before its end."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.times: dict[str, float] = {}

    def count(self, name: Counted, number: int = 1) -> None:
        """Add to a count; 0 makes it known that it was looked at."""
        self.counts[name] = self.counts.get(name, 0) + number

    def took(self, name: Timed, milliseconds: float) -> None:
        """Set a time; of several, the longest counts."""
        self.times[name] = max(milliseconds, self.times.get(name, 0.0))

    def answered(self, status: int) -> None:
        """Count an answer over HTTP that says that the fault is ours."""
        if status >= _OURS:
            self.count("Errors")

    def appended(self, outcomes: Iterable[Settled]) -> None:
        """Count what became of facts that were appended."""
        for outcome in outcomes:
            match outcome:
                case Appended():
                    self.count("Appended")
                case Duplicate():
                    self.count("Duplicates")
                case Conflict():
                    self.count("Conflicts")
                case Buffered():
                    self.count("Buffered")
                case Stale():
                    self.count("Stale")
                case _:
                    assert_never(outcome)

    def rung(self, rung: Rung) -> None:
        """Count what a ring folded and what it left behind."""
        self.count("Events", rung.folded)
        self.count("Waiting", len(rung.behind))

    def waited(self, arrived: Iterable[Instant], now: Instant) -> None:
        """Tell how long what is done at `now` had waited, by when it arrived."""
        moments = list(arrived)
        if moments:
            self.took("Lag", _milliseconds(min(moments), now))

    def folded(self, recorded: Iterable[Instant], now: Instant) -> None:
        """Tell how old events were, by when they were recorded, when they had been folded: at `now`."""
        moments = list(recorded)
        if moments:
            self.took("Lag", _milliseconds(max(moments), now))
            self.took("WebhookToProjection", _milliseconds(min(moments), now))


def _milliseconds(since: Instant, now: Instant) -> float:
    """Clocks differ between machines: what seems to come from the future is new."""
    return max(0.0, (moment(now) - moment(since)).total_seconds() * 1000)


_meter: ContextVar[Meter] = ContextVar("meter")
_named: ContextVar[Mapping[str, str]] = ContextVar("named")
_process = {"cold": True, "logs": False}


def meter() -> Meter:
    """Return the meter of the invocation under way; outside of one, a meter that nobody reads."""
    return _meter.get(None) or Meter()


def observed(name: str) -> Callable[[_Handler], _Handler]:
    """Return a decorator for a handler of (event, context). What the handler raises is told and raised on."""

    def decorate(handler: _Handler) -> _Handler:
        @wraps(handler)
        def observing(event: Any, context: Any = None) -> Any:  # noqa: ANN401 - Lambda's own
            with invocation(name, event, context):
                return handler(event, context)

        return observing  # type: ignore[return-value]

    return decorate


@contextmanager
def invocation(name: str, event: object, context: object = None) -> Iterator[Meter]:
    """Bind what names this invocation into every line that is logged meanwhile, and tell of it at its end."""
    cold, _process["cold"] = _process["cold"], False
    found, named = Meter(), {"function": name, **tracing.ids_of(event, context)}
    tokens = _meter.set(found), _named.set(named)
    if "structlog" in sys.modules:
        prepare_logs()
    began = time.perf_counter()
    try:
        yield found
    except BaseException:
        found.count("Errors")
        _tell_failure(cold=cold)
        raise
    finally:
        found.took("Duration", (time.perf_counter() - began) * 1000)
        _tell(name, found, named, cold=cold)
        if "structlog" in sys.modules:
            _contextvars().unbind_contextvars(*named)
        _meter.reset(tokens[0])
        _named.reset(tokens[1])


def prepare_logs() -> None:
    """Let structlog write JSON where a Lambda runs, each line with what names the invocation under way.

    To be called by whoever imports structlog in the middle of an invocation.
    """
    if ON_LAMBDA in os.environ and not _process["logs"]:
        from syncstate import logs

        _process["logs"] = True
        logs.configure("info", "json")
    _contextvars().bind_contextvars(**_named.get({}))


def _contextvars() -> Any:  # noqa: ANN401 - a module
    import structlog

    return structlog.contextvars


def _tell_failure(*, cold: bool) -> None:
    import structlog

    prepare_logs()
    structlog.get_logger("syncstate.lambdas").exception("lambda.failed", cold=cold)


def _tell(name: str, found: Meter, named: Mapping[str, str], *, cold: bool) -> None:
    """Write the line, and the metrics where a Lambda runs. A failure to tell is no failure of what was told."""
    told = {"cold": cold, **found.counts, **{key: round(value, 1) for key, value in found.times.items()}}
    if ON_LAMBDA not in os.environ:
        import structlog

        structlog.get_logger("syncstate.lambdas").info("lambda.done", **told)
        return
    _write({**named, **told, "event": "lambda.done", "level": "info", "timestamp": system_clock()})
    try:
        _emit(name, found, named, cold=cold)
    except Exception as error:  # noqa: BLE001 - see above
        reason = f"{type(error).__name__}: {error}"
        _write({**named, "event": "lambda.metrics_lost", "reason": reason, "level": "warning"})


def _write(line: Mapping[str, object]) -> None:
    """Write a line as structlog would, without it."""
    sys.stderr.write(msgspec.json.encode(line).decode() + "\n")


def _emit(name: str, found: Meter, named: Mapping[str, str], *, cold: bool) -> None:
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

    metrics = EphemeralMetrics(namespace=NAMESPACE, service=name)
    for key, number in {**found.counts, "ColdStarts": int(cold)}.items():
        metrics.add_metric(name=key, unit=MetricUnit.Count, value=number)
    for key, milliseconds in found.times.items():
        metrics.add_metric(name=key, unit=MetricUnit.Milliseconds, value=round(milliseconds, 3))
    for key, value in named.items():
        metrics.add_metadata(key=key, value=value)
    metrics.flush_metrics()
