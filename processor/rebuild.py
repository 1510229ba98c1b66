"""Rebuild a projection: a new generation beside the live one, filled from the log, then flipped in one step."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from processor.clock import Clock
from processor.errors import ProcessorError
from processor.generations import LEASE
from processor.models import Model
from processor.projection import Projection
from processor.quarantine import Quarantine
from processor.runner import Runner
from processor.source import Doorbell
from processor.store import Store
from processor.streams import StreamId, fed_row

_BATCH = 200


class RebuildStopped(ProcessorError):
    """Poison or a newer event stands in the way: the live model is untouched."""

    def __init__(self, model: Model, behind: Mapping[StreamId, str]) -> None:
        first, reason = next(iter(behind.items()))
        super().__init__(f"{model} cannot be completed: {len(behind)} streams stopped, the first {first} ({reason})")
        self.model, self.behind = model, behind


class Progress(msgspec.Struct, frozen=True):
    """How far a pass over the log has come."""

    streams: int
    events: int


class Rebuild:
    """The steps of a rebuild. Each may be repeated after a crash; the live model changes only by `flip`."""

    def __init__(self, store: Store, runner: Runner, quarantine: Quarantine, clock: Clock) -> None:
        self._store, self._runner, self._generations = store, runner, runner.generations
        self._quarantine, self._clock = quarantine, clock

    def register(self, projection: str) -> Model:
        """Begin a generation, or go on with the one being built: from now on every ring folds it too."""
        schema = self._fold(projection).schema
        pointer = self._generations.refresh(projection, schema)
        if pointer.building is not None and pointer.building_schema == schema:
            return Model(projection, pointer.building)
        return self._generations.register(projection, schema)

    def fill(self, model: Model, *, carry_quarantine: bool = False) -> Iterator[Progress]:
        """Fold the whole catalogue into `model`, yielding after each batch of streams.

        Strict: raises RebuildStopped at the end of the pass where a stream cannot be folded to its head.
        `carry_quarantine` keeps the pairs that are held in the live model held where they fail in this one. Pairs that
        an earlier pass or the sweeper held in this one are tried again.
        """
        for _, stream, _ in list(self._store.models.held(model)):
            self._quarantine.free(model, stream)
        carried = self._held_live(model) if carry_quarantine else set()
        stopped: dict[StreamId, str] = {}
        streams = events = 0
        catalogue = self._fed(model)
        while batch := list(islice(catalogue, _BATCH)):
            rung = self._runner.ring([Doorbell(stream) for stream in batch], only=model)
            for (_, stream), failure in rung.failures.items():
                if stream in carried and not failure.waits:
                    self._quarantine.hold(model, failure)
            stopped.update({stream: why for (_, stream), why in rung.behind.items() if stream not in carried})
            streams += len(batch)
            events += rung.folded
            yield Progress(streams, events)
        if stopped:
            raise RebuildStopped(model, stopped)

    def flip(self, model: Model) -> bool:
        """Make `model` the live one if it has caught up with the live one on every stream; else change nothing.

        Only a pass that begins once every worker folds `model` may decide: before that the answer is False. The
        catalogue is read after that moment, so that a stream begun during the fill is not missed. Workers of an older
        release fold the live model alone; flip once they are gone, or readers wait for the sweeper on what they fold
        meanwhile.
        """
        fold = self._fold(model.projection)
        pointer = self._generations.refresh(model.projection, fold.schema)
        if pointer.live == model.generation:
            return True
        if pointer.filled_after is None or self._clock() < pointer.filled_after:
            return False
        live = Model(model.projection, pointer.live)
        if any(self._behind(model, live)):
            return False
        known = {(stream, mark.version) for _, stream, mark in self._store.models.held(live)}
        for _, stream, mark in list(self._store.models.held(model)):
            if (stream, mark.version) not in known:
                self._quarantine.tell(model, stream, mark)
        self._generations.flip(model.projection, fold.schema, model)
        left = self._store.models.lagging(model, fold.feeds)
        while batch := list(islice(left, _BATCH)):
            self._runner.ring([Doorbell(stream) for stream in batch], only=model)
        return True

    def outdated(self) -> list[str]:
        """Name the projections whose live model was folded by another schema than this release's."""
        folds = self._runner.projections
        return [name for name, f in folds.items() if self._generations.refresh(name, f.schema).schema != f.schema]

    def run(self, projection: str, pause: Callable[[float], None]) -> Iterator[Progress]:
        """Rebuild `projection` from registration to flip, yielding after each batch of streams.

        `pause` waits for seconds. Raises RebuildStopped where the log holds what cannot be folded.
        """
        model = self.register(projection)
        yield from self.fill(model)
        while not self.flip(model):
            pause(LEASE.total_seconds() / 4)
            yield from self.fill(model)

    def retire(self, projection: str) -> list[Model]:
        """Delete the generations that no worker folds any more, and return them."""
        schema = self._fold(projection).schema
        gone = list(self._generations.droppable(projection, schema))
        for model in gone:
            self._store.models.drop(model)
            self._generations.dropped(projection, schema, model)
        return gone

    def _behind(self, model: Model, live: Model) -> Iterator[StreamId]:
        """Yield streams on which `model` stands before `live`."""
        feeds = self._fold(model.projection).feeds
        catalogue = self._fed(model)
        while batch := list(islice(catalogue, _BATCH)):
            keys = list({key for stream in batch if (key := fed_row(feeds, stream)) is not None})
            old, new = self._store.models.load(live, keys), self._store.models.load(model, keys)
            for stream in batch:
                key = fed_row(feeds, stream)
                if key in old:
                    reached = new[key].positions.get(stream, 0) if key in new else 0
                    if reached < old[key].positions.get(stream, 0):
                        yield stream

    def _fed(self, model: Model) -> Iterator[StreamId]:
        feeds = self._fold(model.projection).feeds
        return (stream for stream in self._store.log.streams() if stream.category in feeds)

    def _held_live(self, model: Model) -> set[StreamId]:
        fold = self._fold(model.projection)
        live = Model(model.projection, self._generations.pointer(model.projection, fold.schema).live)
        return {stream for _, stream, _ in self._store.models.held(live)}

    def _fold(self, name: str) -> Projection[Any]:
        return self._runner.projections[name]
