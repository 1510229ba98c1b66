"""Filling a store from an archive: events at their places, registers, read models; only then may others write.

Every step may be broken off and done again by the same command. The mark is written before the first event and told
"whole" after the last read model; what is in between is told to whoever opens the store.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import groupby, islice, zip_longest
from typing import NamedTuple, Protocol

import msgspec

from channels.attempts import doubt_all
from processor.clock import Instant, system_clock
from processor.engine import Engine
from processor.errors import ProcessorError
from processor.events import Event, Recorded
from processor.log import Append, Appended
from processor.models import Model
from processor.registers import Registers
from processor.source import Doorbell
from processor.store import Store
from processor.streams import StreamId
from projections import PROJECTIONS
from stock.codec import decode
from syncstate.care import Refused
from syncstate.care.archive import End, Named, Reader
from syncstate.care.marks import Mark, Marking
from syncstate.care.tally import Watch, nobody

_EVENTS, _STREAMS, _TRIES = 800, 200, 3


class StoreTaken(Refused):
    """The store holds events already."""

    def __init__(self, place: str, advice: str) -> None:
        super().__init__(f"{place} holds events already, and a restore never overwrites any: {advice}")


class WrittenMeanwhile(ProcessorError):
    """Something else wrote to the store while it was being filled."""

    def __init__(self, stream: StreamId, version: int) -> None:
        super().__init__(
            f"event {version} of {stream} is not the copy's: stop what else writes, begin with an empty store"
        )


class History(Protocol):
    """Writes events at the places they had. Safe to repeat for one copy."""

    def is_empty(self) -> bool:
        """Tell whether the store holds no event at all."""
        ...

    def write(self, events: Sequence[Recorded]) -> None:
        """Write events, streams in order and each from its beginning; durable once it returns."""
        ...


class Standing:
    """A clock that stands at the moment of what is being written, so that it is recorded when it was."""

    def __init__(self) -> None:
        self.at: Instant | None = None

    def __call__(self) -> Instant:
        """Return that moment, the system's time where none was set."""
        return self.at or system_clock()


class PortHistory:
    """The history of a store whose writes join, by its own port: `clock` is the store's."""

    def __init__(self, store: Store, clock: Standing) -> None:
        self._store, self._clock = store, clock

    def is_empty(self) -> bool:
        """See `History.is_empty`."""
        return next(self._store.log.streams(), None) is None

    def write(self, events: Sequence[Recorded]) -> None:
        """See `History.write`. One commit; what an earlier run has written is looked at, and not written again."""
        try:
            with self._store.unit():
                heads = self._store.log.heads(list({event.stream: None for event in events}))
                self._compare([event for event in events if event.version <= heads[event.stream]])
                new = (event for event in events if event.version > heads[event.stream])
                for (stream, at), run in groupby(new, key=lambda event: (event.stream, event.recorded_at)):
                    self._clock.at = at
                    self._append(stream, list(run))
        finally:
            self._clock.at = None

    def _compare(self, known: Sequence[Recorded]) -> None:
        for stream, run in groupby(known, key=lambda event: event.stream):
            wanted = list(run)
            there = list(self._store.log.read(stream, wanted[0].version - 1, len(wanted)))
            for event, other in zip_longest(wanted, there):
                if event != other:
                    raise WrittenMeanwhile(stream, (event or other).version)

    def _append(self, stream: StreamId, run: Sequence[Recorded]) -> None:
        append = Append(stream, tuple(map(_stated, run)), expected=run[0].version - 1)
        for event, outcome in zip(run, self._store.log.append([append]), strict=True):
            if not isinstance(outcome, Appended) or outcome.version != event.version:
                raise WrittenMeanwhile(stream, event.version)


class Unpacked(msgspec.Struct, frozen=True):
    """What was brought back. `waiting` counts streams that a read model could not be folded to the end of."""

    events: int
    streams: int
    registers: int
    newest: Instant | None
    doubted: int
    waiting: int
    resumed: bool


