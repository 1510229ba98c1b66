"""Kinesis records on their way into the log: taken apart, read, appended; what cannot be is kept as dead letters."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import structlog

from ingest.amazon.listings import MappedListings
from ingest.kinesis.door import Appender, Intaken, RecordDoor, Unfit
from processor.adapters.kinesis.aggregates import user_records
from processor.arrivals import Arrival, Broken
from processor.clock import Clock
from processor.deadletters import DeadLetter, DeadLetters
from processor.engine import Engine
from processor.errors import Contended, Retryable
from processor.letters import fact_letters
from processor.log import Append, EventLog, Outcome
from processor.queues import Queue
from processor.receipts import Buffered
from processor.recorder import Recorder
from syncstate.settings import Settings

SLICE = 500
"""So many user records are appended together, or what is in one Kinesis record where that is more."""

_log = structlog.get_logger("syncstate.kinesis")


class Progress(msgspec.Struct):
    """How far some records were taken: the first `done` of them. `failure` is what the next one met, if anything."""

    done: int = 0
    recorded: int = 0
    duplicates: int = 0
    later: int = 0
    quarantined: int = 0
    failure: Retryable | None = None

    def add(self, told: Intaken) -> None:
        """Count what became of some more."""
        self.recorded, self.duplicates = self.recorded + told.recorded, self.duplicates + told.duplicates
        self.later, self.quarantined = self.later + told.later, self.quarantined + len(told.unfit)

    @property
    def counts(self) -> dict[str, int]:
        """The numbers alone, for a log line or an answer."""
        fields: dict[str, Any] = msgspec.structs.asdict(self)
        return {name: value for name, value in fields.items() if isinstance(value, int)}


class Intake:
    """Takes raw Kinesis records, in order, each fact once."""

    def __init__(self, door: RecordDoor, letters: DeadLetters) -> None:
        self._door, self._letters = door, letters

    def take(self, records: Sequence[Arrival], stopping: Callable[[], bool] = lambda: False) -> Progress:
        """Take `records`, of one shard and in their order, until `stopping` or the store fails.

        What is done is durable: appended, or a dead letter. One that no repetition would mend never stops the others.
        """
        progress = Progress()
        for slice_ in _slices(records):
            if stopping():
                break
            try:
                self._settle([part for record in slice_ for part in user_records(record)], progress)
            except Retryable as error:
                progress.failure = error
                break
            progress.done += len(slice_)
        return progress

    def redrive(self, letter: DeadLetter) -> str | None:
        """Take a dead letter again; answer why it still cannot be, or None: then it is released.

        What of it was appended before is found to be there. A record inside an aggregate that cannot be taken gets a
        letter of its own. Raises Retryable, or LookupError where the letter was released meanwhile.
        """
        record = self._letters.record(letter)
        parts = [record] if record.place.sub is not None else user_records(record)
        broken = next((part.why for part in parts if isinstance(part, Broken)), None)
        told = self._door.take([part for part in parts if isinstance(part, Arrival)])
        for unfit in told.unfit:
            if unfit.record.place == letter.place:
                broken = unfit.why
            else:
                self._letters.keep(unfit.tenant, unfit.record, unfit.why)
        if broken is not None:
            self._letters.failed(letter, broken)
        else:
            self._letters.release(letter)
        return broken

    def _settle(self, parts: Sequence[Arrival | Broken], progress: Progress) -> None:
        """Append what the parts state and keep what cannot be taken. Raises Retryable."""
        records = [part for part in parts if isinstance(part, Arrival)]
        for told in self._told(records):
            for unfit in told.unfit:
                self._letters.keep(unfit.tenant, unfit.record, unfit.why)
            progress.add(told)
        for part in parts:
            if isinstance(part, Broken):
                self._letters.keep(self._door.owner(part.record.place.stream), part.record, part.why)
                progress.quarantined += 1

    def _told(self, records: Sequence[Arrival]) -> Iterator[Intaken]:
        """Take records; where they raise what no repetition would mend, each alone, to keep the one that did it."""
        try:
            told = self._door.take(records)
        except Retryable:
            raise
        except Exception as error:  # noqa: BLE001 - a record must not stop its shard, whatever it breaks
            if len(records) > 1:
                for record in records:
                    yield from self._told([record])
                return
            _log.exception("kinesis.record_failed", record=str(records[0].place))
            owner = self._door.owner(records[0].place.stream)
            yield Intaken(unfit=[Unfit(owner, records[0], f"{type(error).__name__}: {error}")])
        else:
            yield told


def _slices(records: Sequence[Arrival]) -> Iterator[list[Arrival]]:
    """Yield records some at a time; an aggregate counts for what it may hold, by its length."""
    slice_: list[Arrival] = []
    weight = 0
    for record in records:
        own = 1 + len(record.data) // 500
        if slice_ and weight + own > SLICE:
            yield slice_
            slice_, weight = [], 0
        slice_.append(record)
        weight += own
    if slice_:
        yield slice_


def tenants_of(settings: Settings) -> Callable[[str], Sequence[str]]:
    """Return for whom a stream may speak: as `kinesis_tenants` says, else for the default tenant alone."""
    return lambda stream: settings.kinesis_tenants.get(stream) or (settings.tenant,)


def recording(recorder: Recorder) -> Appender:
    """Return what appends through the recorder, which folds in the same breath."""

    def append(appends: Sequence[Append]) -> Sequence[Outcome | None]:
        outcomes = (receipt.outcome for receipt in recorder.record(appends))
        return [None if isinstance(outcome, Buffered) else outcome for outcome in outcomes]

    return append


def appending(log: EventLog, buffer: Queue | None) -> Appender:
    """Return what appends to the log alone, for streams of changes ring.

    Facts of a SKU that others write too much go to `buffer`, where there is one: it is as durable, and one SKU does
    not hold up its whole shard. A store that is down does hold it up: Kinesis keeps the records.
    """

    def append(appends: Sequence[Append]) -> Sequence[Outcome | None]:
        try:
            return log.append(appends)
        except Contended:
            if buffer is None or any(found.expected is not None for found in appends):
                raise
            buffer.send(list(fact_letters(appends)))
            return [None for found in appends for _ in found.events]

    return append


def intake_of(settings: Settings, engine: Engine, clock: Clock) -> Intake:
    """Return an intake that appends through the engine's recorder."""
    mapped = MappedListings(engine.recorder, engine.store.log)
    door = RecordDoor(recording(engine.recorder), tenants_of(settings), mapped)
    return Intake(door, DeadLetters(engine.store, engine.runner, clock))
