"""The runner: `ring` brings read models up to the log. Live traffic, gaps, replay, redrive and the sweeper all ring.

Why every event counts once, whatever is duplicated, reordered, delayed or lost: a doorbell is never believed. The row
says which version it has (`positions`), the log says what comes next, only the gap-free run in between is folded, and
the row is replaced by compare-and-set. Duplicates fold to nothing; of two racing rings one loses and loads again; a
doorbell that never came is found by the sweeper, which compares positions with heads.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic
from typing import Any, Literal

import msgspec

from processor.cache import CellCache
from processor.cell import Cell, Glimpses
from processor.events import Recorded
from processor.generations import Generations
from processor.log import EventLog
from processor.models import Document, Model, ModelStore
from processor.projection import Codec, Projection
from processor.run import Failure, Run, newest_run, run_of
from processor.streams import StreamId, fed_row

Reason = Literal["held", "too_new", "poison", "raced", "more"]
Pairs = dict[Model, Sequence[StreamId]]
Work = tuple[Cell, Sequence[StreamId]]

MAX_DEFERRED = 64
"""A row that nobody reads is stored after so many events at the latest."""


class Doorbell(msgspec.Struct, frozen=True, gc=False):
    """`stream` may have moved. `hint` may hold events of it: a saving, never the truth."""

    stream: StreamId
    hint: tuple[Recorded, ...] = ()


class Rung(msgspec.Struct):
    """What a ring did.

    `folded` counts events per model. `behind` tells which pairs are not at the head and why: stopped by poison
    (`held`), waiting for a newer release (`too_new`), failed but to be tried again (`poison`, with the failure in
    `failures`), outraced (`raced`), or with more events than this ring might fold (`more`). `glimpses` holds the
    watched projection's view right after each event folded. `cells` is for `Runner.keep`.
    """

    folded: int = 0
    behind: dict[tuple[Model, StreamId], Reason] = msgspec.field(default_factory=dict)
    failures: dict[tuple[Model, StreamId], Failure] = msgspec.field(default_factory=dict)
    glimpses: Glimpses = msgspec.field(default_factory=dict)
    cells: list[Cell] = msgspec.field(default_factory=list)


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
        cached_rows: int = 50_000,
    ) -> None:
        """`races` lost in a row leave a pair behind; `page` events are read from the log at once.

        `cached_rows` are kept in memory; a cached row that another worker has moved is loaded again.
        """
        self.projections = {projection.name: projection for projection in projections}
        self._log, self._models, self.generations, self._codec = log, models, generations, codec
        self._races, self._page = races, page
        self._cache = CellCache(cached_rows)

    def ring(self, bells: Iterable[Doorbell], *, only: Model | None = None, deadline: float | None = None) -> Rung:
        """Bring every model that the rung streams feed up to the log, and store all of it.

        `only` rings one model alone. `deadline`, of `time.monotonic`, ends the ring after the pass under way.
        """
        rung = self.fold(bells, only=only, deadline=deadline, settle=True)
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
        source = _Source(self._log, self._codec, self._page, bells)
        pairs = self._pairs(source.streams, only)
        deferred = 0 if settle else MAX_DEFERRED
        races = 0
        while pairs:
            pairs, raced = self._pass(pairs, source, rung, watch, deferred)
            races = races + 1 if raced else 0
            if races > self._races or (deadline is not None and monotonic() >= deadline):
                reason: Reason = "raced" if raced else "more"
                rung.behind.update({(model, stream): reason for model, streams in pairs.items() for stream in streams})
                break
        return rung

    def keep(self, rung: Rung) -> None:
        """Cache the rows of `fold`, now that what it committed is durable."""
        self._cache.put(rung.cells)
        rung.cells = []

    def _pairs(self, streams: Sequence[StreamId], only: Model | None) -> Pairs:
        pairs: Pairs = {}
        for name, projection in self.projections.items():
            feeds = projection.feeds
            fed = [stream for stream in streams if stream.category in feeds]
            if not fed:
                continue
            if only is None:
                models = self.generations.folding(name, projection.schema)
            else:
                models = (only,) if only.projection == name else ()
            pairs.update(dict.fromkeys(models, fed))
        return pairs

    def _pass(
        self, pairs: Pairs, source: "_Source", rung: Rung, watch: str | None, deferred: int
    ) -> tuple[Pairs, bool]:
        """Fold and commit each pair once. Returns the pairs that must go round again, and whether a race was lost."""
        work = [place for model, streams in pairs.items() for place in self._cells(model, streams, rung)]
        source.read_beyond(work)
        again: dict[Model, list[StreamId]] = defaultdict(list)
        moved: list[Work] = []
        for cell, streams in work:
            before = cell.folded
            unfinished = _fold(cell, streams, source, rung, rung.glimpses if cell.model.projection == watch else None)
            if unfinished:
                again[cell.model] += unfinished
            rung.folded += max(0, cell.folded - before)
            if cell.folded > deferred or (cell.folded and not cell.deferrable):
                moved.append((cell, streams))
            else:
                rung.cells.append(cell)
        taken = self._commit([cell for cell, _ in moved])
        for (cell, streams), done in zip(moved, taken, strict=True):
            if done:
                cell.committed()
                rung.cells.append(cell)
            else:
                waiting = again[cell.model]
                waiting += [s for s in streams if (cell.model, s) not in rung.behind and s not in waiting]
        return {model: streams for model, streams in again.items() if streams}, not all(taken)

    def _cells(self, model: Model, streams: Sequence[StreamId], rung: Rung) -> list[Work]:
        """Load the rows that `streams` feed, each with those of its streams that are not held."""
        projection = self.projections[model.projection]
        rows = _rows(projection.feeds, streams)
        cells = self._cache.take(model, rows)
        missing = [key for key in rows if key not in cells or cells[key].held]
        if missing:
            stored = self._models.load(model, missing)
            for key in missing:
                cells[key] = Cell(projection, model, key, stored.get(key))
        work: list[Work] = []
        for key, cell in cells.items():
            fed = rows[key]
            if cell.held:
                rung.behind.update({(model, stream): "held" for stream in fed if stream in cell.held})
                fed = [stream for stream in fed if stream not in cell.held]
            if fed:
                work.append((cell, fed))
        return work

    def _commit(self, cells: Sequence[Cell]) -> list[bool]:
        wanted: dict[tuple[Model, str], list[str]] = defaultdict(list)
        for cell in cells:
            if ids := cell.wanted:
                wanted[cell.model, cell.key.tenant] += ids
        if not wanted:
            return self._models.commit([cell.commit({}) for cell in cells]) if cells else []
        stored: dict[tuple[Model, str], dict[str, Document]] = {
            (model, tenant): self._models.get(model, tenant, ids) for (model, tenant), ids in wanted.items()
        }
        return self._models.commit([cell.commit(stored.get((cell.model, cell.key.tenant), {})) for cell in cells])


def _rows(feeds: Mapping[str, str], streams: Sequence[StreamId]) -> Mapping[StreamId, Sequence[StreamId]]:
    """Return the rows that `streams` feed, each with its streams."""
    if all(category == row for category, row in feeds.items()):
        return {stream: (stream,) for stream in streams}
    rows: dict[StreamId, list[StreamId]] = {}
    for stream in streams:
        key = fed_row(feeds, stream)
        if key is not None:
            rows.setdefault(key, []).append(stream)
    return rows


def _fold(
    cell: Cell, streams: Sequence[StreamId], source: "_Source", rung: Rung, glimpses: Glimpses | None
) -> list[StreamId]:
    """Fold what the source has; return the streams that are not at their end yet."""
    runs: list[Run] = []
    unfinished: list[StreamId] = []
    positions = cell.positions
    for stream in streams:
        run, complete = source.run(stream, positions.get(stream, 0))
        if run is not None:
            runs.append(run)
        if not complete:
            unfinished.append(stream)
    failed: set[StreamId] = set()
    for failure in cell.fold(runs, glimpses):
        if cell.positions.get(failure.stream, 0) == failure.version - 1:
            pair = (cell.model, failure.stream)
            rung.behind[pair] = "too_new" if failure.waits else "poison"
            rung.failures[pair] = failure
            failed.add(failure.stream)
    unfinished += [run.stream for run in runs if cell.positions.get(run.stream, 0) < run.last]
    if not unfinished:
        return unfinished
    return [stream for stream in dict.fromkeys(unfinished) if stream not in failed]


class _Source:
    """The events of one ring: its hints, and what each pass reads from the log where hints do not reach."""

    def __init__(self, log: EventLog, codec: Codec, page: int, bells: Iterable[Doorbell]) -> None:
        self._log, self._codec, self._page = log, codec, page
        hints: dict[StreamId, list[Recorded]] = {}
        for bell in bells:
            present = hints.get(bell.stream)
            if present is None:
                hints[bell.stream] = list(bell.hint)
            else:
                present.extend(bell.hint)
        self.streams = list(hints)
        self._hints = {stream: newest_run(events, codec) for stream, events in hints.items() if events}
        self._reads: dict[StreamId, Run] = {}
        self._cut: set[StreamId] = set()

    def read_beyond(self, work: Sequence[Work]) -> None:
        """Read what the hints do not hold, for every stream from its lowest position on."""
        after: dict[StreamId, int] = {}
        hints = self._hints
        for cell, streams in work:
            for stream in streams:
                position = cell.positions.get(stream, 0)
                hint = hints.get(stream)
                if (hint is None or hint.first > position + 1) and position < after.get(stream, position + 1):
                    after[stream] = position
        self._reads, self._cut = {}, set()
        if not after:
            return
        found = self._log.read_many(after, self._page)
        self._reads = {stream: run_of(events, self._codec) for stream, events in found.items()}
        if sum(map(len, found.values())) >= self._page:
            served = [stream for stream in after if stream in found]
            beyond = list(after)[list(after).index(served[-1]) :]
            self._cut = set(beyond)

    def run(self, stream: StreamId, position: int) -> tuple[Run | None, bool]:
        """Return the events to fold at `position`, and whether they reach the stream's end as far as is known."""
        hint = self._hints.get(stream)
        if hint is not None and hint.first <= position + 1:
            return hint, True
        return self._reads.get(stream), stream not in self._cut
