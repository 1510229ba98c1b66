"""Wakes: "this seller has work", on a queue, to whoever tends him. Never the truth: a lost one is found by a look.

A dispatcher that runs as a function is not there to hear of a sale. So whoever brings the read models up to the log
sends a wake for each seller of whom a row is due, at most about one a second: while one is on its way that will be
delivered later than the newest sale, that sale needs none of its own.
"""

from collections import defaultdict
from datetime import timedelta
from threading import Lock
from time import monotonic as system_monotonic

import msgspec
import structlog

from channels.limits import Monotonic
from processor.errors import Retryable
from processor.queues import NOW, Queue
from processor.rung import Rung
from stock.identities import CHANNELS, Channel, Sku

EVERY = timedelta(seconds=1)
"""Between two wakes of one seller by one process."""

WATCH = "broadcasts"
"""The projection whose rows tell who is due: ring with this to have `Waker.heard` see them."""

_log = structlog.get_logger("channels.wakes")


MOST_SKUS = 20

Address = tuple[str, Channel]
"""Whose seller, and where."""


class Wake(msgspec.Struct, frozen=True, omit_defaults=True):
    """The tenant's seller on `channel` has work. `skus` are among it: an index of all of it may trail by moments."""

    tenant: str
    channel: Channel
    skus: tuple[Sku, ...] = ()


def wake_letter(wake: Wake) -> bytes:
    """Return the message for the queue."""
    return msgspec.json.encode(wake)


def wake_in(letter: bytes) -> Wake:
    """Read what `wake_letter` wrote. Raises ValueError for anything else."""
    return msgspec.json.decode(letter, type=Wake)


class Waker:
    """Sends wakes, few of them. Safe for several threads."""

    def __init__(self, queue: Queue, monotonic: Monotonic = system_monotonic) -> None:
        self._queue, self._monotonic = queue, monotonic
        self._lock = Lock()
        self._arrives: dict[Address, float] = {}

    def heard(self, rung: Rung) -> None:
        """Wake the sellers of whom a row is due after a ring that watched WATCH. Never raises."""
        found: dict[Address, list[Sku]] = defaultdict(list)
        for row, due in rung.views.items():
            for channel in CHANNELS:
                if isinstance(due, tuple) and channel in due:
                    found[row.tenant, channel].append(Sku(row.key))
        for (tenant, channel), skus in found.items():
            self.wake(Wake(tenant, channel, tuple(skus[:MOST_SKUS])))

    def wake(self, wake: Wake) -> None:
        """Wake one seller, unless a wake is on its way that is delivered after this moment. Never raises."""
        seller = wake.tenant, wake.channel
        with self._lock:
            now = self._monotonic()
            arrives = self._arrives.get(seller)
            if arrives is not None and now < arrives:
                return
            soon = arrives is not None and now - arrives < EVERY.total_seconds()
            try:
                self._queue.send([wake_letter(wake)], EVERY if soon else NOW)
            except Retryable as error:
                # The next look at what is due finds it.
                _log.warning("wake.not_sent", tenant=wake.tenant, channel=wake.channel, reason=str(error))
                return
            self._arrives[seller] = now + EVERY.total_seconds() if soon else now
