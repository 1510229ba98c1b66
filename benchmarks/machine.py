"""The machine: what it is, and the limits that no program on it passes."""

import os
import platform
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from benchmarks.rounds import Series, interleave, rate
from benchmarks.traffic import MORNING, Traffic
from processor.events import recorded
from stock.codec import decode

_PAGE = bytes(4096)
_ROW = bytes(250)


def describe(folder: Path) -> str:
    """Return what this machine is in one line; `folder` is on the disk that is measured."""
    return (
        f"{os.cpu_count()} cores ({_processor()}), Python {platform.python_version()}, "
        f"{platform.system()} {platform.release()}, SQLite {sqlite3.sqlite_version}, disk {_disk(folder)}"
    )


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _disk(folder: Path) -> str:
    """Return the device and the file system under `folder`."""
    told = Path("/proc/mounts")
    mounts = [line.split() for line in told.read_text().splitlines()] if told.exists() else []
    above = [mount for mount in mounts if folder.resolve().is_relative_to(mount[1])]
    if not above:
        return "unknown"
    device, _, kind, *_ = max(above, key=lambda mount: len(mount[1]))
    return f"{device} ({kind})"


def busy() -> str:
    """Return a sentence on what else the machine does: to be asked before anything is measured."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    told = f"Load before the run: {load:.1f} on {cores} cores"
    if load < cores / 4:
        return told
    return f"**{told}: the machine was busy with other things, which skews even ratios. Measure again.**"


def limits(folder: Path, rounds: int, *, quick: bool) -> dict[str, Series]:
    """Measure what bounds all else, per second."""
    number = 50 if quick else 1000
    file = os.open(folder / "limits", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        with closing(sqlite3.connect(folder / "limits.db", isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute("CREATE TABLE small (body BLOB)")
            return interleave(
                rounds,
                {
                    "append 4 KiB to a file and fsync": lambda: rate(number, lambda: _sync(file, number)),
                    "SQLite, commit one row of 250 bytes": lambda: rate(number, lambda: _commit(database, number)),
                    "decode the fact in an event (msgspec)": _decoding(20 * number),
                },
            )
    finally:
        os.close(file)


def _sync(file: int, number: int) -> None:
    for _ in range(number):
        os.write(file, _PAGE)
        os.fsync(file)


def _commit(database: sqlite3.Connection, number: int) -> None:
    for _ in range(number):
        database.execute("INSERT INTO small VALUES (?)", (_ROW,))


def _decoding(number: int) -> Callable[[], float]:
    events = [recorded(stream, 1, event, MORNING) for stream, event in Traffic().arrivals(number)]
    return lambda: rate(number, lambda: list(map(decode, events)))
