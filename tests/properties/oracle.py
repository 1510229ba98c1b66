"""What must be true, computed the plain way: the log as lists, the models as folds of it, event by event."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import msgspec

from processor.clock import Clock
from processor.events import Event, Recorded, recorded
from processor.log import Append, Appended, Conflict, Duplicate, Outcome, Stale
from processor.models import Document, Keys
from processor.projection import Amend, Delete, Projection, Put
from processor.streams import StreamId, fed_row
from tests.properties.program import Bugs, Release

Stream = list[Recorded]


class Folded(msgspec.Struct, frozen=True):
    """What a projection makes of some events of a row: its state and places, its documents, all ids it ever touched."""

    state: bytes
    keys: Keys
    documents: dict[str, Document]
    touched: frozenset[str]


class Oracle:
    """Knows the log, and from it what any model must hold at any position."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.log: dict[StreamId, Stream] = {}
        self._decode = Release(Bugs(), newest=True).decode
        self._folded: dict[tuple[str, StreamId, tuple[tuple[StreamId, int], ...]], Folded] = {}

    def head(self, stream: StreamId) -> int:
        return len(self.log.get(stream, ()))

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        """Append and answer as the log must."""
        outcomes: list[Outcome] = []
        for append in appends:
            stream, own = after(self.log.get(append.stream, []), append, self._clock)
            outcomes += own
            if stream:
                self.log[append.stream] = stream
        return outcomes

    def adopt(self, appends: Sequence[Append], found: Mapping[StreamId, Stream]) -> None:
        """Take over what `found` shows after appends with unknown outcome: each was made whole, in turn, or not."""
        for stream in {append.stream: None for append in appends}:
            own = [append for append in appends if append.stream == stream]
            possible = list(self._possible(self.log.get(stream, []), own))
            actual = found.get(stream, [])
            assert actual in possible, f"{stream} holds {actual}, which no order of {own} can have written"
            if actual:
                self.log[stream] = actual

    def _possible(self, before: Stream, appends: Sequence[Append]) -> Iterator[Stream]:
        for size in range(len(appends) + 1):
            for chosen in combinations(appends, size):
                stream = before
                for append in chosen:
                    stream, _ = after(stream, append, self._clock)
                yield stream

    def rows(self, projection: Projection[Any]) -> dict[StreamId, list[StreamId]]:
        """Return the rows that the log's streams feed, each with its streams."""
        rows: dict[StreamId, list[StreamId]] = {}
        for stream in self.log:
            key = fed_row(projection.feeds, stream)
            if key is not None:
                rows.setdefault(key, []).append(stream)
        return rows

    def fold(self, projection: Projection[Any], key: StreamId, positions: Mapping[StreamId, int]) -> Folded:
        """Fold events 1 to `positions` of each stream, one stream after the other."""
        place = (projection.name, key, tuple(sorted(positions.items())))
        if place not in self._folded:
            self._folded[place] = self._fold(projection, key, positions)
        return self._folded[place]

    def _fold(self, projection: Projection[Any], key: StreamId, positions: Mapping[StreamId, int]) -> Folded:
        state = projection.initial()
        documents: dict[str, Document] = {}
        touched: set[str] = set()
        for stream, position in sorted(positions.items()):
            for event in self.log.get(stream, [])[:position]:
                for change in projection.apply(state, event, self._decode(event)):
                    match change:
                        case Put(document):
                            documents[document.id] = document
                            touched.add(document.id)
                        case Delete(id_):
                            documents.pop(id_, None)
                            touched.add(id_)
                        case Amend(id_) if id_ in documents:
                            documents[id_] = change.of(documents[id_])
                        case Amend():
                            pass
        keys = projection.keys(key, state) if projection.indexes else ()
        return Folded(projection.encode(state), keys, documents, frozenset(touched))


def after(stream: Stream, append: Append, clock: Clock) -> tuple[Stream, list[Outcome]]:
    """Return the stream after the append, and what the log must answer for each event."""
    grown = list(stream)
    stale = append.expected is not None and append.expected != len(stream)
    outcomes: list[Outcome] = []
    for event in append.events:
        first = _claim(grown, event)
        if first is not None:
            same = first.digest == event.digest
            outcomes.append(Duplicate(first.version) if same else Conflict(first.version))
        elif stale:
            outcomes.append(Stale(len(stream)))
        else:
            grown.append(recorded(append.stream, len(grown) + 1, event, clock()))
            outcomes.append(Appended(grown[-1]))
    return grown, outcomes


def _claim(stream: Stream, event: Event) -> Recorded | None:
    return next((known for known in stream if known.tx_id == event.tx_id), None)
