"""syncstate backup: a copy of the store, while it serves."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from syncstate import logs
from syncstate.care import Refused
from syncstate.care.copying import back_up
from syncstate.care.places import NothingThere, postgres_command
from syncstate.cli.failures import Failure, sentences
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.progress import Progress
from syncstate.stores import DATABASE


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    data: Data = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE where it exists.")] = False,  # noqa: FBT002 - typer's form of a flag
    as_json: AsJson = False,  # noqa: FBT002 - as above
) -> None:
    """Copy the store into one file, as it stands at one moment; a running server goes on serving and writing.

    The copy is read through before it gets its name, so FILE is always a whole backup or the one before. The line
    printed at the end holds its blake2b, which `b2sum -l 256 FILE` computes too.

    \b
    Examples:
      syncstate backup stock.backup
      syncstate backup --force /mnt/nightly/stock.backup --data /var/lib/syncstate
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    settings = settings_with(data=data)
    logs.configure("warning", settings.log_format)
    with sentences():
        if settings.store == "postgres" and settings.database_url is not None:
            command = postgres_command(settings.database_url.get_secret_value(), file)
            raise Failure(f"PostgreSQL copies itself: run `{command}`, which asks for the password where one is needed")
        if settings.store != "embedded":
            raise Refused(f"a {settings.store} store is not copied by this command: use its own backups")
        source = settings.data / DATABASE
        if not source.is_file():
            raise NothingThere(source)
        progress = Progress("copying")
        manifest = back_up(source, file, replace=force, watch=progress)
        progress.end()
    print(msgspec.json.encode(manifest).decode() if as_json else manifest.line())
