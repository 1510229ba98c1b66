"""Following a stream: each shard by one process at a time, parents before children, from checkpoint to checkpoint.

A page of records is taken, then its last sequence number is written down: a crash between repeats the page, and what
takes it must find what is there already. A lease keeps two processes from doing the same work; it protects nothing: a
process that outlives its lease repeats what another does, and its checkpoint loses the compare-and-set.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

import msgspec
import structlog

from processor.adapters.kinesis.checkpoints import Checkpoint, Checkpoints
from processor.adapters.kinesis.shards import Shard, ready
from processor.adapters.kinesis.stream import Expired, KinesisStream, ShardGone, Trimmed
from processor.arrivals import Arrival
from processor.clock import Clock, Instant, moment
from processor.errors import Retryable
from processor.leases import Lease, Leases
from processor.registers import Registers

LENGTH = timedelta(seconds=30)
RENEW = timedelta(seconds=15)
LIST_EVERY = timedelta(seconds=30)

Take = Callable[[Sequence[Arrival]], int]
"""Takes records of one shard, in order, and answers how many of the first of them are done: the others come again."""

_log = structlog.get_logger("kinesis.following")


class Round(msgspec.Struct):
    """What one look at every shard found: `records` taken; whether all that is there is, and whether all is closed.

    `elsewhere` counts the shards that other processes read; `waits` says why something was not taken.
    """

    records: int = 0
    caught_up: bool = True
    ended: bool = False
    elsewhere: int = 0
    waits: str | None = None


class _Held(msgspec.Struct):
    """A shard that this process reads."""

    lease: Lease
    checkpoint: Checkpoint
    iterator: str | None = None


class Follower:
    """Follows one stream. For one thread; any number of processes may follow it, each shard is one's at a time."""

    def __init__(  # noqa: PLR0913 - a stream, where to keep how far it was read, and in whose name
        self,
        stream: KinesisStream,
        registers: Registers,
        leases: Leases,
        holder: str,
        take: Take,
        *,
        clock: Clock,
    ) -> None:
        """`holder` is unique among processes. Raises as `KinesisStream` does."""
        self._stream, self._take, self._clock = stream, take, clock
        self._leases, self._holder = leases, holder
        self._identity = stream.identity()
        self._checkpoints = Checkpoints(registers, self._identity)
        self._held: dict[str, _Held] = {}
        self._ended: set[str] = set()
        self._shards: list[Shard] = []
        self._listed_at: Instant | None = None

    def round(self) -> Round:
        """Take a page of every shard that is ready and not another's. Raises StreamMissing or NotAllowed."""
        told = Round()
        try:
            self._list()
        except Retryable as error:
            self._waits(told, None, str(error))
        for shard in ready(self._shards, self._ended):
            try:
                self._turn(shard.id, told)
            except Retryable as error:
                self._waits(told, shard.id, str(error))
            except ShardGone as error:
                self._waits(told, shard.id, f"the shard {shard.id} is gone: {error}")
                self._listed_at = None
        told.ended = bool(self._shards) and all(shard.id in self._ended for shard in self._shards)
        return told

    def _waits(self, told: Round, shard: str | None, reason: str) -> None:
        """Note why something could not be taken; its position is read again before it is tried again."""
        if shard is not None:
            self._held.pop(shard, None)
        told.waits, told.caught_up = reason, False
        _log.warning("kinesis.waits", stream=self._stream.name, shard=shard, reason=reason)

    def leave(self) -> None:
        """Let other processes read at once what this one read."""
        for held in self._held.values():
            self._leases.release(held.lease)
        self._held.clear()

    def _list(self) -> None:
        """Look for new shards now and then, and at once where one has ended: its children begin there."""
        now = self._clock()
        if self._listed_at is not None and moment(now) - moment(self._listed_at) < LIST_EVERY:
            return
        self._shards = self._stream.shards()
        self._listed_at = now
        for shard in self._shards:
            if shard.id not in self._ended and shard.id not in self._held and self._checkpoints.read(shard.id).ended:
                self._ended.add(shard.id)

    def _turn(self, shard: str, told: Round) -> None:
        held = self._hold(shard)
        if held is None:
            told.elsewhere += 1
            if self._checkpoints.read(shard).ended:
                self._end(shard, told)
            return
        if held.checkpoint.ended:
            self._end(shard, told)
            return
        iterator = held.iterator or self._begin(shard, held.checkpoint.sequence)
        try:
            page = self._stream.page(shard, iterator)
        except Expired:
            held.iterator, told.caught_up = None, False
            return
        done = self._take(page.records) if page.records else 0
        self._advance(shard, held, page.records[:done])
        told.records += done
        if done < len(page.records):
            told.caught_up, told.waits = False, f"{len(page.records) - done} records of {shard} were not taken"
        elif page.following is None:
            self._close(shard, told)
        elif shard in self._held:
            self._held[shard].iterator = page.following
            told.caught_up = told.caught_up and not page.behind and not page.records

    def _hold(self, shard: str) -> _Held | None:
        """Return the shard if it is, or becomes, ours."""
        held = self._held.get(shard)
        if held is not None:
            if moment(held.lease.expires) - moment(self._clock()) > RENEW:
                return held
            lease = self._leases.renew(held.lease, LENGTH)
            if lease is not None:
                held.lease = lease
                return held
            del self._held[shard]
        lease = self._leases.acquire(f"kinesis/{self._identity}/{shard}", self._holder, LENGTH)
        if lease is None:
            return None
        held = self._held[shard] = _Held(lease, self._checkpoints.read(shard))
        return held

    def _begin(self, shard: str, after: str | None) -> str:
        try:
            return self._stream.iterator(shard, after)
        except Trimmed as error:
            _log.error("kinesis.position_lost", stream=self._stream.name, shard=shard, after=after, reason=str(error))
            return self._stream.iterator(shard, None)

    def _advance(self, shard: str, held: _Held, done: Sequence[Arrival]) -> None:
        """Write down how far the shard is done; where another has moved it, it is that one's from now on."""
        if not done:
            return
        moved = self._checkpoints.move(shard, held.checkpoint, done[-1].place.sequence)
        if moved is None:
            del self._held[shard]
        else:
            held.checkpoint, held.iterator = moved, None

    def _close(self, shard: str, told: Round) -> None:
        """Note that all of a closed shard is done."""
        held = self._held.get(shard)
        if held is None:
            return
        if self._checkpoints.move(shard, held.checkpoint, held.checkpoint.sequence, ended=True) is not None:
            self._leases.release(held.lease)
            self._end(shard, told)
        self._held.pop(shard, None)

    def _end(self, shard: str, told: Round) -> None:
        self._ended.add(shard)
        self._held.pop(shard, None)
        self._listed_at, told.caught_up = None, False