class Target(NamedTuple):
    """What is filled, in words.

    `place` is its name, `again` the command that goes on with a broken-off restore, `advice` what to do where it is
    not empty.
    """

    place: str
    again: str
    advice: str


def unpack(reader: Reader, store: Store, history: History, target: Target, watch: Watch = nobody) -> Unpacked:
    """Fill `store` from the archive, which is read through first. Go on where an earlier run was broken off.

    Raises ArchiveDamaged, StoreTaken where it holds anything else, WrittenMeanwhile, or a ProcessorError.
    """
    end = reader.whole()
    watch("events read", end.events)
    marking = Marking(store.registers)
    before = marking.mark if marking.mark is not None and marking.mark.state == "under way" else None
    resumed = before is not None and before.key == end.blake2b
    if not resumed:
        if before is not None or not history.is_empty():
            begun = "" if before is None else f"a restore of {before.source} was begun on it: {before.again}, or "
            raise StoreTaken(target.place, begun + target.advice)
        marking.write(Mark(end.blake2b, f"{reader.head.place} of {reader.head.made}", system_clock(), target.again))
    _write_events(reader, history, marking, watch)
    _write_registers(reader, store.registers)
    doubted = doubt_all(store.registers)
    waiting = fold_all(store, _streams(reader), watch, afresh=not resumed)
    assert marking.mark is not None  # noqa: S101 - it was written above
    marking.write(msgspec.structs.replace(marking.mark, state="whole"))
    return _told(end, doubted, waiting, resumed=resumed)


def _told(end: End, doubted: int, waiting: int, *, resumed: bool) -> Unpacked:
    return Unpacked(end.events, end.streams, end.registers, end.newest, doubted, waiting, resumed)


def _write_events(reader: Reader, history: History, marking: Marking, watch: Watch) -> None:
    """Write what is not known to be written; now and then note how many streams are."""
    assert marking.mark is not None  # noqa: S101 - the caller wrote it
    done, began, written = marking.mark.streams, 0, 0
    batch: list[Recorded] = []
    noted = done
    for part in reader.parts():
        if isinstance(part, StreamId):
            began += 1
        elif isinstance(part, Recorded) and began > done:
            batch.append(part)
        if len(batch) >= _EVENTS:
            history.write(batch)
            written += len(batch)
            watch("events", written)
            batch = []
            if began - 1 > noted + _STREAMS:
                noted = began - 1
                marking.write(msgspec.structs.replace(marking.mark, streams=noted))
    history.write(batch)
    marking.write(msgspec.structs.replace(marking.mark, streams=began))


def _write_registers(reader: Reader, registers: Registers) -> None:
    for part in reader.parts():
        if isinstance(part, Named):
            there = registers.read(part.name)
            if there is None or there.value != part.value:
                registers.write(part.name, part.value, there.revision if there else 0)


def _streams(reader: Reader) -> Iterator[StreamId]:
    return (part for part in reader.parts() if isinstance(part, StreamId))


def fold_all(store: Store, streams: Iterator[StreamId], watch: Watch, *, afresh: bool) -> int:
    """Fold every stream into the live read models, and return how many could not be folded to their end.

    `afresh` deletes what is in those models first. What is poisoned is held, as a server would.
    """
    with closing(Engine(store, PROJECTIONS, decode, watch="inventory")) as engine:
        for projection in PROJECTIONS if afresh else ():
            pointer = engine.generations.refresh(projection.name, projection.schema)
            store.models.drop(Model(projection.name, pointer.live))
        waiting = folded = 0
        while batch := list(islice(streams, _STREAMS)):
            left = {stream: stream for stream in batch}
            for _ in range(_TRIES):
                rung = engine.runner.ring(map(Doorbell, left))
                engine.quarantine.consider(rung)
                folded += rung.folded
                left = {stream: stream for (_, stream) in rung.behind}
                if not left:
                    break
            waiting += len(left)
            watch("events folded", folded)
        return waiting


def _stated(event: Recorded) -> Event:
    about = (event.occurred_at, event.source, event.causation, event.correlation)
    return Event(event.type, event.schema, event.data, event.tx_id, event.digest, *about)
