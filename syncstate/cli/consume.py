"""syncstate consume: folds what others append, from the stream of the table."""

import json
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from syncstate import logs
from syncstate.cli.failures import sentences
from syncstate.cli.options import AsJson, settings_with
from syncstate.cli.stopping import stopping

if TYPE_CHECKING:
    from syncstate.consuming import Consumed

Once = Annotated[bool, typer.Option("--once", help="End when nothing more is there for now.")]


def consume(once: Once = False, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's form of a flag
    """Follow the stream of the events' table on DynamoDB and keep the read models up to it, until Ctrl-C.

    It does what the functions on Lambda do, in one process: for emulators and small deployments. Several share the
    shards. Where each shard stands is kept in the store: a later run goes on there, and the first begins with the
    oldest record. Streams that cannot be folded now wait in the queue of SYNCSTATE_REDO_QUEUE, or, without one, in the
    store. Once a day the whole catalogue is walked for what no record brought.

    With --once the exit code is 1 where something could not be taken.

    \b
    Examples:
      AWS_ENDPOINT_URL=http://127.0.0.1:4566 syncstate consume
      syncstate consume --once --json | jq .records
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    from syncstate.consuming import consumer  # the drivers, which other commands do without

    settings = settings_with(store="dynamodb")
    logs.configure(settings.log_level if not once else "warning", settings.log_format)
    with sentences(), stopping() as stop, consumer(settings) as working:
        if not (once or as_json):
            print("SyncState follows the stream of the events' table. Ctrl-C stops it.", flush=True)
        done = working.run(stop.event, once=once)
    print(json.dumps(msgspec.structs.asdict(done)) if as_json else _told(done), flush=True)
    raise typer.Exit(stop.code if not once or done.complete else 1)


def _told(done: "Consumed") -> str:
    told = f"read {done.records:,} records, folded {done.folded:,} events into read models"
    if done.later:
        told += f"; {done.later:,} streams must wait and are rung again later"
    if done.unread:
        told += f"; {done.unread:,} records name no stream: see the log"
    if done.elsewhere:
        told += f"; {done.elsewhere:,} shards were read by other processes"
    return told if done.complete else f"{told}; NOT to the end: the store did not take what was read, see the log"
