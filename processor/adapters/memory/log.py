"""The event log in lists: `EventLog` as its port documents it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from threading import RLock

from processor.clock import Clock
from processor.errors import Misuse
from processor.events import Event, Recorded, recorded
from processor.log import MAX_NAMED, Append, Appended, Conflict, Duplicate, FactId, Outcome, Stale
from processor.streams import StreamId


class MemoryLog:
    """Streams as lists of events, with a dictionary of claims beside each."""

    def __init__(self, lock: RLock, clock: Clock) -> None:
        self._lock, self._clock = lock, clock
        self._events: dict[StreamId, list[Recorded]] = {}
        self._claims: dict[StreamId, dict[str, Recorded]] = {}
        self._with: defaultdict[tuple[str, str], list[StreamId]] = defaultdict(list)
        self._begun: Counter[tuple[str, str]] = Counter()

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        """See `EventLog.append`."""
        if not all(append.events for append in appends):
            raise Misuse("an append holds at least one event")
        with self._lock:
            return [outcome for append in appends for outcome in self._append(append)]

    def _append(self, append: Append) -> list[Outcome]:
        events = self._events.setdefault(append.stream, [])
        claims = self._claims.setdefault(append.stream, {})
        head = len(events)
        if append.expected is not None and append.expected != head:
            return [_claimed(claims, event) or Stale(head) for event in append.events]
        return [
            _claimed(claims, event) or self._commit(append.stream, events, claims, event) for event in append.events
        ]

    def _commit(self, stream: StreamId, events: list[Recorded], claims: dict[str, Recorded], event: Event) -> Appended:
        entry = recorded(stream, len(events) + 1, event, self._clock())
        events.append(entry)
        claims[event.tx_id] = entry
        self._with[stream.tenant, event.tx_id].append(stream)
        if entry.version == 1:
            self._begun[stream.tenant, stream.category] += 1
        return Appended(entry)

    def read(self, stream: StreamId, after: int = 0, limit: int | None = None) -> Iterator[Recorded]:
        """See `EventLog.read`."""
        with self._lock:
            events = self._events.get(stream, [])
            return iter(events[after : None if limit is None else after + limit])

    def read_many(self, after: Mapping[StreamId, int], limit: int) -> dict[StreamId, list[Recorded]]:
        """See `EventLog.read_many`."""
        found: dict[StreamId, list[Recorded]] = {}
        for stream, position in after.items():
            run = list(self.read(stream, position, limit))
            limit -= len(run)
            if run:
                found[stream] = run
            if limit <= 0:
                break
        return found

    def heads(self, streams: Sequence[StreamId]) -> dict[StreamId, int]:
        """See `EventLog.heads`."""
        with self._lock:
            return {stream: len(self._events.get(stream, [])) for stream in streams}

    def find(self, facts: Sequence[FactId]) -> dict[FactId, Recorded]:
        """See `EventLog.find`."""
        with self._lock:
            found = ((fact, self._claims.get(fact[0], {}).get(fact[1])) for fact in facts)
            return {fact: event for fact, event in found if event is not None}

    def streams(self, tenant: str | None = None, shard: int = 0, shards: int = 1) -> Iterator[StreamId]:
        """See `Catalogue.streams`."""
        with self._lock:
            known = [stream for stream, events in self._events.items() if events]
        return (s for s in known if tenant in (None, s.tenant) and s.shard % shards == shard)

    def count(self, tenant: str, category: str) -> int:
        """See `Catalogue.count`."""
        with self._lock:
            return self._begun[tenant, category]

    def named(self, tenant: str, tx_ids: Sequence[str]) -> list[FactId]:
        """See `Catalogue.named`."""
        with self._lock:
            found = ((stream, tx_id) for tx_id in tx_ids for stream in self._with.get((tenant, tx_id), ()))
            return list(islice(found, MAX_NAMED))


def _claimed(claims: Mapping[str, Recorded], event: Event) -> Duplicate | Conflict | None:
    first = claims.get(event.tx_id)
    if first is None:
        return None
    return Duplicate(first.version) if first.digest == event.digest else Conflict(first.version)
