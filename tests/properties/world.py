"""Everything a machine moves: one store, several processes over it, and the oracle that knows what must be true."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import msgspec

from processor.generations import Generations, Pointer
from processor.log import Append, Outcome
from processor.models import Document, Held, Keys, Model, Row
from processor.ops import ProjectionQuarantined, ops_stream
from processor.projection import Projection
from processor.streams import StreamId
from stock.codec import decode
from tests.properties.listings import check_listings
from tests.properties.oracle import Oracle
from tests.properties.program import CODEC, PURE, Bugs, reads
from tests.properties.strategies import STREAMS, TENANTS
from tests.properties.worker import Worker
from tests.stores import Eventually, FixedClock, fresh_store

WORKERS = 3
OPS_STREAMS = tuple(ops_stream(tenant, projection.name) for tenant in TENANTS for projection in PURE)
ALL_STREAMS = (*STREAMS, *OPS_STREAMS)
EVERYTHING = 100_000

Pair = tuple[Model, StreamId]
Block = tuple[int, str | None]


class World:
    """The store and its surroundings. The `check` methods compare all that is stored with the oracle."""

    def __init__(self, kind: str) -> None:
        self._stack = ExitStack()
        self.clock = FixedClock()
        self.store = self._stack.enter_context(fresh_store(kind, self.clock))
        self.eventually = Eventually(kind)
        self.oracle = Oracle(self.clock)
        self.bugs = Bugs()
        self.workers = [Worker(self.store, self.clock, self.bugs) for _ in range(WORKERS)]
        self.positions: dict[Pair, int] = {}
        self.held: dict[Pair, Held] = {}
        self.episodes: Counter[tuple[str, StreamId, int]] = Counter()

    def close(self) -> None:
        self._stack.close()

    def tick(self) -> None:
        """Begin a step. A moment passes, so that no two happen at the same time."""
        self.clock.advance(timedelta(milliseconds=1))
        for worker in self.workers:
            worker.trouble.calls.clear()

    # What happens to the log

    def append(self, worker: Worker, appends: Sequence[Append]) -> None:
        """Append through a worker; what the log answers must be what the oracle says."""
        self.appended(appends, lambda: worker.log.append(appends))

    def appended(self, appends: Sequence[Append], act: Callable[[], Sequence[Outcome]]) -> None:
        """Let `act` append; where it fails, the log must show each append whole or not at all."""
        try:
            outcomes = act()
        except BaseException:
            self.oracle.adopt(appends, self.read({append.stream: 0 for append in appends}))
            raise
        assert list(outcomes) == self.oracle.append(appends)

    def read(self, after: Mapping[StreamId, int]) -> dict[StreamId, list[Any]]:
        return self.store.log.read_many(after, EVERYTHING)

    def check_log(self) -> None:
        """The log holds what was appended, in order, once (P1, P2, P3); the engine has only added events of its own."""
        found = self.read(dict.fromkeys(ALL_STREAMS, 0))
        for stream in OPS_STREAMS:
            known, actual = self.oracle.log.get(stream, []), found.get(stream, [])
            assert actual[: len(known)] == known
            if actual:
                self.oracle.log[stream] = actual
        assert found == self.oracle.log
        for stream, events in found.items():
            assert [event.version for event in events] == list(range(1, len(events) + 1)), stream

    # What the models hold

    def pointer(self, projection: Projection[Any]) -> Pointer:
        return Generations(self.store.registers, self.clock).refresh(projection.name, projection.schema)

    def models(self) -> dict[Model, Projection[Any]]:
        """Return every model that is whole: live, being built, retiring and not yet to be dropped."""
        found: dict[Model, Projection[Any]] = {}
        for projection in PURE:
            pointer = self.pointer(projection)
            kept = (old.generation for old in pointer.retiring if self.clock() < old.until)
            numbers = [pointer.live, pointer.building, *kept]
            found.update({Model(projection.name, number): projection for number in numbers if number is not None})
        return found

    def check_models(self) -> None:
        """Each row and its documents are the fold of the events up to its positions, which only grow (P4, P5, P10)."""
        positions: dict[Pair, int] = {}
        held: dict[Pair, Held] = {}
        for model, projection in self.models().items():
            fed = self.oracle.rows(projection)
            rows = self.store.models.load(model, list(fed))
            self._check_documents(model, projection, rows)
            for key, streams in fed.items():
                row = rows.get(key) or Row(b"", {})
                assert set(row.positions) | set(row.held) <= set(streams)
                positions.update({(model, stream): row.positions.get(stream, 0) for stream in streams})
                held.update({(model, stream): mark for stream, mark in row.held.items()})
        for pair, position in positions.items():
            assert position >= self.positions.get(pair, 0), f"{pair} went back"
        self._check_held(held, positions)
        self.positions, self.held = positions, held

    def _check_documents(self, model: Model, projection: Projection[Any], rows: Mapping[StreamId, Row]) -> None:
        expected: dict[str, dict[str, Document]] = {tenant: {} for tenant in TENANTS}
        possible: dict[str, set[str]] = {tenant: set() for tenant in TENANTS}
        for key, streams in self.oracle.rows(projection).items():
            whole = self.oracle.fold(projection, key, {stream: self.oracle.head(stream) for stream in streams})
            possible[key.tenant] |= whole.touched
            row = rows.get(key)
            if row is not None:
                assert all(version <= self.oracle.head(stream) for stream, version in row.positions.items())
                folded = self.oracle.fold(projection, key, row.positions)
                assert (row.state, shortest(row.keys)) == (folded.state, shortest(folded.keys)), (model, key)
                expected[key.tenant] |= folded.documents
        for tenant in TENANTS:
            found = self.store.models.get(model, tenant, sorted(possible[tenant]))
            assert normal(found) == normal(expected[tenant]), (model, tenant)

    def _check_held(self, held: Mapping[Pair, Held], positions: Mapping[Pair, int]) -> None:
        """Only poison is held, before the event that fails (P7)."""
        for (model, stream), mark in held.items():
            assert positions[model, stream] == mark.version - 1
            assert {(name, stream, mark.version) for name in (CODEC, model.projection)} & self.bugs.ever
            if self.held.get((model, stream)) != mark:
                self.episodes[model.projection, stream, mark.version] += 1

    def check_told(self) -> None:
        """Each time that a live pair was held was told once; a stop that was told may have ended before the mark.

        Around a flip workers differ on which model is live: then it was told at least once.
        """
        told = self.told()
        for projection in PURE:
            pointer, name = self.pointer(projection), projection.name
            live = Model(name, pointer.live)
            held = {(name, stream, mark.version) for (model, stream), mark in self.held.items() if model == live}
            assert all(told[place] for place in held), "held, and nobody was told"
            if pointer.newest == 1:
                for place in {place for place in {**told, **self.episodes} if place[0] == name}:
                    aborted = 0 if place in held else 1
                    assert 0 <= told[place] - self.episodes[place] <= aborted, (place, told, self.episodes)

    def told(self) -> Counter[tuple[str, StreamId, int]]:
        told: Counter[tuple[str, StreamId, int]] = Counter()
        for stream in OPS_STREAMS:
            for event in self.oracle.log.get(stream, []):
                fact = decode(event)
                if isinstance(fact, ProjectionQuarantined):
                    told[fact.projection, StreamId.parse(fact.stream), fact.version] += 1
        return told

    def check_listings(self) -> None:
        """Every listing of every live model shows what it must; all pairs must be at the head."""
        for projection in PURE:
            model = Model(projection.name, self.pointer(projection).live)
            check_listings(self.store, self.oracle, model, projection, self.eventually)

    # How far a worker can come

    def reach(self, worker: Worker, pair: Pair, to: int | None = None) -> Block:
        """Return how far `worker` can fold the pair (at most `to`), and what stops it there."""
        model, stream = pair
        position = self.positions.get(pair, 0)
        if pair in self.held:
            return position, "held"
        for event in self.oracle.log.get(stream, [])[position:to]:
            if self.bugs.of(CODEC, event):
                return event.version - 1, "poison"
            if not reads(event, newest=worker.release.newest):
                return event.version - 1, "too_new"
            if self.bugs.of(model.projection, event):
                return event.version - 1, "poison"
        return max(position, self.oracle.head(stream) if to is None else to), None


def shortest(keys: Keys) -> Keys:
    while keys and keys[-1] is None:
        keys = keys[:-1]
    return keys


def normal(documents: Mapping[str, Document]) -> dict[str, Document]:
    return {id_: msgspec.structs.replace(d, keys=shortest(d.keys)) for id_, d in documents.items()}
