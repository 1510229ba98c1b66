"""Making an archive of any store, beside whoever writes to it.

An SQL store is read as it stood at one moment. DynamoDB knows no such moment: there each stream is the run that could
be read when its turn came. The order of reading makes the pieces fit: streams of orders first, for what an order says
is in its SKUs' streams a moment later; registers last, for a delivery row is written before its outcome is appended.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from processor.clock import Clock, system_clock
from processor.events import Recorded
from processor.log import EventLog
from processor.registers import Registers
from processor.streams import StreamId
from syncstate.care.archive import Reader, Writer
from syncstate.care.copying import BackupExists, CopyDamaged, Manifest, drafted, manifest_of, settle
from syncstate.care.tally import Tally, Watch, nobody
from syncstate.care.truth import event_faults

FIRST = ("order",)
"""Categories of streams that are read before the others."""

PASSING = ("lease/", "generation/", "ready/", "restore")
"""What the names of registers begin with that mean nothing in another store."""

_STREAMS, _EVENTS, _OFTEN = 64, 10_000, 1000


class Origin(NamedTuple):
    """What an archive is made of: a store's log and registers, and its name for people. `pace`: streams a second."""

    place: str
    log: EventLog
    registers: Registers
    pace: float | None = None


def archive(
    origin: Origin, file: Path, *, replace: bool = False, watch: Watch = nobody, clock: Clock = system_clock
) -> Manifest:
    """Write an archive of `origin` into `file`, and return what it holds. Memory stays flat.

    Raises BackupExists, BackupUnderWay, CopyDamaged, OSError, or a ProcessorError where the store cannot be read.
    """
    if file.exists() and not replace:
        raise BackupExists(file)
    with drafted(file) as draft:
        with closing(Writer(draft, clock(), origin.place)) as writer:
            _write(origin, writer, watch)
            writer.end()
        watch("events read again", Reader(draft).whole().events)
        tally = Tally(writer.events, writer.streams, writer.newest)
        manifest = manifest_of(draft, tally, name=file)
        settle(draft, file)
    return manifest


def _write(origin: Origin, writer: Writer, watch: Watch) -> None:
    for stream, events in _runs(origin):
        last = 0
        for event in events:
            if not last:
                writer.stream(stream)
            last = event.version
            for fault in event_faults(event):
                raise CopyDamaged(origin.place, f"{stream}: event {event.version} {fault}")
            writer.event(event)
            if writer.events % _OFTEN == 0:
                watch("events", writer.events)
    for name, register in origin.registers.scan(""):
        if not name.startswith(PASSING):
            writer.register(name, register.value)


def _runs(origin: Origin) -> Iterator[tuple[StreamId, Iterator[Recorded]]]:
    """Yield each stream with its events, all of them, streams of FIRST categories before the others."""
    began, walked = time.monotonic(), 0
    early = (stream for stream in origin.log.streams() if stream.category in FIRST)
    late = (stream for stream in origin.log.streams() if stream.category not in FIRST)
    streams = chain(early, late)
    while batch := list(islice(streams, _STREAMS)):
        if origin.pace is not None:
            time.sleep(max(0.0, began + walked / origin.pace - time.monotonic()))
        walked += len(batch)
        yield from _batch(origin.log, batch)


def _batch(log: EventLog, batch: Sequence[StreamId]) -> Iterator[tuple[StreamId, Iterator[Recorded]]]:
    """Read a batch of streams together, twice: a hole ends a run, and only a second look tells it from the end.

    Where that is more than is held in memory, what either look left out is read stream by stream.
    """
    first = log.read_many(dict.fromkeys(batch, 0), _EVENTS)
    second = log.read_many({stream: _end(first.get(stream, ())) for stream in batch}, _EVENTS)
    cut = any(sum(map(len, look.values())) >= _EVENTS for look in (first, second))
    for stream in batch:
        found = [*first.get(stream, ()), *second.get(stream, ())]
        more = cut or stream in second
        yield stream, chain(found, _rest(log, stream, _end(found)) if more else ())


def _end(run: Sequence[Recorded]) -> int:
    return run[-1].version if run else 0


def _rest(log: EventLog, stream: StreamId, after: int) -> Iterator[Recorded]:
    """Yield what comes after, until a look finds nothing: a hole ends a run, and only a second look tells of it."""
    found = True
    while found:
        found = False
        for event in log.read(stream, after):
            found, after = True, event.version
            yield event
