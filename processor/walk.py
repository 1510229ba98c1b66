"""Walking the catalogue: finds, however long it takes, every stream whose models lag, where nobody can ask for them.

SQL stores join heads and positions (`Lag.lagging`, the sweeper). On DynamoDB that is a read per stream and row, so a
pass over all streams is made once in a while, in pieces: a register holds how far it came, and any process goes on.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice

import msgspec

from processor.clock import Clock, Instant, instant, moment
from processor.delivery import Delivery
from processor.errors import Contended
from processor.models import Model
from processor.runner import Runner
from processor.source import Doorbell
from processor.store import Store
from processor.streams import SHARDS, StreamId, fed_row

CHUNK = 100
STREAMS_A_SECOND = 1000
DAILY = timedelta(days=1)
REGISTER = "walk/catalogue"
_SAVED_EVERY = 10
_RACES = 20


class Walked(msgspec.Struct, frozen=True):
    """What a piece of a pass did: `streams` looked at, `lagging` of them, `folded` events, counted per model.

    `later` wait in the redo queue. `ended`: the pass under way is complete, or none is due. `failed`: the walk stopped
    before streams that could neither be rung nor queued; the next piece begins with them. `taken`: another walks.
    """

    streams: int = 0
    lagging: int = 0
    folded: int = 0
    later: int = 0
    ended: bool = False
    failed: bool = False
    taken: bool = False


class _Place(msgspec.Struct, frozen=True):
    """Where a pass is: `walked` streams into `shard` of the catalogue. SHARDS is its end."""

    began: Instant
    shard: int = 0
    walked: int = 0


class Walk:
    """A pass over the catalogue, piece by piece. Any number of processes may go on with it, one at a time."""

    def __init__(  # noqa: PLR0913 - the engine's parts and its bounds
        self,
        store: Store,
        runner: Runner,
        delivery: Delivery,
        clock: Clock,
        *,
        every: timedelta = DAILY,
        pace: int = STREAMS_A_SECOND,
    ) -> None:
        """Let a pass begin `every` so often at most, and look at `pace` streams a second at most."""
        self._store, self._runner, self._delivery, self._clock = store, runner, delivery, clock
        self._every, self._pace = every, pace

    def begin(self) -> None:
        """Let the next piece begin a new pass, whenever the last one was: doorbells were lost.

        A piece under way elsewhere stops. Durable once it returns; raises Contended or StoreUnavailable.
        """
        for _ in range(_RACES):
            register = self._store.registers.read(REGISTER)
            if _save(self._store, _Place(self._clock()), 0 if register is None else register.revision):
                return
        raise Contended(REGISTER, _RACES)

    def go_on(self, deadline: float) -> Walked:
        """Walk until `deadline`, of `time.monotonic`, or the end of the pass.

        Raises StoreUnavailable; what was walked since the place was last kept is then walked again.
        """
        register = self._store.registers.read(REGISTER)
        place = _Place(self._clock()) if register is None else msgspec.json.decode(register.value, type=_Place)
        revision = 0 if register is None else register.revision
        if place.shard >= SHARDS:
            if self._clock() < instant(moment(place.began) + self._every):
                return Walked(ended=True)
            place = _Place(self._clock())
        return _Piece(self._store, self._runner, self._delivery, self._pace).walk(place, revision, deadline)


class _Piece:
    """One piece of a pass under way."""

    def __init__(self, store: Store, runner: Runner, delivery: Delivery, pace: int) -> None:
        self._store, self._runner, self._delivery, self._pace = store, runner, delivery, pace
        self._streams = self._lagging = self._folded = self._later = 0

    def walk(self, place: _Place, revision: int, deadline: float) -> Walked:
        began, chunks = time.monotonic(), 0
        while place.shard < SHARDS:
            streams = islice(self._store.log.streams(shard=place.shard, shards=SHARDS), place.walked, None)
            while chunk := list(islice(streams, CHUNK)):
                if not self._look(chunk):
                    return self._told(saved=_save(self._store, place, revision), failed=True)
                place = msgspec.structs.replace(place, walked=place.walked + len(chunk))
                chunks += 1
                if time.monotonic() >= deadline:
                    return self._told(saved=_save(self._store, place, revision))
                if chunks % _SAVED_EVERY == 0:
                    if not _save(self._store, place, revision):
                        return self._told(saved=False)
                    revision += 1
                time.sleep(max(0.0, began + self._streams / self._pace - time.monotonic()))
            place = _Place(place.began, place.shard + 1)
        return self._told(saved=_save(self._store, place, revision), ended=True)

    def _look(self, chunk: Sequence[StreamId]) -> bool:
        """Ring what lags among `chunk`; answer whether all of it is settled."""
        lagging = self._behind(chunk)
        self._streams += len(chunk)
        if not lagging:
            return True
        delivered = self._delivery.deliver([Doorbell(stream) for stream in lagging])
        self._lagging += len(lagging)
        self._folded += delivered.folded
        self._later += len(delivered.later)
        return not delivered.failed

    def _behind(self, chunk: Sequence[StreamId]) -> list[StreamId]:
        lanes = list(self._lanes())
        fed = [stream for stream in chunk if any(fed_row(feeds, stream) is not None for _, feeds in lanes)]
        heads, behind = self._store.log.heads(fed), dict[StreamId, None]()
        for model, feeds in lanes:
            keys = {stream: key for stream in fed if (key := fed_row(feeds, stream)) is not None}
            rows = self._store.models.load(model, list(dict.fromkeys(keys.values())))
            for stream, key in keys.items():
                row = rows.get(key)
                if row is None or (row.positions.get(stream, 0) < heads[stream] and stream not in row.held):
                    behind[stream] = None
        return list(behind)

    def _lanes(self) -> Iterator[tuple[Model, Mapping[str, str]]]:
        for name, projection in self._runner.projections.items():
            for model in self._runner.generations.folding(name, projection.schema):
                yield model, projection.feeds

    def _told(self, *, saved: bool, ended: bool = False, failed: bool = False) -> Walked:
        return Walked(
            self._streams,
            self._lagging,
            self._folded,
            self._later,
            ended=ended and saved,
            failed=failed,
            taken=not saved,
        )


def _save(store: Store, place: _Place, revision: int) -> bool:
    return store.registers.write(REGISTER, msgspec.json.encode(place), revision)
