"""The door for records of a Kinesis stream: every fact is appended once, what is wrong is handed back whole."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import msgspec

from ingest.kinesis.reading import read_record
from ingest.operators.mappings import HearsOfMappings, Mapped, mapped_by
from ingest.operators.payloads import Fact
from processor.arrivals import Arrival
from processor.events import Event
from processor.log import MAX_EVENTS_PER_APPEND, Append, Appended, Conflict, Duplicate, Outcome, Stale
from processor.streams import StreamId
from stock.facts import fact
from stock.identities import sku_stream

SOURCE = "kinesis"

Appender = Callable[[Sequence[Append]], Sequence[Outcome | None]]
"""Makes appends durable, and answers for each event as `EventLog.append` does: None where it is kept to be appended
later. Raises Retryable."""

Tenants = Callable[[str], Sequence[str]]
"""Answers for whom a stream, by its name, may speak: one tenant or more, the first by default."""


class Unfit(msgspec.Struct, frozen=True):
    """A record that was not taken, or not all of it, and why. It is `tenant`'s to see."""

    tenant: str
    record: Arrival
    why: str


class Intaken(msgspec.Struct):
    """What became of some records. Of those in `unfit`, what was right is counted among the others."""

    recorded: int = 0
    duplicates: int = 0
    later: int = 0
    unfit: list[Unfit] = msgspec.field(default_factory=list)


class _Line(msgspec.Struct, frozen=True):
    """One fact on its way: which record states it, and what to append."""

    record: int
    tenant: str
    stream: StreamId
    event: Event
    expected: int | None
    mapped: Mapped | None


class RecordDoor:
    """Takes user records. A fact's identity is its own (`tx`, or a return's fields), else its record's place."""

    def __init__(self, append: Appender, tenants: Tenants, mapped: HearsOfMappings | None = None) -> None:
        """Take `mapped`: hears of mappings to Amazon's listings, if anybody does."""
        self._append, self._tenants, self._mapped = append, tenants, mapped

    def owner(self, stream: str) -> str:
        """Return the tenant of what names none: the first that `stream` may speak for."""
        return self._tenants(stream)[0]

    def take(self, records: Sequence[Arrival]) -> Intaken:
        """Append what `records` state; taking them again appends nothing more.

        Raises Retryable where the store failed: what of it was appended is unknown then, and repeating it is right.
        """
        wrong: dict[int, tuple[str, str]] = {}
        lines: list[_Line] = []
        for number, record in enumerate(records):
            stated = read_record(record.data, self._tenants(record.place.stream))
            if stated.wrong is not None:
                wrong[number] = stated.tenant, stated.wrong
            lines += [_line(number, record, stated.tenant, place, fact) for place, fact in stated.facts]
        told, mapped = Intaken(), defaultdict[str, list[Mapped]](list)
        for line, outcome in self._appended(lines):
            _count(told, line, outcome, wrong)
            if line.mapped is not None and isinstance(outcome, Appended | Duplicate):
                mapped[line.tenant].append(line.mapped)
        if self._mapped is not None:
            for tenant, own in mapped.items():
                self._mapped.mapped(tenant, own, records[-1].at)
        told.unfit = [Unfit(tenant, records[number], why) for number, (tenant, why) in sorted(wrong.items())]
        return told

    def _appended(self, lines: Sequence[_Line]) -> Iterator[tuple[_Line, Outcome | None]]:
        """Append the lines, those of one stream together, and yield each with its outcome."""
        groups = list(_grouped(lines))
        appends = [Append(group[0].stream, tuple(line.event for line in group), group[0].expected) for group in groups]
        outcomes = self._append(appends) if appends else ()
        yield from zip((line for group in groups for line in group), outcomes, strict=True)


def _line(number: int, record: Arrival, tenant: str, place: int | None, stated: Fact) -> _Line:
    identity = str(record.place) if place is None else f"{record.place}:{place}"
    event = fact(
        stated.happened,
        tx=stated.key or identity,
        at=stated.at or record.at,
        source=SOURCE,
        causation=str(record.place),
        correlation=stated.tx or identity,
    )
    mapped = mapped_by(stated, event.correlation)
    return _Line(number, tenant, sku_stream(tenant, stated.sku), event, stated.expected, mapped)


def _grouped(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    """Yield the lines of each stream, in order: as many as one append holds, and one that expects a head alone."""
    streams: dict[StreamId, list[_Line]] = defaultdict(list)
    for line in lines:
        streams[line.stream].append(line)
    for own in streams.values():
        group: list[_Line] = []
        for line in own:
            alone = line.expected is not None or (group and group[0].expected is not None)
            if group and (alone or len(group) == MAX_EVENTS_PER_APPEND):
                yield group
                group = []
            group.append(line)
        yield group


def _count(told: Intaken, line: _Line, outcome: Outcome | None, wrong: dict[int, tuple[str, str]]) -> None:
    match outcome:
        case Appended():
            told.recorded += 1
        case Duplicate():
            told.duplicates += 1
        case Conflict(version=version):
            why = (
                f"{line.event.correlation} was recorded before with other content, as event {version} of {line.stream}"
            )
            wrong.setdefault(line.record, (line.tenant, why))
        case Stale(actual=actual):
            why = f"{line.stream} had moved past expectedVersion, to {actual}: state it anew, or discard it"
            wrong.setdefault(line.record, (line.tenant, why))
        case _:
            told.later += 1
