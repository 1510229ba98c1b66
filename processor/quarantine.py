"""Poison: stop one (projection, stream) pair before the event that cannot be folded, tell it, redrive it."""

from collections.abc import Iterator
from typing import Any

import msgspec
import structlog

from processor.clock import Clock
from processor.errors import Contended, Misuse
from processor.log import Append
from processor.models import Commit, Held, Model, Row
from processor.ops import PairEvent, ProjectionQuarantined, ProjectionRedriven, ops_event, ops_stream
from processor.projection import Projection
from processor.run import Failure
from processor.rung import Rung
from processor.runner import Runner
from processor.source import Doorbell
from processor.store import Store
from processor.streams import StreamId, fed_row

_RACES = 20
_MAX_ERROR = 500
_REMEMBERED = 10_000

_log = structlog.get_logger("processor.quarantine")


class Stopped(msgspec.Struct, frozen=True):
    """A held pair, as operators see it."""

    projection: str
    generation: int
    stream: StreamId
    version: int
    error: str
    at: str


class Quarantine:
    """Counts failures, holds pairs whose event failed too often, and redrives them.

    A held pair is marked in its row, under the row's compare-and-set, so no worker can fold past the mark. The
    engine's event is appended before the mark, and a redrive's before the mark is cleared: after a crash between, both
    are done again, and what was told is told once.
    """

    def __init__(self, store: Store, runner: Runner, clock: Clock, *, attempts: int = 3) -> None:
        """Take `attempts`: how often an event must fail in this process before its pair is held."""
        self._log, self._models, self._generations = store.log, store.models, runner.generations
        self._runner, self._clock, self._attempts = runner, clock, attempts
        self._failures: dict[tuple[Model, StreamId, int], int] = {}

    def consider(self, rung: Rung) -> None:
        """Count the poison of a ring that has ended, outside any unit of work, and hold what has used its attempts."""
        for (model, stream), failure in rung.failures.items():
            if failure.waits:
                _log.warning("projection.waits", model=str(model), stream=str(stream), reason=str(failure.error))
                continue
            if len(self._failures) > _REMEMBERED:
                self._failures.clear()
            place = (model, stream, failure.version)
            self._failures[place] = failed = self._failures.get(place, 0) + 1
            if failed >= self._attempts:
                self.hold(model, failure)
                self._failures.pop(place, None)

    def hold(self, model: Model, failure: Failure) -> None:
        """Stop the pair before the failing event. Where the pair moved on meanwhile, nothing is held.

        It is told for a live model. A model being built tells its rebuild, and the flip tells what then is still held.
        """
        error = f"{type(failure.error).__name__}: {failure.error}"[:_MAX_ERROR]
        mark = Held(failure.version, error, self._clock())
        for _ in range(_RACES):
            key, row = self._row(model, failure.stream)
            if failure.stream in row.held or row.positions.get(failure.stream, 0) >= failure.version:
                return
            if self._is_read(model):
                self.tell(model, failure.stream, mark)
            held = msgspec.structs.replace(row, held={**row.held, failure.stream: mark})
            if self._commit(model, key, held):
                _log.error("projection.quarantined", model=str(model), stream=str(failure.stream), error=error)
                return
        raise Contended(f"{key} in {model}", _RACES)

    def redrive(self, projection: str, stream: StreamId) -> Rung | None:
        """Clear the pair's mark and pull it on; None where it was not held in the live model."""
        fold = self._projection(projection)
        model = self._generations.live(projection, fold.schema)
        mark = self._row(model, stream)[1].held.get(stream)
        if mark is None:
            return None
        self._append(stream.tenant, ProjectionRedriven(projection, model.generation, str(stream), mark.version))
        self.free(model, stream)
        return self._runner.ring([Doorbell(stream)])

    def free(self, model: Model, stream: StreamId) -> None:
        """Clear the pair's mark, if there is one, and tell nobody."""
        for _ in range(_RACES):
            key, row = self._row(model, stream)
            if stream not in row.held:
                return
            freed = {other: kept for other, kept in row.held.items() if other != stream}
            if self._commit(model, key, msgspec.structs.replace(row, held=freed)):
                return
        raise Contended(f"{stream} in {model}", _RACES)

    def stopped(self, tenant: str | None = None) -> Iterator[Stopped]:
        """Yield the held pairs of the live models (of `tenant`)."""
        for name, fold in self._runner.projections.items():
            model = self._generations.live(name, fold.schema)
            for _, stream, mark in self._models.held(model, tenant):
                yield Stopped(name, model.generation, stream, mark.version, mark.error, mark.at)

    def _is_read(self, model: Model) -> bool:
        fold = self._projection(model.projection)
        return self._generations.pointer(model.projection, fold.schema).live == model.generation

    def tell(self, model: Model, stream: StreamId, mark: Held) -> None:
        """Append the engine's event for a pair that is held in what readers read; telling it again changes nothing."""
        fact = ProjectionQuarantined(model.projection, model.generation, str(stream), mark.version, mark.error)
        self._append(stream.tenant, fact)

    def _append(self, tenant: str, fact: PairEvent) -> None:
        stream = ops_stream(tenant, fact.projection)
        self._log.append([Append(stream, (ops_event(fact, self._episode(stream, fact), self._clock()),))])
        self._runner.ring([Doorbell(stream)])

    def _episode(self, ops: StreamId, fact: PairEvent) -> str:
        """Return how often the pair was redriven from this event: what tells one stop from its next, and only that."""
        redriven = ProjectionRedriven(fact.projection, fact.generation, fact.stream, fact.version)
        episode = 0
        while self._log.find([(ops, ops_event(redriven, str(episode), self._clock()).tx_id)]):
            episode += 1
        return str(episode)

    def _projection(self, name: str) -> Projection[Any]:
        if name not in self._runner.projections:
            known = ", ".join(self._runner.projections)
            raise Misuse(f"there is no projection {name!r}; there are {known}")
        return self._runner.projections[name]

    def _row(self, model: Model, stream: StreamId) -> tuple[StreamId, Row]:
        fold = self._projection(model.projection)
        key = fed_row(fold.feeds, stream)
        if key is None:
            raise Misuse(f"{stream} feeds no row of {model.projection}")
        return key, self._models.load(model, [key]).get(key) or Row(fold.encode(fold.initial()), {})

    def _commit(self, model: Model, key: StreamId, row: Row) -> bool:
        fold = self._projection(model.projection)
        keys = fold.keys(key, fold.decode(row.state))
        return self._models.commit([Commit(model, key, msgspec.structs.replace(row, keys=keys))])[0]
