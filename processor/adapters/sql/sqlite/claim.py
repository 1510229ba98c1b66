"""A data folder's file belongs to one process at a time: a lock that the operating system drops when it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from processor.adapters.sql.errors import StoreEmptied, StoreInUse
from processor.errors import StoreUnavailable


class Claim:
    """This process's hold on one file, shared by all that open it here. `writing` is for the one that writes."""

    _held: dict[Path, "Claim"] = {}  # noqa: RUF012 - of the process, as the lock is
    _guard = Lock()

    def __init__(self, path: Path) -> None:
        self.path, self.writing = path, Lock()
        self._openings = 0
        self._file = _locked(path)
        trace = _trace_of_lost_data(path)
        if trace is not None:
            os.close(self._file)
            raise StoreEmptied(path, trace)

    @classmethod
    def of(cls, path: Path) -> "Claim":
        """Claim `path`, once more if this process holds it already. Raises StoreInUse where another does."""
        resolved = path.resolve()
        with cls._guard:
            claim = cls._held.get(resolved)
            if claim is None:
                claim = cls._held[resolved] = cls(resolved)
            claim._openings += 1
            return claim

    def release(self) -> None:
        """Give up one opening; with the last the file is free."""
        with self._guard:
            self._openings -= 1
            if not self._openings:
                del self._held[self.path]
                os.close(self._file)


@contextmanager
def kept_out(path: Path) -> Iterator[None]:
    """Let no process open `path` meanwhile, whatever state it is in. Raises StoreInUse where one has it open."""
    held = _locked(path.resolve())
    try:
        yield
    finally:
        os.close(held)


def holder_of(path: Path) -> str | None:
    """Name the process that has `path` open, as far as the system tells; None where none is known to."""
    try:
        inode = trace_of(path.resolve()).stat().st_ino
        locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    except OSError:
        return None
    found = (lock[4] for lock in locks if "FLOCK" in lock and "->" not in lock and lock[5].endswith(f":{inode}"))
    return next((f"process {pid}" for pid in found), None)


def _locked(path: Path) -> int:
    """Open and lock the file beside `path`; it is left behind, since deleting it would let two hold it.

    It is empty until data is kept in the file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(trace_of(path), os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreUnavailable("open", str(error)) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        raise StoreInUse(path) from error
    return file


def trace_of(path: Path) -> Path:
    """Return the file beside `path` that is locked by whoever has it open."""
    return path.with_name(f"{path.name}.lock")


def keep_trace(path: Path) -> None:
    """Note, beside the file, that data is kept in it: should it be found empty, that is no new beginning."""
    with trace_of(path.resolve()).open("r+b") as trace:
        if not trace.read(1):
            trace.write(b"data is kept in the file of this name\n")
            trace.flush()
            os.fsync(trace.fileno())


def _trace_of_lost_data(path: Path) -> Path | None:
    """Return what tells that an empty or missing file held data. A missing one alone was meant to be deleted."""
    ahead = path.with_name(f"{path.name}-wal")
    if _size(path):
        return None
    if _size(ahead):
        return ahead
    return trace_of(path) if path.exists() and _size(trace_of(path)) else None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
