"""Copying an embedded store into one file, beside a server that goes on writing.

The copy is written under another name, read through, brought to the disk, and only then given its own name: a crash
at any point leaves the file that was there before, or none.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fnmatch import fnmatch
from hashlib import blake2b
from pathlib import Path

import msgspec

from processor.adapters.sql.errors import SchemaMismatch
from processor.adapters.sql.snapshot import SqlSnapshot
from processor.adapters.sql.sqlite.snapshot import SqliteSnapshot
from processor.clock import Instant
from syncstate.care import Refused
from syncstate.care.tally import Tally, Watch, nobody
from syncstate.care.verifying import truth

DIGEST_BYTES = 32
_PAGES = 2000
_CHUNK = 1 << 20
_BESIDE = ("-wal", "-shm", "-journal")


class BackupExists(Refused):
    """The file is there already, and nobody said that it may be replaced."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file} exists: choose another name, or replace it with --force")


class BackupIntoStore(Refused):
    """The file is the store itself, or one that the store or its server keeps beside it: nothing replaces those."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file} belongs to the store that is to be copied: name a file of its own")


class BackupUnderWay(Refused):
    """Another backup writes to the same file."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"another backup to {file} is under way: wait for its end, or choose another name")


class CopyDamaged(Refused):
    """The copy was read through and something is wrong with it: most likely with the store itself."""

    def __init__(self, source: Path | str, first: str) -> None:
        super().__init__(
            f"{source} is damaged ({first}), so no backup was made of it, and the one before was left as it is:"
            " `syncstate verify` names all of it"
        )


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds. `blake2b` is of the whole file, 32 bytes in hexadecimal.

    `events` and `streams` are None for a store of another release, whose tables are not read.
    """

    file: str
    events: int | None
    streams: int | None
    newest: Instant | None
    bytes: int
    blake2b: str

    def line(self) -> str:
        """Return it for a person."""
        if self.events is None:
            counted = "a store of another release"
        else:
            newest = f"newest {self.newest}" if self.newest else "none yet"
            counted = f"{self.events:,} events in {self.streams:,} streams, {newest}"
        return f"{self.file}: {counted}; {self.bytes:,} bytes, blake2b {self.blake2b}"


def back_up(source: Path, file: Path, *, replace: bool = False, watch: Watch = nobody) -> Manifest:
    """Copy the store at `source` into `file` as it stands now, and return what it holds.

    Raises BackupIntoStore, BackupExists, BackupUnderWay, CopyDamaged, OSError, or a ProcessorError where `source`
    cannot be read.
    """
    if _of_store(source, file):
        raise BackupIntoStore(file)
    if file.exists() and not replace:
        raise BackupExists(file)
    with drafted(file) as draft:
        copy(source, draft, watch)
        manifest = manifest_of(draft, _read_through(source, draft, watch), name=file)
        settle(draft, file)
    return manifest


def _of_store(source: Path, file: Path) -> bool:
    """Tell whether `file` is the store, by whatever name, or is named as one of what stands beside it."""
    if file.exists() and file.samefile(source):
        return True
    beside = {f"{source.name}{end}" for end in ("", ".lock", ".restoring", *_BESIDE)}
    ours = file.name in beside or fnmatch(file.name, "server*.json")
    return ours and file.parent.resolve() == source.parent.resolve()


def _read_through(source: Path, draft: Path, watch: Watch) -> Tally | None:
    """Return what the copy holds, None where it is another release's. Raises CopyDamaged where it is not sound."""
    tally = Tally()
    try:
        with closing(SqlSnapshot.sqlite(draft)) as snapshot:
            for finding in truth(snapshot, tally, watch):
                raise CopyDamaged(source, finding.sentence)
    except SchemaMismatch:
        with closing(SqliteSnapshot(draft)) as snapshot:
            [(found,), *_] = snapshot.connection.execute("PRAGMA integrity_check(1)").fetchall()
        if found != "ok":
            raise CopyDamaged(source, found) from None
        return None
    return tally


def manifest_of(path: Path, tally: Tally | None, *, name: Path | None = None) -> Manifest:
    """Return the manifest of the file at `path`, of which `tally` was counted.

    `name` is what it will be called. Without a `tally` it is another release's.
    """
    hashed = blake2b(digest_size=DIGEST_BYTES)
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            hashed.update(chunk)
    size = path.stat().st_size
    file, digest = str(name or path), hashed.hexdigest()
    if tally is None:
        return Manifest(file, None, None, None, size, digest)
    return Manifest(file, tally.events, tally.streams, tally.newest, size, digest)


def settle(draft: Path, file: Path) -> None:
    """Bring `draft` to the disk and give it the name `file`, in one step."""
    with draft.open("rb") as content:
        os.fsync(content.fileno())
    draft.replace(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in `folder` to the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def drafted(file: Path) -> Iterator[Path]:
    """Yield the name under which `file` is written, for this process alone; what is left there is removed."""
    draft = file.with_name(f"{file.name}.part")
    with _alone(draft.with_name(f"{draft.name}.lock"), file):
        remove(draft)
        try:
            yield draft
        finally:
            remove(draft)


@contextmanager
def _alone(lock: Path, file: Path) -> Iterator[None]:
    held = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BackupUnderWay(file) from error
        if not lock.exists() or os.fstat(held).st_ino != lock.stat().st_ino:
            raise BackupUnderWay(file)  # it ended just now, and took its lock's name along
        yield
        lock.unlink(missing_ok=True)
    finally:
        os.close(held)


def remove(database: Path) -> None:
    """Delete a SQLite file and what stands beside it."""
    for end in ("", *_BESIDE):
        database.with_name(f"{database.name}{end}").unlink(missing_ok=True)


def copy(source: Path, draft: Path, watch: Watch) -> None:
    """Copy page by page within one snapshot: what is written meanwhile neither shows nor makes it begin again."""
    snapshot = SqliteSnapshot(source)
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as target:
            target.execute("PRAGMA synchronous = OFF")
            snapshot.connection.backup(
                target, pages=_PAGES, progress=lambda _, left, total: watch("pages", total - left)
            )
            target.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise snapshot.translation.of("be copied", error) from error
    finally:
        snapshot.close()
