"""syncstate backup: a copy of the store, while it serves."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from syncstate import logs
from syncstate.care.archiving import archive
from syncstate.care.copying import Manifest, back_up
from syncstate.care.origins import origin_of
from syncstate.care.places import NothingThere, postgres_command
from syncstate.care.tally import Watch
from syncstate.cli.failures import Failure, sentences
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.progress import Progress
from syncstate.settings import Settings
from syncstate.stores import DATABASE

Pace = Annotated[
    float | None, typer.Option("--pace", min=0.1, help="DynamoDB: streams a second at most. [default: no limit]")
]


def backup(  # noqa: PLR0913 - each is an option
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    *,
    data: Data = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE where it exists.")] = False,
    portable: Annotated[
        bool, typer.Option("--portable", help="Write an archive, from which any kind of store can be filled.")
    ] = False,
    pace: Pace = None,
    as_json: AsJson = False,
) -> None:
    """Copy the store into one file, as it stands at one moment; a running server goes on serving and writing.

    The copy is read through before it gets its name, so FILE is always a whole backup or the one before. The line
    printed at the end holds its blake2b, which `b2sum -l 256 FILE` computes too.

    With --portable the file is an archive of the log and the registers: `syncstate restore` fills a SQLite,
    PostgreSQL or DynamoDB store from it. Of DynamoDB every backup is one, each stream as it stood when its turn came.

    \b
    Examples:
      syncstate backup stock.backup
      syncstate backup --force /mnt/nightly/stock.backup --data /var/lib/syncstate
      syncstate backup --portable stock.archive
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    settings = settings_with(data=data)
    logs.configure("warning", settings.log_format)
    with sentences():
        progress = Progress("copying")
        if portable or settings.store == "dynamodb":
            with origin_of(settings, pace) as origin:
                manifest = archive(origin, file, replace=force, watch=progress)
        else:
            manifest = _copied(settings, file, progress, force=force)
        progress.end()
    print(msgspec.json.encode(manifest).decode() if as_json else manifest.line())


def _copied(settings: Settings, file: Path, progress: Watch, *, force: bool) -> Manifest:
    if settings.store == "postgres" and settings.database_url is not None:
        command = postgres_command(settings.database_url.get_secret_value(), file)
        raise Failure(
            f"PostgreSQL copies itself: run `{command}`, which asks for the password where one is needed; or give "
            "--portable for an archive, from which any kind of store can be filled"
        )
    if settings.store != "embedded":
        raise Failure(f"a {settings.store} store is not copied")
    source = settings.data / DATABASE
    if not source.is_file():
        raise NothingThere(source)
    return back_up(source, file, replace=force, watch=progress)
