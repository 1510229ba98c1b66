"""A row under work: its accumulator, its positions, and the document changes of the commit to come. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from processor.classify import classify
from processor.errors import Misuse
from processor.models import MAX_COMMIT_BYTES, MAX_COMMIT_ITEMS, Commit, Document, Held, Model, Row
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


class Cell:
    """One row of one model, from load to commit, and on to the next. Belongs to one thread at a time.

    `folded` counts the events since the last commit that was taken.
    """

    __slots__ = (
        "_changes",
        "_stored",
        "_stored_positions",
        "_weight",
        "folded",
        "held",
        "key",
        "model",
        "positions",
        "projection",
        "revision",
        "state",
    )

    def __init__(self, projection: Projection[Any], model: Model, key: StreamId, row: Row | None) -> None:
        self.projection, self.model, self.key = projection, model, key
        self._stored = row.state if row else None
        self._stored_positions: Mapping[StreamId, int] = row.positions if row else {}
        self.revision = row.revision if row else 0
        self.held: Mapping[StreamId, Held] = row.held if row else {}
        self._restore()

    def _restore(self) -> None:
        """Return to what is stored."""
        stored = self._stored
        self.state = self.projection.initial() if stored is None else self.projection.decode(stored)
        self.positions = self._stored_positions
        self.folded = 0
        self._weight = 0
        self._changes: dict[str, _Pending] = {}

    def fold(self, runs: Sequence[Run], glimpses: Glimpses | None) -> list[Failure]:
        """Fold what `runs` (of different streams) hold beyond the row's positions, each up to its first failing event.

        A run may be left unfinished where the commit grew full: its stream's position tells. Returns the failures.
        """
        failures: list[Failure] = []
        for run in runs:
            failed = self._advance(run, run.last, glimpses)
            if failed is not None:
                return self._fold_around(runs, failed, glimpses)
            if run.failure is not None and self._reached(run):
                failures.append(run.failure)
        return failures

    def _fold_around(self, runs: Sequence[Run], failed: Failure, glimpses: Glimpses | None) -> list[Failure]:
        """Fold again from what is stored, since the accumulator is half changed, up to before what fails."""
        failures = {failed.stream: failed}
        again = True
        while again:
            self._restore()
            again = False
            for run in runs:
                known = failures.get(run.stream)
                new = self._advance(run, known.version - 1 if known else run.last, glimpses)
                if new is not None:
                    failures[run.stream] = new
                    again = True
                    break
        for run in runs:
            if run.failure is not None and run.stream not in failures and self._reached(run):
                failures[run.stream] = run.failure
        return list(failures.values())

    def _reached(self, run: Run) -> bool:
        return self.positions.get(run.stream, 0) == run.last

    def _advance(self, run: Run, last: int, glimpses: Glimpses | None) -> Failure | None:
        """Fold `run` from the row's position to version `last`, or to where the commit is full."""
        stream = run.stream
        version = before = self.positions.get(stream, 0)
        skip = classify(before, run.first, last)
        if not isinstance(skip, int):
            return None
        apply, state, pairs = self.projection.apply, self.state, run.pairs
        if skip or last < run.last:
            pairs = pairs[skip : last + 1 - run.first]
        try:
            for event, fact in pairs:
                changes = apply(state, event, fact)
                version += 1
                if glimpses is not None:
                    glimpses[stream, version] = self.projection.glimpse(state)
                if changes and self._collect(changes):
                    break
        except Exception as error:  # noqa: BLE001 - a fold may raise anything: all of it is poison
            return Failure(stream, version + 1, error)
        self.folded += version - before
        self.positions = {**self.positions, stream: version}
        return None

    def _collect(self, changes: Sequence[Change]) -> bool:
        """Note document changes, newer over older; answer whether the commit is full."""
        if len(changes) > MAX_CHANGES_PER_EVENT:
            raise Misuse(f"{self.model}: {len(changes)} changes by one event are more than {MAX_CHANGES_PER_EVENT}")
        pending = self._changes
        for change in changes:
            match change:
                case Put(document):
                    pending[document.id] = document
                    self._weight += len(document.body) + _KEYS_OF_A_DOCUMENT
                case Delete(id_):
                    pending[id_] = None
                    self._weight += _KEYS_OF_A_DOCUMENT
                case Amend():
                    self._amend(change)
        return len(pending) > _FULL or self._weight > _HEAVY

    def _amend(self, change: Amend) -> None:
        present = self._changes.get(change.id, [])
        if isinstance(present, Document):
            self._changes[change.id] = change.of(present)
        elif present is not None:
            self._changes[change.id] = [*present, change]
            self._weight += _AN_AMENDED_DOCUMENT

    @property
    def wanted(self) -> list[str]:
        """Ids of stored documents that the changes build on."""
        return [id_ for id_, change in self._changes.items() if isinstance(change, list)] if self._changes else []

    @property
    def deferrable(self) -> bool:
        """Whether nobody can tell if what was folded is stored now or later: a reader sees nothing of it."""
        return not self._changes and not self.projection.readable(self.state)

    def commit(self, stored: Mapping[str, Document]) -> Commit:
        """Return the commit of what was folded; `stored` holds the `wanted` documents that exist."""
        projection = self.projection
        self._stored = projection.encode(self.state)
        keys = projection.keys(self.key, self.state) if projection.indexes else ()
        row = Row(self._stored, self.positions, self.revision, self.held, keys)
        if not self._changes:
            return Commit(self.model, self.key, row)
        return Commit(self.model, self.key, row, tuple(self._puts(stored)), tuple(self._deletes()))

    def _puts(self, stored: Mapping[str, Document]) -> list[Document]:
        puts: list[Document] = []
        for id_, change in self._changes.items():
            if isinstance(change, Document):
                puts.append(change)
            elif change is not None and id_ in stored:
                document = stored[id_]
                for amend in change:
                    document = amend.of(document)
                puts.append(document)
        return puts

    def _deletes(self) -> list[str]:
        return [id_ for id_, change in self._changes.items() if change is None]

    def committed(self) -> None:
        """Note that the commit was taken: the accumulator now is what is stored."""
        self.revision += 1
        self._stored_positions = self.positions
        self.folded = 0
        if self._changes:
            self._changes, self._weight = {}, 0
