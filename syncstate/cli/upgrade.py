"""syncstate upgrade: the store is led to this release."""

from typing import Annotated

import msgspec
import typer

from syncstate import logs
from syncstate.care.upgrading import Outcome
from syncstate.care.upgrading import upgrade as lead
from syncstate.cli.failures import sentences
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.progress import Progress


def upgrade(
    data: Data = None,
    backup: Annotated[bool, typer.Option("--backup/--no-backup", help="Copy an embedded store first.")] = True,  # noqa: FBT002 - typer's form of a flag
    as_json: AsJson = False,  # noqa: FBT002 - as above
) -> None:
    """Lead the store to this release: its tables, and the read models that another release folded.

    No server may run on the store meanwhile. Before anything is changed, an embedded store is backed up beside itself.
    On DynamoDB the new release's functions run already: give this command right after they were deployed.

    \b
    Examples:
      syncstate upgrade
      syncstate upgrade --data /var/lib/syncstate --no-backup
      SYNCSTATE_STORE=dynamodb syncstate upgrade
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    settings = settings_with(data=data)
    logs.configure("warning", settings.log_format)
    with sentences():
        progress = Progress("upgrading")
        outcome = lead(settings, back_up_first=backup, watch=progress)
        progress.end()
    print(msgspec.json.encode(outcome).decode() if as_json else "\n".join(_lines(outcome)))


def _lines(outcome: Outcome) -> list[str]:
    lines = [] if outcome.backup is None else [f"backed up: {outcome.backup.line()}"]
    if outcome.now is None:
        lines.append("the tables are as this release wants them")
    elif outcome.found == outcome.now:
        lines.append(f"the store has schema {outcome.now} already, which is this release's")
    else:
        lines.append(f"the store was led from schema {outcome.found} to {outcome.now}")
    lines.append(f"rebuilt: {', '.join(outcome.rebuilt)}" if outcome.rebuilt else "no read model had to be rebuilt")
    return lines
