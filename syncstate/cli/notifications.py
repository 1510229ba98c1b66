"""syncstate consume-notifications: what Amazon tells, from its queue."""

import json
import sys
from collections.abc import Callable
from typing import Annotated

import msgspec
import typer

from syncstate import logs
from syncstate.cli.failures import Failure, sentences
from syncstate.cli.kinesis import refuse_a_served_folder
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.kinesis_consuming import stopped_by_signals
from syncstate.notifications import Consumed, Reader, Taker
from syncstate.queues import open_queue
from syncstate.wiring import assembled


def consume_notifications(
    queue: Annotated[str, typer.Option("--queue", metavar="URL", help="The address of the SQS queue.")],
    once: Annotated[  # noqa: FBT002 - typer's form of a flag
        bool, typer.Option("--once", help="Take what is there, and end.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Take Amazon's notifications from an SQS queue, each once, until Ctrl-C.

    Orders that the merchant fulfils are sold, cancellations free their units, and what listings show is noted. A
    message leaves the queue once what it brought is durable. What cannot be taken is kept: `syncstate quarantine list`.
    The seller is that of SYNCSTATE_AMAZON_SELLER. Several processes may empty one queue. With --once the exit code is 1
    where something is left that could not be taken now.

    \b
    Examples:
      syncstate consume-notifications --queue https://sqs.us-east-1.amazonaws.com/123456789012/amazon
      AWS_ENDPOINT_URL=http://127.0.0.1:4566 syncstate consume-notifications --queue "$QUEUE" --once --json
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    settings = settings_with(data=data)
    logs.configure(settings.log_level, settings.log_format)
    with sentences():
        refuse_a_served_folder(settings)
        if settings.amazon_seller is None:
            raise Failure("no seller is registered: set SYNCSTATE_AMAZON_SELLER to the seller's id", 2)
        with assembled(settings, channels=False) as system:
            system.link()
            reader = Reader(open_queue(queue), Taker(system.services.notifications, settings.tenant))
            if not once:
                print(f"takes notifications from {queue}; Ctrl-C stops it", file=sys.stderr, flush=True)
            with stopped_by_signals(reader.stop):
                consumed = reader.run(once=once, told=_told(as_json=as_json, once=once))
    if once or consumed.waits is not None:
        _print(consumed, as_json=as_json)
    raise typer.Exit(0 if consumed.waits is None else 1)


def _told(*, as_json: bool, once: bool) -> Callable[[Consumed], None]:
    def told(consumed: Consumed) -> None:
        if not once:
            _print(consumed, as_json=as_json)

    return told


def _print(consumed: Consumed, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(msgspec.to_builtins(consumed)), flush=True)
        return
    counts = f"{consumed.messages:,} messages: {consumed.recorded:,} recorded, {consumed.duplicates:,} known before"
    kept = f", {consumed.quarantined:,} quarantined: `syncstate quarantine list`" if consumed.quarantined else ""
    print(f"{counts}, {consumed.ignored:,} of no interest{kept}", flush=True)
    if consumed.waits is not None:
        print(f"waits: {consumed.waits}", file=sys.stderr, flush=True)
