"""A row under work: its accumulator, its positions, and the document changes of the commit to come. Pure."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import msgspec

from processor.classify import classify
from processor.errors import Misuse
from processor.models import MAX_COMMIT_BYTES, MAX_COMMIT_ITEMS, Commit, Document, Model, Row
from processor.projection import MAX_CHANGES_PER_EVENT, Amend, Change, Delete, Projection, Put
from processor.run import Failure, Run
from processor.streams import StreamId

Glimpses = dict[tuple[StreamId, int], object]
"""A projection's view of its state right after an event, by (stream, version)."""

_FULL = MAX_COMMIT_ITEMS - 1 - MAX_CHANGES_PER_EVENT
_HEAVY = MAX_COMMIT_BYTES * 3 // 4
_AN_AMENDED_DOCUMENT = 1000
_KEYS_OF_A_DOCUMENT = 500

_Pending = Document | list[Amend] | None
"""What becomes of a document: put, amended (where it is stored), or deleted."""


class Cell(msgspec.Struct, gc=False):
    """One row of one model, from load to commit, and on to the next. Belongs to one thread at a time.

    `at` is the position on the row's own stream, `beside` those on other streams that feed it. `folded` counts the
    events since the last commit that was taken. The collector of cycles need not see cells: there are many, and
    nothing in one leads back to it.
    """

    projection: Projection[Any]
    model: Model
    key: StreamId
    stored: Row
    state: Any
    at: int
    beside: Mapping[StreamId, int]
    folded: int = 0
    weight: int = 0
    changes: dict[str, _Pending] | None = None

    def position(self, stream: StreamId) -> int:
        """Return the version of the last event of `stream` that was folded in, 0 for none."""
        return self.at if stream == self.key else self.beside.get(stream, 0)

    def advance(self, run: Run, glimpses: Glimpses | None = None) -> Failure | None:
        """Fold what `run` holds beyond the row's position, up to its first failing event, or until the commit is full.

        The position tells how far that was. Returns the failure if the row now stands right before it; where the row
        had to return to what is stored and the run does not continue there, nothing is folded: read and try again.
        """
        failure = self._fold(run, run.last, glimpses)
        if failure is not None:
            self._restore()
            self._fold(run, failure.version - 1, glimpses)
        else:
            failure = run.failure
        return failure if failure is not None and self.position(run.stream) == failure.version - 1 else None

    def _fold(self, run: Run, last: int, glimpses: Glimpses | None) -> Failure | None:
        stream = run.stream
        own = stream == self.key
        version = before = self.at if own else self.beside.get(stream, 0)
        skip = classify(before, run.first, last)
        if not isinstance(skip, int) or (self.changes and self._full(self.changes)):
            return None
        apply, state, pairs = self.projection.apply, self.state, run.pairs
        if skip or last < run.last:
            pairs = pairs[skip : last + 1 - run.first]
        try:
            for event, fact in pairs:
                changes = apply(state, event, fact)
                full = self._collect(changes) if changes else False
                if glimpses is not None:
                    glimpses[stream, version + 1] = self.projection.glimpse(state)
                version += 1
                if full:
                    break
        except Exception as error:  # noqa: BLE001 - a fold may raise anything: all of it is poison
            return Failure(stream, version + 1, error)
        self.folded += version - before
        if own:
            self.at = version
        else:
            self.beside = {**self.beside, stream: version}
        return None

    def _restore(self) -> None:
        """Return to what is stored: the accumulator is half changed."""
        fresh = cell_of(self.projection, self.model, self.key, self.stored)
        self.state, self.at, self.beside = fresh.state, fresh.at, fresh.beside
        self.folded, self.weight, self.changes = 0, 0, None

    def _collect(self, changes: Sequence[Change]) -> bool:
        """Note document changes, newer over older; answer whether the commit is full."""
        if len(changes) > MAX_CHANGES_PER_EVENT:
            raise Misuse(f"{self.model}: {len(changes)} changes by one event are more than {MAX_CHANGES_PER_EVENT}")
        pending = self.changes
        if pending is None:
            pending = self.changes = {}
        for change in changes:
            match change:
                case Put(document):
                    pending[document.id] = document
                    self.weight += len(document.body) + _KEYS_OF_A_DOCUMENT
                case Delete(id_):
                    pending[id_] = None
                    self.weight += _KEYS_OF_A_DOCUMENT
                case Amend():
                    self._amend(pending, change)
        return self._full(pending)

    def _full(self, pending: dict[str, _Pending]) -> bool:
        return len(pending) > _FULL or self.weight > _HEAVY

    def _amend(self, pending: dict[str, _Pending], change: Amend) -> None:
        present = pending.get(change.id, [])
        if isinstance(present, Document):
            pending[change.id] = change.of(present)
        elif present is not None:
            pending[change.id] = [*present, change]
            self.weight += _AN_AMENDED_DOCUMENT

    @property
    def wanted(self) -> list[str]:
        """Ids of stored documents that the changes build on."""
        return [id_ for id_, change in self.changes.items() if isinstance(change, list)] if self.changes else []

    @property
    def deferrable(self) -> bool:
        """Whether nobody can tell if what was folded is stored now or later: a reader sees nothing of it."""
        return not self.changes and not self.projection.readable(self.state)

    def commit(self, documents: Mapping[str, Document]) -> Commit:
        """Return the commit of what was folded; `documents` holds the `wanted` ones that exist."""
        projection = self.projection
        keys = projection.keys(self.key, self.state) if projection.indexes else ()
        positions = {self.key: self.at, **self.beside} if self.at or not self.beside else self.beside
        row = Row(projection.encode(self.state), positions, self.stored.revision, self.stored.held, keys)
        light = _light(row, self.beside, self.stored)
        if not self.changes:
            return Commit(self.model, self.key, row, light=light)
        gone = tuple(id_ for id_, change in self.changes.items() if change is None)
        return Commit(self.model, self.key, row, tuple(_puts(self.changes, documents)), gone, light)

    def committed(self, commit: Commit) -> None:
        """Note that `commit` was taken: what is folded now is what is stored."""
        self.stored = _next(commit.row)
        self.folded, self.weight, self.changes = 0, 0, None


def cell_of(projection: Projection[Any], model: Model, key: StreamId, row: Row | None) -> Cell:
    """Return the cell of `row` as it is stored, or of a row that is not stored yet."""
    if row is None or not row.state:
        return Cell(projection, model, key, Row(b"", {}), projection.initial(), 0, {})
    beside = {stream: at for stream, at in row.positions.items() if stream != key}
    return Cell(projection, model, key, row, projection.decode(row.state), row.positions.get(key, 0), beside)


def _next(row: Row) -> Row:
    return Row(row.state, row.positions, row.revision + 1, row.held, row.keys)


def _light(row: Row, beside: Mapping[StreamId, int], stored: Row) -> bool:
    """Return what `Commit.light` promises of `row`, whose marks are those of `stored`."""
    if not stored.revision or any(stored.positions.get(stream) != at for stream, at in beside.items()):
        return False
    return row.keys == stored.keys or all(now == then for now, then in zip_longest(row.keys, stored.keys))


def _puts(changes: Mapping[str, _Pending], documents: Mapping[str, Document]) -> list[Document]:
    puts: list[Document] = []
    for id_, change in changes.items():
        if isinstance(change, Document):
            puts.append(change)
        elif change is not None and id_ in documents:
            document = documents[id_]
            for amend in change:
                document = amend.of(document)
            puts.append(document)
    return puts
