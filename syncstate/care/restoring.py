"""Bringing a backup back into a data folder.

The copy is made, mended where it must be, and brought to the disk under another name; while that name is there, no
server begins on the folder. The last step gives it its own.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from channels.attempts import doubt_all
from processor.adapters.sql import SqlStore
from processor.adapters.sql.sqlite.claim import keep_trace, kept_out, trace_of
from processor.clock import Clock, system_clock
from processor.engine import Engine
from projections import PROJECTIONS
from stock.codec import decode
from syncstate import presence
from syncstate.addresses import EMBEDDED
from syncstate.care import Refused
from syncstate.care.archive import Reader
from syncstate.care.copying import Manifest, copy, manifest_of, remove, settle, sync_folder
from syncstate.care.places import snapshot_at
from syncstate.care.tally import Tally, Watch, nobody
from syncstate.care.unpacking import PortHistory, Standing, Target, Unpacked, unpack
from syncstate.care.verifying import models, truth
from syncstate.stores import DATABASE, RESTORING

_HARMLESS = {f"{DATABASE}.lock", RESTORING, f"{RESTORING}.lock", f"{RESTORING}-wal", f"{RESTORING}-shm", "lost+found"}
_ENDS = ("", "-wal", "-shm", "-journal")


class FolderTaken(Refused):
    """There is something in the folder already, and nobody said that it may be moved aside."""

    def __init__(self, data: Path) -> None:
        super().__init__(f"{data} is not empty: name an empty folder, or move its store aside with --force")


class FolderServed(Refused):
    """A server runs on the folder."""

    def __init__(self, data: Path, url: str) -> None:
        super().__init__(f"{data} is served at {url}: stop that server first")


class BackupDamaged(Refused):
    """The backup itself was read through, and its log is not sound."""

    def __init__(self, file: Path, first: str) -> None:
        super().__init__(f"{file} is damaged ({first}): nothing was changed; `syncstate verify {file}` names all of it")


class Restored(msgspec.Struct, frozen=True):
    """What was brought back.

    `rebuilt` names the read models that were not the fold of the backup's log; `doubted` counts the listings that
    will be told their quantities anew; `aside` is where the old store lies now, None where there was none.
    """

    manifest: Manifest
    rebuilt: tuple[str, ...]
    doubted: int
    aside: str | None


def restore(file: Path, data: Path, *, replace: bool = False, watch: Watch = nobody) -> Restored:
    """Make a copy of `file`, a copy of an embedded store, the store of the folder `data`, which no server may run on.

    Raises FolderTaken, FolderServed, BackupDamaged, NothingThere, OSError, or a ProcessorError.
    """
    _refuse_taken(data, replace=replace)
    tally = Tally()
    broken = _read_through(file, tally, watch)
    doubted = 0

    def fill(draft: Path) -> None:
        nonlocal doubted
        copy(file, draft, watch)
        with _opened(draft) as store:
            doubted = doubt_all(store.registers)
            _rebuild(store, broken)

    aside = _becoming(data, fill)
    return Restored(manifest_of(file, tally), tuple(sorted(broken)), doubted, aside)


def restore_archive(
    file: Path, data: Path, *, replace: bool = False, watch: Watch = nobody
) -> tuple[Unpacked, str | None]:
    """Make what the archive `file` holds the store of the folder `data`; return that, and where the old store lies.

    Raises FolderTaken, FolderServed, ArchiveDamaged, OSError, or a ProcessorError.
    """
    _refuse_taken(data, replace=replace)
    reader, filled = Reader(file), list[Unpacked]()
    reader.whole()

    def fill(draft: Path) -> None:
        clock = Standing()
        with _opened(draft, clock) as store:
            target = Target(str(draft), f"syncstate restore {file} --data {data}", f"remove {draft}")
            filled.append(unpack(reader, store, PortHistory(store, clock), target, watch))

    aside = _becoming(data, fill)
    return filled[0], aside


def _refuse_taken(data: Path, *, replace: bool) -> None:
    served = presence.find(data, EMBEDDED)
    if served is not None:
        raise FolderServed(data, served.url)
    if not replace and data.exists() and {entry.name for entry in data.iterdir()} - _HARMLESS:
        raise FolderTaken(data)


def _becoming(data: Path, fill: Callable[[Path], None]) -> str | None:
    """Let `fill` make a store under another name, then give it the folder's; return where the old store lies now."""
    data.mkdir(parents=True, exist_ok=True)
    with kept_out(data / DATABASE):
        draft = data / RESTORING
        remove(draft)
        fill(draft)
        aside = _move_aside(data)
        settle(draft, data / DATABASE)
        keep_trace(data / DATABASE)
    return aside


def _read_through(file: Path, tally: Tally, watch: Watch) -> set[str]:
    """Return the read models that must be rebuilt. Raises BackupDamaged where the log itself is not sound."""
    with closing(snapshot_at(file)) as snapshot:
        for finding in truth(snapshot, tally, watch):
            raise BackupDamaged(file, finding.sentence)
        return {finding.projection for finding in models(snapshot, tally, watch) if finding.projection is not None}


@contextmanager
def _opened(draft: Path, clock: Clock = system_clock) -> Iterator[SqlStore]:
    """Open the copy; afterwards it is one file again."""
    try:
        with closing(SqlStore.sqlite(draft, clock)) as store:
            yield store
    finally:
        trace_of(draft).unlink(missing_ok=True)


def _rebuild(store: SqlStore, projections: set[str]) -> None:
    if projections:
        with closing(Engine(store, PROJECTIONS, decode, watch="inventory")) as engine:
            for name in sorted(projections):
                for _ in engine.rebuild.run(name, time.sleep):
                    pass


def _move_aside(data: Path) -> str | None:
    """Move the old store's files into a folder of their own beside it."""
    found = [path for end in _ENDS if (path := data / f"{DATABASE}{end}").exists()]
    if not found:
        return None
    aside = data / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    aside.mkdir()
    for path in found:
        path.rename(aside / path.name)
    sync_folder(aside)
    sync_folder(data)
    return str(aside)
