"""Reading one shard, under its lease, from its checkpoint on."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic

import structlog

from processor.adapters.dynamodb.checkpoints import Checkpoints, Place
from processor.adapters.dynamodb.shards import Expired, Gone, Shard, StreamAccess, Trimmed
from processor.adapters.dynamodb.streams import StreamRecord, sequence_of
from processor.errors import Retryable
from processor.leases import Lease, Leases

KEEP_EVERY = 2.0
"""Seconds between two checkpoints."""

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 10.0

_log = structlog.get_logger("processor.following")


class NotOurs(Exception):
    """Another process reads the shard by now, or may."""


class Reach:
    """What readers of shards reach out to. `take` answers whether records are settled; else they are given to it again.

    `lost` hears that records vanished before anybody took them; it returns once that is noted durably.
    """

    def __init__(
        self,
        access: StreamAccess,
        checkpoints: Checkpoints,
        leases: Leases,
        *,
        take: Callable[[Sequence[StreamRecord]], bool],
        lost: Callable[[], None],
    ) -> None:
        self.access, self.checkpoints, self.leases = access, checkpoints, leases
        self.take, self.lost = take, lost

    def missed(self, shard: Shard, reason: str) -> None:
        """Tell that some of the shard's records will never come."""
        _log.warning("following.missed", shard=shard.name, reason=reason)
        self.lost()


class ShardReader:
    """A shard that this process reads, until it raises NotOurs or is `done`.

    `empty` counts answers without records in a row, `tries` failures in a row.
    """

    def __init__(self, reach: Reach, shard: Shard, lease: Lease, length: timedelta) -> None:
        self._reach, self.shard, self._lease, self._length = reach, shard, lease, length
        self.place, self._revision = reach.checkpoints.read(shard.name)
        self._kept, self._kept_at = self.place, monotonic()
        self._iterator: str | None = None
        self._waiting: Sequence[StreamRecord] = ()
        self._at_end = False
        self.empty = self.tries = 0
        self._again_at = 0.0

    @property
    def done(self) -> bool:
        """Whether all of the shard was taken, and that is kept."""
        return self.place.ended

    def turn(self) -> int:
        """Read once, take what was read, and return how many records that were. Trouble is logged, and put off."""
        if monotonic() < self._again_at:
            return 0
        try:
            return self._advance()
        except Retryable as error:
            _log.warning("following.waits", shard=self.shard.name, reason=str(error))
            self._put_off()
            return 0

    def let_go(self) -> None:
        """Keep the place and let another process read on at once."""
        try:
            if self.place != self._kept:
                self._keep()
            self._reach.leases.release(self._lease)
        except NotOurs:
            return
        except Retryable as error:
            _log.warning("following.not_let_go", shard=self.shard.name, reason=str(error))

    def _advance(self) -> int:
        self._hold()
        if not self._waiting and not self._at_end:
            self._fetch()
        records = self._waiting
        if records:
            if not self._reach.take(records):
                self._put_off()
                return 0
            self.place, self._waiting = Place(sequence_of(records[-1]) or self.place.sequence), ()
        self.tries = 0
        if self._at_end:
            self._end()
        elif self.place != self._kept and monotonic() - self._kept_at >= KEEP_EVERY:
            self._keep()
        return len(records)

    def _fetch(self) -> None:
        """Read the next records into `_waiting`."""
        reach, shard = self._reach, self.shard
        try:
            if self._iterator is None:
                self._iterator = reach.access.iterator(shard, self.place.sequence)
            records, after = reach.access.records(self._iterator)
        except Expired:
            self._iterator = None
        except Trimmed:
            reach.missed(shard, "records grew older than 24 hours")
            self._iterator, self.place = None, Place()
        except Gone:
            reach.missed(shard, "the shard is gone")
            self._at_end = True
        else:
            self._waiting, self._iterator, self._at_end = records, after, after is None
            self.empty = 0 if records else self.empty + 1

    def _hold(self) -> None:
        """Prolong the lease in time. Raises NotOurs where it was lost."""
        leases = self._reach.leases
        if leases.left(self._lease) > self._length / 2:
            return
        lease = leases.renew(self._lease, self._length)
        if lease is None:
            raise NotOurs
        self._lease = lease

    def _end(self) -> None:
        """Keep that all of the shard was taken: its children may be read then."""
        self.place = Place(self.place.sequence, ended=True)
        try:
            self._keep()
        except Retryable:
            self.place = Place(self.place.sequence)
            raise
        self._reach.leases.release(self._lease)

    def _keep(self) -> None:
        """Move the checkpoint. Raises NotOurs where another moved it."""
        if not self._reach.checkpoints.move(self.shard.name, self.place, self._revision):
            raise NotOurs
        self._revision, self._kept, self._kept_at = self._revision + 1, self.place, monotonic()

    def _put_off(self) -> None:
        """Leave the shard alone for a while, longer each time."""
        self.tries += 1
        self._again_at = monotonic() + min(FIRST_PAUSE * (1 << min(self.tries, 20)), LONGEST_PAUSE)

    @property
    def waits(self) -> bool:
        """Whether it holds records that were not taken yet, or the end of the shard is not kept."""
        return bool(self._waiting) or self._at_end
