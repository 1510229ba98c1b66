"""Following a table's stream in a long-running process, or in several that share its shards.

Per shard there is a lease and a checkpoint, both registers. The checkpoint moves only past records that were taken:
what a crash or a lost lease leaves in doubt is taken again, which changes nothing.
"""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from time import monotonic
from typing import Protocol

import structlog

from processor.adapters.dynamodb.reading import NotOurs, Reach, ShardReader
from processor.adapters.dynamodb.shards import Shard, ready
from processor.errors import Retryable

LEASE = timedelta(seconds=30)
LOOK_EVERY = 10.0
"""Seconds between two looks at which shards and which processes there are."""

QUIET = 5
"""So many answers in a row without records count as the end for now of an open shard: DynamoDB does not tell."""

_log = structlog.get_logger("processor.following")


class Sharers(Protocol):
    """The processes that share the shards."""

    def size(self) -> int:
        """Return how many there are, this one included; 0 where there is no room for it."""
        ...

    def leave(self) -> None:
        """Let the others know that this one has gone."""
        ...


class Follower:
    """Reads the shards that are this process's share, parents before children."""

    def __init__(
        self,
        reach: Reach,
        crew: Sharers,
        holder: str,
        *,
        lease: timedelta = LEASE,
        look_every: float = LOOK_EVERY,
    ) -> None:
        """`holder` names this process among those that may have a lease."""
        self._reach, self._crew, self._holder = reach, crew, holder
        self._lease, self._look_every = lease, look_every
        self._readers: dict[str, ShardReader] = {}
        self._ended: set[str] = set()
        self._look_due = 0.0
        self.elsewhere = 0
        """How many shards were another process's at the last look."""

    @property
    def shards(self) -> int:
        """How many shards this process reads now."""
        return len(self._readers)

    @property
    def quiet(self) -> bool:
        """Whether nothing more is there for now. Not before the second look after a shard ended."""
        return self._look_due > monotonic() and all(
            one.empty >= QUIET and not one.waits for one in self._readers.values()
        )

    @property
    def failures(self) -> int:
        """How often in a row the shard that fares worst failed."""
        return max((one.tries for one in self._readers.values()), default=0)

    def look(self) -> None:
        """See which shards there are, and take this process's share of those that may be read.

        Raises StoreUnavailable, which says so where the table or its stream is missing.
        """
        listed = self._reach.access.shards()
        for shard in listed:
            self._note_ended(shard)
        there = ready(listed, self._ended)
        for name in self._readers.keys() - {shard.name for shard in there}:
            self._readers.pop(name).let_go()
        crew = self._crew.size()
        share = ceil(len(there) / crew) if crew else 0
        for name in list(self._readers)[share:]:
            self._readers.pop(name).let_go()
        for shard in there:
            if shard.name not in self._readers and len(self._readers) < share:
                self._claim(shard, listed)
        self.elsewhere = len(there) - len(self._readers)
        self._look_due = monotonic() + self._look_every

    def turn(self) -> int:
        """Read each shard once; return how many records were taken. Trouble is logged, and its shard put off."""
        if monotonic() >= self._look_due:
            self._look_again()
        taken = 0
        for name, reader in list(self._readers.items()):
            try:
                taken += reader.turn()
            except NotOurs:
                _log.warning("following.not_ours", shard=name)
                del self._readers[name]
                self._look_due = 0.0
                continue
            if reader.done:
                _log.info("following.shard_ended", shard=name)
                del self._readers[name]
                self._ended.add(name)
                self._look_due = 0.0
        return taken

    def stop(self) -> None:
        """Keep every place and let the shards go, so that others can read on at once."""
        while self._readers:
            self._readers.popitem()[1].let_go()
        self._crew.leave()

    def _look_again(self) -> None:
        try:
            self.look()
        except Retryable as error:
            _log.warning("following.cannot_look", reason=str(error))
            self._look_due = monotonic() + self._look_every

    def _note_ended(self, shard: Shard) -> None:
        name = shard.name
        if name not in self._ended and name not in self._readers and self._reach.checkpoints.read(name)[0].ended:
            self._ended.add(name)

    def _claim(self, shard: Shard, listed: Sequence[Shard]) -> None:
        leases = self._reach.leases
        lease = leases.acquire(f"shard/{shard.name}", self._holder, self._lease)
        if lease is None:
            return
        reader = ShardReader(self._reach, shard, lease, self._lease)
        if reader.done:
            self._ended.add(shard.name)
            leases.release(lease)
            return
        if reader.place.sequence is None and self._is_orphan(shard, listed):
            self._reach.missed(shard, "the shard before it vanished unread")
        self._readers[shard.name] = reader
        _log.info("following.shard", shard=shard.name, after=reader.place.sequence or "the oldest record")

    def _is_orphan(self, shard: Shard, listed: Sequence[Shard]) -> bool:
        parent = shard.parent_name
        if parent is None or parent in {one.name for one in listed}:
            return False
        return not self._reach.checkpoints.read(parent)[0].ended
