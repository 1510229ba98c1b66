"""syncstate restore: a backup becomes the store of a folder."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from syncstate import logs
from syncstate.care import Refused
from syncstate.care.restoring import Restored
from syncstate.care.restoring import restore as bring_back
from syncstate.cli.failures import sentences
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.progress import Progress


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")],
    data: Data = None,
    force: Annotated[bool, typer.Option("--force", help="Move the store that is there aside.")] = False,  # noqa: FBT002 - typer's form of a flag
    as_json: AsJson = False,  # noqa: FBT002 - as above
) -> None:
    """Make a copy of a backup the store of an empty folder, on which no server runs.

    The backup is read through first, and refused where its log is not sound; read models that are not the fold of it
    are rebuilt. Channels may show what was told after the backup was made, so every listing is told its quantity anew
    once updates are live.

    \b
    Examples:
      syncstate restore stock.backup --data new-data
      syncstate restore stock.backup --data /var/lib/syncstate --force
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    settings = settings_with(data=data)
    logs.configure("warning", settings.log_format)
    with sentences():
        if settings.store != "embedded":
            raise Refused(f"a {settings.store} store is brought back by its own tools (PostgreSQL: pg_restore)")
        progress = Progress("restoring")
        restored = bring_back(file, settings.data, replace=force, watch=progress)
        progress.end()
    if as_json:
        print(msgspec.json.encode(restored).decode())
        return
    for line in _lines(restored, settings.data):
        print(line)


def _lines(restored: Restored, data: Path) -> list[str]:
    lines = [restored.manifest.line()]
    if restored.rebuilt:
        lines.append(f"rebuilt, for they were not the fold of the log: {', '.join(restored.rebuilt)}")
    if restored.doubted:
        lines.append(f"{restored.doubted:,} listings will be told their quantities anew")
    if restored.aside:
        lines.append(f"the store before lies in {restored.aside}")
    lines.append(f"{data} holds it now. What happened after {restored.manifest.newest or 'the backup'} is not in it.")
    return lines
