"""What a ring finds out on its way: the rows it works on, what is left to do, and what stood in the way."""

from collections.abc import Container, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from processor.cache import Shelf
from processor.cell import Cell, Glimpses
from processor.models import Model
from processor.projection import Projection
from processor.run import Failure, Run
from processor.streams import StreamId, fed_row

Reason = Literal["held", "too_new", "poison", "raced", "more"]


class Rung(msgspec.Struct):
    """What a ring did.

    `folded` counts events per model. `behind` tells which pairs are not at the head and why: stopped by poison
    (`held`), waiting for a newer release (`too_new`), failed but to be tried again (`poison`, with the failure in
    `failures`), outraced (`raced`), or with more events than this ring might fold (`more`). `glimpses` holds the
    watched projection's view right after each event folded, `views` of each row rung as it is in the end, whoever
    folded it. `shelves` is for `Runner.keep`.
    """

    folded: int = 0
    behind: dict[tuple[Model, StreamId], Reason] = msgspec.field(default_factory=dict)
    failures: dict[tuple[Model, StreamId], Failure] = msgspec.field(default_factory=dict)
    glimpses: Glimpses = msgspec.field(default_factory=dict)
    views: dict[StreamId, object] = msgspec.field(default_factory=dict)
    shelves: dict[StreamId, Shelf] = msgspec.field(default_factory=dict)


class Lane(NamedTuple):
    """One model that streams of a category feed; `own`: each feeds the row of its own name. `name` is the model's."""

    projection: Projection[Any]
    model: Model
    name: str
    own: bool

    def key(self, stream: StreamId) -> StreamId:
        """Return the key of the row that `stream` feeds."""
        return stream if self.own else fed_row(self.projection.feeds, stream) or stream


Pending = Mapping[StreamId, Sequence[Lane]]
"""What is left to do: per stream, the lanes in which it has not come to its end."""


class Pass:
    """What one pass of a ring found out. `failed` rows may be older than what is stored: no commit has told."""

    def __init__(self, rung: Rung, pending: Pending, watch: str | None) -> None:
        self._rung, self._pending, self._watch = rung, pending, watch
        self.unfinished: dict[StreamId, list[Lane]] = {}
        self.failed: list[Cell] = []
        self._cut: set[StreamId] = set()

    def advance(self, cell: Cell, lane: Lane, run: Run) -> None:
        """Fold `run` into `cell`, and note what failed or is not at its end."""
        before, at = cell.folded, cell.position(run.stream)
        failure = cell.advance(run, self._rung.glimpses if lane.projection.name == self._watch else None)
        came = cell.position(run.stream) - at
        self._rung.folded += max(0, came)
        if cell.folded - before != came:  # it fell back to what is stored, and with it its other streams
            self.repeat({(cell.model, cell.key)}, but=run.stream)
        if failure is not None:
            self.failed.append(cell)
            self._rung.behind[lane.model, run.stream] = "too_new" if failure.waits else "poison"
            self._rung.failures[lane.model, run.stream] = failure
        elif cell.position(run.stream) < run.last:
            self.again(run.stream, lane)

    def must_store(self, cell: Cell) -> bool:
        """Whether a reader can see what was folded, or the next page builds on it."""
        return not cell.deferrable or cell.key in self._cut

    def again(self, stream: StreamId, lane: Lane) -> None:
        """Let `stream` go round again in `lane`, unless it failed there; its row is stored first."""
        lanes = self.unfinished.setdefault(stream, [])
        if lane not in lanes and (lane.model, stream) not in self._rung.behind:
            lanes.append(lane)
        self._cut.add(lane.key(stream))
        if not lanes:
            del self.unfinished[stream]

    def repeat(self, places: Container[tuple[Model, StreamId]], but: StreamId | None = None) -> None:
        """Let the streams of the rows at `places`, all `but` one, go round again: what was folded is not there now.

        What failed in such a row may not be what comes next in it.
        """
        for stream, lanes in self._pending.items():
            for lane in lanes:
                if stream != but and (lane.model, lane.key(stream)) in places:
                    if self._rung.failures.pop((lane.model, stream), None) is not None:
                        del self._rung.behind[lane.model, stream]
                    self.again(stream, lane)


def views_of(shelves: Mapping[StreamId, Shelf], watch: str) -> dict[StreamId, object]:
    """Return the glimpse of each row of the projection `watch`, as its cell stands now."""
    cells = ((key, cell) for key, shelf in shelves.items() for cell in shelf.values())
    return {key: cell.projection.glimpse(cell.state) for key, cell in cells if cell.model.projection == watch}
