"""What the local environment holds beside the tables, as plain data: it builds, finds and deletes by these names."""

import json
from datetime import timedelta
from typing import Final, Literal, NamedTuple

from processor.adapters.dynamodb.catalogue import EVENTS

MINUTE: Final = timedelta(minutes=1)

Name = Literal["webhook", "api", "projections", "redo", "buffer", "kinesis", "dispatcher", "sweep", "reconcile"]


class Mapping(NamedTuple):
    """Which source feeds a function, how many records at a time.

    `retries` is how often a batch of a stream is tried again before its records go to the bucket FAILED: for ever, or
    until they are too old, at -1.
    """

    kind: Literal["table", "queue", "stream"]
    source: str
    batch: int
    retries: int = -1


class Call(NamedTuple):
    """A schedule's call of a function: how often, with which event (JSON)."""

    name: str
    every: timedelta
    event: str = "{}"


class Function(NamedTuple):
    """A function by its name without prefix.

    `routes` are those of the HTTP API that lead to it, `calls` those of schedules, `sells` whether it knows Amazon's
    seller.
    """

    name: Name
    timeout: timedelta = MINUTE
    mapping: Mapping | None = None
    routes: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    sells: bool = False


REDO: Final = "redo"
BUFFER: Final = "buffer"
WORK: Final = "work"
QUEUES: Final = (REDO, BUFFER, WORK)
"""Each has a dead-letter queue of the same name and DEAD behind it."""

DEAD: Final = "-dead"
DELIVERIES: Final = 5
"""How often a message is tried before it goes to the dead-letter queue."""

KEPT: Final = timedelta(days=14)
"""How long queues keep a message: the longest that SQS allows."""

HIDDEN: Final = 6 * MINUTE
"""How long a received message is hidden: six times its function's timeout, as AWS asks for."""

FAILED: Final = "failed"
"""The bucket that gets records which a function was given in vain."""

STREAM: Final = "orders"
"""The Kinesis stream."""

SECRET: Final = "shops"  # noqa: S105 - a name
HTTP_API: Final = "http"
TABLE: Final = EVENTS

FUNCTIONS: Final = (
    Function("webhook", timedelta(seconds=15), routes=("POST /webhook/{proxy+}",)),
    Function("api", timedelta(seconds=30), routes=("$default",)),
    Function("projections", mapping=Mapping("table", EVENTS, 100, retries=5)),
    Function("redo", mapping=Mapping("queue", REDO, 10)),
    Function("buffer", mapping=Mapping("queue", BUFFER, 10)),
    Function("kinesis", mapping=Mapping("stream", STREAM, 100)),
    Function("dispatcher", mapping=Mapping("queue", WORK, 10), sells=True),
    Function("sweep", calls=(Call("sweep", 5 * MINUTE),)),
    Function(
        "reconcile",
        calls=(Call("reconcile-due", MINUTE, '{"look": "due"}'), Call("reconcile", 15 * MINUTE)),
        sells=True,
    ),
)

NEW_EVENTS: Final = json.dumps({"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "e#"}]}}}})
"""What the table's stream lets through: an event that was appended. Claims are none."""


def handler(function: Function) -> str:
    """Return where the program keeps the function's handler."""
    return f"syncstate.lambdas.{function.name}.handler"
