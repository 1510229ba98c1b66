"""Rebuilds under traffic: registered, filled, flipped and retired by several workers, interrupted anywhere."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from processor.clock import Instant, instant, moment
from processor.generations import Pointer
from processor.models import Model
from processor.rebuild import RebuildStopped
from processor.streams import StreamId
from tests.properties import strategies as some
from tests.properties.faults import Fault
from tests.properties.program import PURE
from tests.properties.traffic import Traffic, who
from tests.properties.worker import Worker
from tests.properties.world import WORKERS, Pair

PROJECTIONS = {projection.name: projection for projection in PURE if projection.name in ("scribbles", "inventory")}
rebuilt = st.sampled_from(sorted(PROJECTIONS, reverse=True))
steps = st.sampled_from([*["next"] * 8, "register", "fill", "flip", "flip", "retire", "abandon"])
carried = st.sampled_from([False, False, True])

LEASES = timedelta(seconds=7)
"""After so long every worker has the newest pointer, and whatever waited for that is over."""

TRAILS = timedelta(seconds=1)
"""So long a new stream may be missing from the catalogue."""


NEVER = Instant("9999")


class Rebuilding(Traffic):
    """Traffic, with readers that go from worker to worker and must never see a model that is half built."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self._seen: list[dict[tuple[str, StreamId], int]] = [{} for _ in range(WORKERS)]
        self._live = {name: self._pointed(name) for name in PROJECTIONS}
        self._dropped: set[Model] = set()
        self._grown: dict[StreamId, Instant] = {}
        for worker in self.world.workers:
            worker.hidden = lambda stream: self._grown.get(stream, NEVER) > self.world.clock()

    @rule(who=who, name=rebuilt, step=steps, carry=carried, fault=some.faults, stream=some.streams)
    def rebuild(self, who: int, name: str, step: str, carry: bool, fault: Fault | None, stream: StreamId) -> None:  # noqa: FBT001, PLR0917 - drawn
        worker, pointer = self._worker(who), self.world.pointer(PROJECTIONS[name])
        if step == "next":
            step = self._next_step(pointer)
        other = self._another_writes(who, stream)
        match step:
            case "register":
                worker.attempt(lambda: worker.rebuild.register(name), fault, other)
            case "fill" if pointer.building is not None:
                self._fill(worker, Model(name, pointer.building), fault, other, carry=carry)
            case "flip":
                self._flip(worker, Model(name, pointer.building or pointer.live), fault, other)
            case "retire":
                worker.attempt(lambda: self._dropped.update(worker.rebuild.retire(name)), fault, other)
            case "abandon" if pointer.building is not None:
                projection, model = PROJECTIONS[name], Model(name, pointer.building)
                worker.attempt(lambda: worker.generations.abandon(name, projection.schema, model), fault, other)

    @rule(who=who, fault=some.faults, stream=some.streams)
    def rebuild_on(self, who: int, fault: Fault | None, stream: StreamId) -> None:
        """Take the next step of one rebuild after the other; after a fill, wait for what it waits for."""
        pointer = self.world.pointer(PROJECTIONS["scribbles"])
        self.rebuild(who, "scribbles", "next", False, fault, stream)  # noqa: FBT003
        if pointer.building is not None:
            self.time_passes(LEASES.total_seconds())

    def _next_step(self, pointer: Pointer) -> str:
        """Return what is due; a fill is due again and again until the flip may be tried."""
        if pointer.building is None:
            return "retire" if pointer.retiring else "register"
        due = pointer.filled_after is not None and self.world.clock() >= pointer.filled_after
        return "flip" if due else "fill"

    def _fill(
        self, worker: Worker, model: Model, fault: Fault | None, other: Callable[[], None], *, carry: bool
    ) -> None:
        def act() -> None:
            list(worker.rebuild.fill(model, carry_quarantine=carry))

        try:
            full = worker.attempt(act, fault, other)
        except RebuildStopped as stopped:
            assert set(stopped.behind) <= {stream for _, stream in self._pairs_of(model)}  # noqa: PT017 - it may stop, or not
        else:
            if full and fault is None and not carry:
                self.world.check_models()
                missing = [stream for _, stream in self._pairs_of(model) if not self._arrived((model, stream))]
                assert all(worker.hidden(stream) for stream in missing), missing

    def _flip(self, worker: Worker, model: Model, fault: Fault | None, other: Callable[[], None]) -> None:
        live = self._pointed(model.projection)
        flipped: list[bool] = []
        worker.attempt(lambda: flipped.append(worker.rebuild.flip(model)), fault, other)
        if flipped == [True]:
            assert self._pointed(model.projection) == model
        if live == model and fault is None:
            assert flipped == [True], "a flip is answered the same when it is repeated"

    @rule(seconds=st.sampled_from([7.0, 7.0, 1.9, 1.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.clock.advance(timedelta(seconds=seconds))

    @rule(who=who)
    def read(self, who: int) -> None:
        """A reader at one worker sees complete models that only move forward, whatever is flipped (P9)."""
        worker, seen = self._worker(who), self._seen[who]
        for model, stream in self._read_pairs(worker):
            assert model.generation != self.world.pointer(PROJECTIONS[model.projection]).building
            position = self.world.positions.get((model, stream), 0)
            assert position >= seen.get((model.projection, stream), 0), f"{model} steps back on {stream}"
            seen[model.projection, stream] = position

    def _check(self) -> None:
        super()._check()
        for name in PROJECTIONS:
            self._check_flipped(name)
        self._check_dropped()
        for stream in self.world.oracle.log:
            self._grown.setdefault(stream, instant(moment(self.world.clock()) + TRAILS))

    def _check_flipped(self, name: str) -> None:
        """A model that goes live has all that the old one had."""
        now, before = self._pointed(name), self._live[name]
        if now != before:
            for model, stream in self._pairs_of(now):
                old = self.world.positions.get((before, stream), 0)
                assert self.world.positions.get((model, stream), 0) >= old, f"{now} is behind on {stream}"
            self._live[name] = now

    def _check_dropped(self) -> None:
        """A model that was deleted stays so: no worker folds it any more."""
        for model in self._dropped:
            keys = list(self.world.oracle.rows(PROJECTIONS[model.projection]))
            assert self.world.store.models.load(model, keys) == {}

    def _pairs(self, worker: Worker) -> list[Pair]:
        """Return the pairs that a worker brings up to the log, and those that readers anywhere look at."""
        pairs = dict.fromkeys(super()._pairs(worker))
        for reader in self.world.workers:
            pairs.update(dict.fromkeys(self._read_pairs(reader)))
        whole = self.world.models()
        return [pair for pair in pairs if pair[0] in whole]

    def _recover(self, worker: Worker) -> None:
        """A rebuild that poison or crashes have stopped can be completed; a live model and a rebuilt one are equal."""
        super()._recover(worker)
        for name, projection in PROJECTIONS.items():
            model = worker.rebuild.register(name)
            self.world.clock.advance(LEASES)
            list(worker.rebuild.fill(model))
            self._check()
            assert worker.rebuild.flip(model)
            self.world.clock.advance(LEASES)
            self._dropped.update(worker.rebuild.retire(name))
            self._check()
            assert self.world.pointer(projection).retiring == ()
        self._check_dropped()

    def _pointed(self, name: str) -> Model:
        return Model(name, self.world.pointer(PROJECTIONS[name]).live)

    def _pairs_of(self, model: Model) -> list[Pair]:
        rows = self.world.oracle.rows(PROJECTIONS[model.projection])
        return [(model, stream) for streams in rows.values() for stream in streams]

    def _read_pairs(self, worker: Worker) -> list[Pair]:
        live = [worker.generations.live(name, projection.schema) for name, projection in PROJECTIONS.items()]
        return [pair for model in live for pair in self._pairs_of(model)]

    def _arrived(self, pair: Pair) -> bool:
        return self.world.positions.get(pair, 0) == self.world.oracle.head(pair[1])
