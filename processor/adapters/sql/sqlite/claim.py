"""A data folder's file belongs to one process at a time: a lock that the operating system drops when it dies."""

import fcntl
import os
from pathlib import Path
from threading import Lock

from processor.adapters.sql.errors import StoreInUse
from processor.errors import StoreUnavailable


class Claim:
    """This process's hold on one file, shared by all that open it here. `writing` is for the one that writes."""

    _held: dict[Path, "Claim"] = {}  # noqa: RUF012 - of the process, as the lock is
    _guard = Lock()

    def __init__(self, path: Path) -> None:
        self.path, self.writing = path, Lock()
        self._openings = 0
        self._file = _locked(path)

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


def _locked(path: Path) -> int:
    """Open and lock the file beside `path`; it is left behind, since deleting it would let two hold it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreUnavailable("open", str(error)) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        raise StoreInUse(path) from error
    return file
