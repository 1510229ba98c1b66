"""syncstate consume-kinesis: facts from a Kinesis stream."""

import json
import sys
from collections.abc import Callable
from typing import Annotated

import msgspec
import typer

from syncstate import kinesis_consuming, logs, presence
from syncstate.addresses import EMBEDDED
from syncstate.cli.failures import Failure, sentences
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.kinesis_consuming import Consumed
from syncstate.settings import Settings
from syncstate.wiring import assembled, holder_of


def consume_kinesis(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The stream's name.")],
    once: Annotated[  # noqa: FBT002 - typer's form of a flag
        bool, typer.Option("--once", help="Take what is there, and end.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Follow a Kinesis stream and record the facts in it, each once, until Ctrl-C.

    A record is a fact as POST /api/batch takes it, {"tenant": "acme", "type": "sale", "sku": "A", "quantity": 1}, or
    {"tenant": "acme", "facts": [...]}; records that the Kinesis Producer Library put together are taken apart. What
    cannot be taken is kept: `syncstate quarantine list`. A stream is followed from its oldest record on, later from
    where it was left; a second process stands by, and takes over the shards of one that ends. With --once the exit
    code is 1 where something is left that could not be taken now.

    \b
    Examples:
      syncstate consume-kinesis orders
      SYNCSTATE_KINESIS_TENANTS='{"orders": ["acme", "zen"]}' syncstate consume-kinesis orders
      AWS_ENDPOINT_URL=http://127.0.0.1:4566 syncstate consume-kinesis orders --once --json
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    settings = settings_with(data=data)
    logs.configure(settings.log_level, settings.log_format)
    with sentences():
        refuse_a_served_folder(settings)
        with assembled(settings, channels=False) as system:
            consumer = kinesis_consuming.consumer(system.engine, name, settings, holder_of(settings))
            if not once:
                print(f"follows the Kinesis stream {name}; Ctrl-C stops it", file=sys.stderr, flush=True)
            with kinesis_consuming.stopped_by_signals(consumer.stop):
                consumed = consumer.run(once=once, told=_told(as_json=as_json, once=once))
    _print(consumed, as_json=as_json)
    raise typer.Exit(1 if once and consumed.waits is not None else 0)


def refuse_a_served_folder(settings: Settings) -> None:
    """Say what to do where the embedded store is a server's: only one process can have it."""
    running = presence.find(settings.data, EMBEDDED) if settings.store == EMBEDDED else None
    if running is not None:
        raise Failure(
            f"{settings.data} is served at {running.url}, and an embedded store is one process's: stop that server, "
            "or keep the events on PostgreSQL or DynamoDB (SYNCSTATE_STORE)"
        )


def _told(*, as_json: bool, once: bool) -> Callable[[Consumed], None]:
    def told(consumed: Consumed) -> None:
        if not once:
            _print(consumed, as_json=as_json)

    return told


def _print(consumed: Consumed, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(msgspec.to_builtins(consumed)), flush=True)
        return
    counts = f"{consumed.records:,} records: {consumed.recorded:,} facts recorded, {consumed.duplicates:,} known before"
    kept = f", {consumed.quarantined:,} quarantined: `syncstate quarantine list`" if consumed.quarantined else ""
    print(f"{counts}{kept}", flush=True)
    if consumed.elsewhere:
        print(f"{consumed.elsewhere} shards are read by other processes", flush=True)
    if consumed.waits is not None:
        print(f"waits: {consumed.waits}", file=sys.stderr, flush=True)
