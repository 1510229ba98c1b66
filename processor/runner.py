"""The runner: `ring` brings read models up to the log. Live traffic, gaps, replay, redrive and the sweeper all ring.

Why every event counts once, whatever is duplicated, reordered, delayed or lost: a doorbell is never believed. The row
says which version it has (`positions`), the log says what comes next, only the gap-free run in between is folded, and
the row is replaced by compare-and-set. Duplicates fold to nothing; of two racing rings one loses and loads again; a
doorbell that never came is found by the sweeper, which compares positions with heads.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic
from typing import Any

from processor.cache import CellCache, Shelf
from processor.cell import Cell, cell_of
from processor.generations import Generations
from processor.log import EventLog
from processor.models import Document, Model, ModelStore
from processor.projection import Codec, Projection
from processor.rung import Lane, Pass, Pending, Reason, Rung, views_of
from processor.source import Doorbell, Source
from processor.streams import StreamId, fed_row

MAX_DEFERRED = 64
"""A row that nobody reads is stored after so many events at the latest."""


class Runner:
    """Folds the projections of one program over one store. Safe for several threads."""

    def __init__(  # noqa: PLR0913 - the engine's parts and its bounds
        self,
        log: EventLog,
        models: ModelStore,
        generations: Generations,
        projections: Sequence[Projection[Any]],
        codec: Codec,
        *,
        races: int = 10,
        page: int = 1000,
        cached_keys: int = 20_000,
    ) -> None:
        """`races` lost in a row leave a pair behind; `page` events are read from the log at once.

        The rows of `cached_keys` streams are kept in memory; one that another worker has moved is loaded again.
        """
        self.projections = {projection.name: projection for projection in projections}
        self._log, self._models, self.generations, self._codec = log, models, generations, codec
        self._races, self._page = races, page
        self._cache = CellCache(cached_keys)

    def ring(
        self,
        bells: Iterable[Doorbell],
        *,
        watch: str | None = None,
        only: Model | None = None,
        deadline: float | None = None,
    ) -> Rung:
        """Bring every model that the rung streams feed up to the log, and store all of it.

        `watch` names a projection of whose rows the result holds views: of all that were rung, whether or not this
        ring found anything to fold there. `only` rings one model alone. `deadline`, of `time.monotonic`, ends the
        ring after the pass under way.
        """
        rung = self.fold(bells, only=only, deadline=deadline, settle=True)
        if watch is not None:
            rung.views = views_of(rung.shelves, watch)
        self.keep(rung)
        return rung

    def fold(
        self,
        bells: Iterable[Doorbell],
        *,
        watch: str | None = None,
        only: Model | None = None,
        deadline: float | None = None,
        settle: bool = False,
    ) -> Rung:
        """Do as `ring` does inside the caller's unit of work: once that is durable, pass the result to `keep`.

        `watch` names a projection whose models are glimpsed after each event. Unless `settle`, a row whose change no
        reader can see (`Projection.readable`) and that changes no document is stored later: after MAX_DEFERRED
        events, or by the sweeper. Until then it is kept in memory; a crash costs folding those events again.
        """
        rung = Rung()
        source = Source(self._log, self._codec, self._page, bells)
        pending = self._pending(source.streams, only)
        deferred = 0 if settle else MAX_DEFERRED
        races = 0
        while pending:
            pending, raced = self._pass(pending, source, rung, watch, deferred)
            races = races + 1 if raced else 0
            if races > self._races or (deadline is not None and monotonic() >= deadline):
                reason: Reason = "raced" if raced else "more"
                rung.behind.update({(lane.model, at): reason for at, lanes in pending.items() for lane in lanes})
                break
        return rung

    def keep(self, rung: Rung) -> None:
        """Cache the rows of `fold`, now that what it committed is durable."""
        self._cache.put(rung.shelves)
        rung.shelves = {}

    def defers(self, model: Model, stream: StreamId) -> bool:
        """Tell whether `model` lags in `stream` because this process keeps what it folded: nobody else can tell."""
        key = fed_row(self.projections[model.projection].feeds, stream)
        cell = None if key is None else self._cache.look(key, str(model))
        return cell is not None and cell.folded > 0

    def _pending(self, streams: Iterable[StreamId], only: Model | None) -> Pending:
        lanes: dict[str, list[Lane]] = {}
        pending: dict[StreamId, Sequence[Lane]] = {}
        for stream in streams:
            category = stream.category
            if category not in lanes:
                lanes[category] = self._lanes(category, only)
            fed = lanes[category]
            if not all(lane.own for lane in fed):
                fed = [lane for lane in fed if fed_row(lane.projection.feeds, stream) is not None]
            if fed:
                pending[stream] = fed
        return pending

    def _lanes(self, category: str, only: Model | None) -> list[Lane]:
        lanes: list[Lane] = []
        for name, projection in self.projections.items():
            if category not in projection.feeds or (only is not None and only.projection != name):
                continue
            own = projection.feeds[category] == category
            models = (only,) if only is not None else self.generations.folding(name, projection.schema)
            lanes += [Lane(projection, model, str(model), own) for model in models]
        return lanes

    def _pass(
        self, pending: Pending, source: Source, rung: Rung, watch: str | None, deferred: int
    ) -> tuple[Pending, bool]:
        """Fold and commit each stream in each lane once. Returns what must go round again, and if a race was lost."""
        shelves = self._shelves(pending, rung.shelves)
        work = Pass(rung, pending, watch)
        gaps: list[tuple[StreamId, Lane, Cell]] = []
        for stream, lanes in pending.items():
            for lane in lanes:
                cell = shelves[stream if lane.own else lane.key(stream)][lane.name]
                if cell.stored.held and stream in cell.stored.held:
                    rung.behind[lane.model, stream] = "held"
                elif (run := source.hint(stream, cell.position(stream))) is None:
                    gaps.append((stream, lane, cell))
                else:
                    work.advance(cell, lane, run)
        _read(source, work, gaps)
        names = {lane.name for lanes in pending.values() for lane in lanes}
        moved = [cell for shelf in shelves.values() for name, cell in shelf.items() if cell.folded and name in names]
        lost = self._store([cell for cell in moved if cell.folded > deferred or work.must_store(cell)], shelves)
        if lost:
            work.repeat({(cell.model, cell.key) for cell in lost})
        for cell in work.failed:
            shelves[cell.key].pop(str(cell.model), None)
        rung.shelves.update(shelves)
        return work.unfinished, bool(lost)

    def _shelves(self, pending: Pending, earlier: Mapping[StreamId, Shelf]) -> dict[StreamId, Shelf]:
        """Take the rows that are fed from memory, and load the others. Rows with a poison mark are always loaded."""
        keys = {lane.key(stream): None for stream, lanes in pending.items() for lane in lanes if not lane.own}
        shelves = self._cache.take([*pending, *keys])
        for key in earlier.keys() & shelves.keys():
            shelves[key] = earlier[key]
        missing: dict[str, tuple[Lane, list[StreamId]]] = {}
        for stream, lanes in pending.items():
            for lane in lanes:
                key = stream if lane.own else lane.key(stream)
                cell = shelves[key].get(lane.name)
                if cell is None or cell.stored.held:
                    missing.setdefault(lane.name, (lane, []))[1].append(key)
        for lane, absent in missing.values():
            rows = self._models.load(lane.model, absent)
            for key in absent:
                shelves[key][lane.name] = cell_of(lane.projection, lane.model, key, rows.get(key))
        return shelves

    def _store(self, cells: Sequence[Cell], shelves: Mapping[StreamId, Shelf]) -> list[Cell]:
        """Commit `cells`; return those that lost a race, taken off their shelves.

        During a rebuild the newest generation goes first, and an older row waits for the newer one of its key: whatever
        fails between, the model that a flip makes live is not behind the one that was read before.
        """
        newest = {cell.model.projection: cell.model.generation for cell in cells}
        for cell in cells:
            newest[cell.model.projection] = max(cell.model.generation, newest[cell.model.projection])
        first = [cell for cell in cells if cell.model.generation == newest[cell.model.projection]]
        lost = self._commit(first, shelves)
        if len(first) == len(cells):
            return lost
        waiting = {(cell.model.projection, cell.key) for cell in lost}
        older: list[Cell] = []
        for cell in cells:
            if cell.model.generation == newest[cell.model.projection]:
                continue
            if (cell.model.projection, cell.key) in waiting:
                del shelves[cell.key][str(cell.model)]
                lost.append(cell)
            else:
                older.append(cell)
        return lost + self._commit(older, shelves)

    def _commit(self, cells: Sequence[Cell], shelves: Mapping[StreamId, Shelf]) -> list[Cell]:
        if not cells:
            return []
        documents = self._wanted(cells)
        commits = [cell.commit(documents.get((cell.model, cell.key.tenant), {})) for cell in cells]
        lost: list[Cell] = []
        for cell, commit, taken in zip(cells, commits, self._models.commit(commits), strict=True):
            if taken:
                cell.committed(commit)
            else:
                lost.append(cell)
                del shelves[cell.key][str(cell.model)]
        return lost

    def _wanted(self, cells: Sequence[Cell]) -> dict[tuple[Model, str], dict[str, Document]]:
        wanted: dict[tuple[Model, str], list[str]] = defaultdict(list)
        for cell in cells:
            if ids := cell.wanted:
                wanted[cell.model, cell.key.tenant] += ids
        return {(model, tenant): self._models.get(model, tenant, ids) for (model, tenant), ids in wanted.items()}


def _read(source: Source, work: Pass, gaps: Sequence[tuple[StreamId, Lane, Cell]]) -> None:
    """Fold from the log where hints do not reach.

    A row that is more than a page ahead of another one of its stream is read for on its own: that other one may be
    stopped there for long.
    """
    while gaps:
        source.read((stream, cell.position(stream)) for stream, _, cell in gaps)
        ahead: list[tuple[StreamId, Lane, Cell]] = []
        for stream, lane, cell in gaps:
            position = cell.position(stream)
            run = source.found(stream, position)
            if run is not None and stream in source.cut and position >= run.end:
                ahead.append((stream, lane, cell))
                continue
            if run is not None:
                work.advance(cell, lane, run)
            if stream in source.cut:
                work.again(stream, lane)
        gaps = ahead
