"""syncstate restore: a backup becomes the store of a folder, or fills an empty PostgreSQL or DynamoDB store."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from processor.errors import Retryable
from syncstate import logs
from syncstate.care import Refused
from syncstate.care.archive import is_archive
from syncstate.care.filling import fill
from syncstate.care.places import NothingThere
from syncstate.care.restoring import Restored, restore_archive
from syncstate.care.restoring import restore as bring_back
from syncstate.care.unpacking import Unpacked
from syncstate.cli.failures import Failure, sentences
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.progress import Progress
from syncstate.settings import Settings


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

    An archive (`syncstate backup --portable`, and every backup of DynamoDB) fills the store that the settings name:
    a folder, or an empty PostgreSQL database or DynamoDB tables. Nobody else opens the store until it is whole; where
    it was broken off, the same command goes on.

    \b
    Examples:
      syncstate restore stock.backup --data new-data
      syncstate restore stock.backup --data /var/lib/syncstate --force
      SYNCSTATE_STORE=dynamodb SYNCSTATE_DYNAMODB_PREFIX=new- syncstate restore stock.archive
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    settings = settings_with(data=data)
    logs.configure("warning", settings.log_format)
    with sentences():
        if not file.is_file():
            raise NothingThere(file)
        archived, progress = is_archive(file), Progress("restoring")
        if settings.store == "embedded" and not archived:
            done = bring_back(file, settings.data, replace=force, watch=progress)
            progress.end()
            _tell(msgspec.json.encode(done), _lines(done, settings.data), as_json=as_json)
            return
        unpacked, aside = _unpacked(file, settings, progress, archived=archived, force=force)
        progress.end()
    told = json.dumps({"file": str(file), **msgspec.to_builtins(unpacked), "aside": aside}).encode()
    _tell(told, _told(unpacked, settings, aside), as_json=as_json)


def _unpacked(
    file: Path, settings: Settings, progress: Progress, *, archived: bool, force: bool
) -> tuple[Unpacked, str | None]:
    if not archived:
        raise Refused(
            f"{file} is a copy of an embedded store, and the settings name a {settings.store} one: restore it into a "
            "folder (SYNCSTATE_STORE=embedded), then make an archive there with `syncstate backup --portable`"
        )
    if settings.store == "embedded":
        return restore_archive(file, settings.data, replace=force, watch=progress)
    if force:
        raise Failure(f"--force moves a folder's store aside; a {settings.store} store must be empty", 2)
    try:
        return fill(file, settings, progress), None
    except Retryable as error:
        advice = "what was restored is kept, and nobody opens the store: give the same command again, and it goes on"
        raise Failure(f"{error}: {advice}") from error


def _tell(as_bytes: bytes, lines: Iterator[str], *, as_json: bool) -> None:
    print(as_bytes.decode() if as_json else "\n".join(lines))


def _lines(restored: Restored, data: Path) -> Iterator[str]:
    yield restored.manifest.line()
    if restored.rebuilt:
        yield f"rebuilt, for they were not the fold of the log: {', '.join(restored.rebuilt)}"
    yield from _after(restored.doubted, restored.aside)
    yield f"{data} holds it now. What happened after {restored.manifest.newest or 'the backup'} is not in it."


def _told(unpacked: Unpacked, settings: Settings, aside: str | None) -> Iterator[str]:
    if unpacked.resumed:
        yield "an earlier restore of this archive was broken off, and was gone on with"
    yield f"{unpacked.events:,} events in {unpacked.streams:,} streams, {unpacked.registers:,} registers"
    yield from _after(unpacked.doubted, aside)
    if unpacked.waiting:
        yield f"{unpacked.waiting:,} streams could not be folded to their end: see `syncstate quarantine list`"
    place = settings.data if settings.store == "embedded" else f"the {settings.store} store"
    yield f"{place} holds it now. What happened after {unpacked.newest or 'the backup'} is not in it."


def _after(doubted: int, aside: str | None) -> Iterator[str]:
    if doubted:
        yield f"{doubted:,} listings will be told their quantities anew"
    if aside:
        yield f"the store before lies in {aside}"
