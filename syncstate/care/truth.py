"""Whether the log is what it promises: versions 1 to n, heads that agree, keys once, events that mean what they say."""

from collections.abc import Iterator
from typing import Any

from processor.adapters.sql.snapshot import SqlSnapshot
from processor.adapters.sql.walks import Begun
from processor.events import Recorded
from processor.ops import OpsEvent, ops_digest
from processor.streams import StreamId
from stock.codec import decode, schema_of
from stock.facts import digest
from syncstate.care.tally import Tally, Watch

_OFTEN = 10_000
Stored = tuple[int, tuple[Any, ...]]
"""The number of an event's stream, and its columns from `version` on."""


def log_faults(snapshot: SqlSnapshot, tally: Tally, watch: Watch) -> Iterator[str]:
    """Yield each fault of the log in a sentence, in order of its streams; count into `tally`."""
    events = _Merged(snapshot.walks.events())
    for begun in snapshot.walks.streams():
        yield from _orphans(events, begun.number)
        yield from _stream_faults(begun, events, tally, watch)
    yield from _orphans(events, None)
    watch("events", tally.events)


class _Merged:
    """Events in order of their streams' numbers, taken a stream at a time."""

    def __init__(self, events: Iterator[Stored]) -> None:
        self._events = events
        self._next = next(events, None)

    def of(self, number: int) -> Iterator[tuple[Any, ...]]:
        """Take the events of stream `number`, if they come next."""
        while self._next is not None and self._next[0] == number:
            yield self._next[1]
            self._next = next(self._events, None)

    def before(self, number: int | None) -> Iterator[Stored]:
        """Take the events of streams before `number`, all that are left where it is None."""
        while self._next is not None and (number is None or self._next[0] < number):
            yield self._next
            self._next = next(self._events, None)


def _orphans(events: _Merged, number: int | None) -> Iterator[str]:
    last: int | None = None
    for of, _ in events.before(number):
        if of != last:
            last = of
            yield f"stream number {of} has events and no name"


def _stream_faults(begun: Begun, events: _Merged, tally: Tally, watch: Watch) -> Iterator[str]:
    stream, last = StreamId.parse(begun.name), 0
    for columns in events.of(begun.number):
        event = Recorded(stream, *columns)
        if event.version != last + 1:
            missing = (
                f"event {last + 1} is" if event.version == last + 2 else f"events {last + 1} to {event.version - 1} are"
            )
            yield f"{stream}: {missing} missing"
        last = event.version
        tally.events += 1
        tally.newest = max(tally.newest or event.recorded_at, event.recorded_at)
        yield from (f"{stream}: event {event.version} {fault}" for fault in event_faults(event))
        if tally.events % _OFTEN == 0:
            watch("events", tally.events)
    tally.streams += last > 0
    if begun.head != last:
        yield f"{stream}: its head says {begun.head}, its last event is {last}"
    if begun.head is not None and (begun.category, begun.shard) != (stream.category, stream.shard):
        yield f"{stream}: the catalogue has it as {begun.category} in shard {begun.shard}"


def event_faults(event: Recorded) -> Iterator[str]:
    """Yield what is wrong with an event by itself: it cannot be read, or its digest is not its content's."""
    try:
        fact = decode(event)
    except Exception as error:  # noqa: BLE001 - a damaged event may break its reader in any way
        yield f"cannot be read: {error}"
        return
    if event.schema != schema_of(event.type):
        return
    right = ops_digest(fact) if isinstance(fact, OpsEvent) else digest(fact)
    if event.digest != right:
        yield f"({event.type}) was changed: its digest is {event.digest}, its content's {right}"
