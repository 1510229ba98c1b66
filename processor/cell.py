"""A row under work: its accumulator, its positions, and the document changes of the commit to come. Pure."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from processor.classify import Apply, classify
from processor.errors import Misuse
from processor.models import MAX_COMMIT_BYTES, MAX_COMMIT_ITEMS, Commit, Document, Held, Model, Row
from processor.projection import MAX_CHANGES_PER_EVENT, Amend, Change, Delete, Projection, Put
from processor.run import Failure, Run
from processor.streams import StreamId

Glimpses = dict[tuple[StreamId, int], object]
"""A projection's view of its state right after an event, by (stream, version)."""

_FULL = MAX_COMMIT_ITEMS - 1 - MAX_CHANGES_PER_EVENT
_HEAVY = MAX_COMMIT_BYTES * 3 // 4


class Cell:
    """One row of one model, from load to commit. Belongs to one thread at a time."""

    __slots__ = (
        "_amends",
        "_deletes",
        "_puts",
        "_stored",
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
        self.revision = row.revision if row else 0
        self.held: Mapping[StreamId, Held] = row.held if row else {}
        self._restore(row.positions if row else {})

    def _restore(self, positions: Mapping[StreamId, int]) -> None:
        stored = self._stored
        self.state = self.projection.initial() if stored is None else self.projection.decode(stored)
        self._begin(dict(positions))

    def _begin(self, positions: dict[StreamId, int]) -> None:
        self.positions = positions
        self.folded = 0
        self._weight = 0
        self._puts: dict[str, Document] = {}
        self._amends: dict[str, list[Amend]] = {}
        self._deletes: set[str] = set()

    def fold(self, runs: Mapping[StreamId, Run], glimpses: Glimpses | None) -> tuple[list[Failure], list[StreamId]]:
        """Fold what `runs` hold beyond the row's positions, each stream up to its first failing event.

        Returns the failures, and the streams that were cut because the commit grew full.
        """
        failures: dict[StreamId, Failure] = {}
        before = self.positions.copy()
        while True:
            cut: list[StreamId] = []
            failed = self._fold_each(runs, failures, glimpses, cut)
            if failed is None:
                return list(failures.values()), cut
            failures[failed.stream] = failed
            self._restore(before)

    def _fold_each(
        self,
        runs: Mapping[StreamId, Run],
        failures: dict[StreamId, Failure],
        glimpses: Glimpses | None,
        cut: list[StreamId],
    ) -> Failure | None:
        for stream, run in runs.items():
            known = failures.get(stream)
            failed = self._fold_run(stream, run, known.version if known else run.last + 1, glimpses)
            if failed is not None:
                return failed
            position = self.positions.get(stream, 0)
            if run.failure is not None and position == run.failure.version - 1:
                failures[stream] = run.failure
            elif run.first - 1 <= position < run.last and known is None:
                cut.append(stream)
        return None

    def _fold_run(self, stream: StreamId, run: Run, stop: int, glimpses: Glimpses | None) -> Failure | None:
        """Fold `run` from the row's position to before version `stop`, or to where the commit is full."""
        before = self.positions.get(stream, 0)
        verdict = classify(before, run.first, run.last)
        if not isinstance(verdict, Apply):
            return None
        apply, state = self.projection.apply, self.state
        version = before
        pairs = islice(zip(run.events, run.facts, strict=True), verdict.skip, stop - run.first)
        try:
            for event, fact in pairs:
                changes = apply(state, event, fact)
                version += 1
                if glimpses is not None:
                    glimpses[stream, version] = self.projection.glimpse(state)
                if changes:
                    self._collect(changes)
                    if self._full():
                        break
        except Exception as error:  # noqa: BLE001 - a fold may raise anything: all of it is poison
            return Failure(stream, version + 1, error)
        self.folded += version - before
        self.positions[stream] = version
        return None

    def _full(self) -> bool:
        return len(self._puts) + len(self._amends) + len(self._deletes) > _FULL or self._weight > _HEAVY

    def _collect(self, changes: Sequence[Change]) -> None:
        if len(changes) > MAX_CHANGES_PER_EVENT:
            raise Misuse(f"{self.model}: {len(changes)} changes by one event are more than {MAX_CHANGES_PER_EVENT}")
        for change in changes:
            match change:
                case Put(document):
                    self._put(document)
                case Amend():
                    self._amend(change)
                case Delete(id_):
                    self._delete(id_)

    def _put(self, document: Document) -> None:
        self._puts[document.id] = document
        self._amends.pop(document.id, None)
        self._deletes.discard(document.id)
        self._weight += len(document.body) + 500

    def _amend(self, change: Amend) -> None:
        if change.id in self._puts:
            self._puts[change.id] = change.of(self._puts[change.id])
        elif change.id not in self._deletes:
            self._amends.setdefault(change.id, []).append(change)
            self._weight += 1000

    def _delete(self, id_: str) -> None:
        self._puts.pop(id_, None)
        self._amends.pop(id_, None)
        self._deletes.add(id_)
        self._weight += 500

    @property
    def wanted(self) -> list[str]:
        """Ids of stored documents that the changes build on."""
        return list(self._amends)

    def commit(self, stored: Mapping[str, Document]) -> Commit:
        """Return the commit of what was folded; `stored` holds the `wanted` documents that exist."""
        puts = list(self._puts.values())
        for id_, amends in self._amends.items():
            document = stored.get(id_)
            if document is not None:
                for amend in amends:
                    document = amend.of(document)
                puts.append(document)
        self._stored = self.projection.encode(self.state)
        keys = self.projection.keys(self.key, self.state) if self.projection.indexes else ()
        row = Row(self._stored, self.positions.copy(), self.revision, self.held, keys)
        return Commit(self.model, self.key, row, tuple(puts), tuple(self._deletes))

    def committed(self) -> None:
        """Note that the commit was taken: the accumulator now is what is stored."""
        self.revision += 1
        self._begin(self.positions)
