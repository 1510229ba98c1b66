"""The dispatcher: from what channels should show to what they show. A thread and a fenced lease for each seller.

Woken by a sale, else once a second. It never sends in observe or off mode, for a SKU that is uncounted or unmapped,
or to a listing that the merchant is not known to fulfil; and of all quantities a SKU went through, only the newest.
"""

from collections.abc import Sequence
from datetime import timedelta
from threading import Event, Thread
from time import monotonic as system_monotonic
from typing import Generic, TypeVar

import msgspec
import structlog

from channels.desk import Desk, SellerRound
from channels.limits import Monotonic
from channels.offers import CALL_BUDGET
from channels.sellers import Seller
from channels.tended import Tended
from processor.clock import Clock, system_clock
from processor.engine import Engine
from processor.errors import Retryable
from processor.rung import Rung
from stock.identities import SKU, Channel, Sku

Tending = TypeVar("Tending", bound=Tended)

POLL = timedelta(seconds=1)
GATHER = timedelta(milliseconds=2)
"""After a wake so long is waited, that a burst of sales of one SKU is told once."""

LONGEST_PAUSE = timedelta(seconds=10)

_log = structlog.get_logger("channels.dispatcher")


class Report(msgspec.Struct, frozen=True):
    """What one round did, seller by seller."""

    sellers: tuple[SellerRound, ...]

    @property
    def accepted(self) -> int:
        """How many quantities channels took."""
        return sum(seller.accepted for seller in self.sellers)

    @property
    def would_tell(self) -> int:
        """How many quantities sellers in observe mode would have been told."""
        return sum(seller.would_tell for seller in self.sellers)


class Dispatcher:
    """Tells every seller's listings what is due. Safe for several threads; any number of processes may run one."""

    def __init__(  # noqa: PLR0913 - the engine, whom to tend, and the time
        self,
        engine: Engine,
        sellers: Sequence[Seller],
        *,
        holder: str,
        channel: Channel = "amazon",
        clock: Clock = system_clock,
        monotonic: Monotonic = system_monotonic,
        poll: timedelta = POLL,
    ) -> None:
        """`holder` is unique among processes on the same store; `clock` is the engine's.

        Where one process at a time is sure (a locked data folder), a fixed `holder` lets a restart go on at once, where
        another would wait for the lease of the process before to run out. Raises ValueError for two sellers of one
        tenant, or one seller twice: their rates and rows would be mixed up.
        """
        if len({seller.tenant for seller in sellers}) < len(sellers):
            raise ValueError("a tenant has one seller on a channel")
        if len({seller.seller_id for seller in sellers}) < len(sellers):
            raise ValueError("a seller belongs to one tenant")
        self._posts = {
            seller.tenant: Post(Desk(engine, seller, channel, holder, clock=clock, monotonic=monotonic), poll)
            for seller in sellers
        }

    def round(self) -> Report:
        """Do one bounded round for every seller, one after the other. Raises Retryable where the store failed."""
        return Report(tuple(post.desk.round() for post in self._posts.values()))

    def start(self) -> None:
        """Tend every seller in a thread of his own until `stop`; one whose channel is off is left alone."""
        for post in self._posts.values():
            post.start()

    def stop(self) -> None:
        """End after the calls under way, and let others take over at once."""
        for post in self._posts.values():
            post.begin_stop()
        for post in self._posts.values():
            post.stop()

    def wake(self, tenant: str, sku: Sku | None = None) -> None:
        """Look now, at `sku` in any case. Never blocks nor raises."""
        post = self._posts.get(tenant)
        if post is not None:
            post.wake(sku)

    def heard(self, rung: Rung) -> None:
        """Wake whom a ring of the engine's concerns: give this as its `on_rung`."""
        for stream, _ in rung.glimpses:
            if stream.category == SKU:
                self.wake(stream.tenant, Sku(stream.key))


class Post(Generic[Tending]):
    """A desk and the thread that sits there."""

    def __init__(self, desk: Tending, poll: timedelta) -> None:
        self.desk, self._poll = desk, poll
        self._woken, self._stop = Event(), Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Tend the desk in a thread until `stop`."""
        self._thread = Thread(target=self._run, name=f"dispatch-{self.desk.seller.tenant}", daemon=True)
        self._thread.start()

    def wake(self, sku: Sku | None) -> None:
        """Look now, at `sku` in any case."""
        if sku is not None:
            self.desk.moved(sku)
        self._woken.set()

    def begin_stop(self) -> None:
        """End after the call under way, without waiting for that."""
        self._stop.set()
        self._woken.set()

    def stop(self) -> None:
        """Wait for the end, and let another take over."""
        if self._thread is not None:
            self._thread.join(2 * CALL_BUDGET.total_seconds())
        try:
            self.desk.leave()
        except Retryable as error:
            _log.warning("dispatch.lease_kept", tenant=self.desk.seller.tenant, reason=str(error))

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            self._woken.clear()
            try:
                again = self.desk.round(self._stop.is_set).again
                failures = 0
            except Retryable as error:
                failures += 1
                again = min(self._poll * 2 ** min(failures, 10), LONGEST_PAUSE)
                _log.warning("dispatch.waits", tenant=self.desk.seller.tenant, reason=str(error))
            except Exception:  # noqa: BLE001 - one seller's trouble must not end his dispatch for good
                failures += 1
                again = min(self._poll * 2 ** min(failures, 10), LONGEST_PAUSE)
                _log.exception("dispatch.broken", tenant=self.desk.seller.tenant)
            self._rest(again)

    def _rest(self, again: timedelta | None) -> None:
        """Wait for a wake or the next poll; through a pause, which no wake can shorten, for its end."""
        if again is not None:
            self._stop.wait(again.total_seconds())
        elif self._woken.wait(self._poll.total_seconds()):
            self._stop.wait(GATHER.total_seconds())
