"""One seller's desk: hold the seller, pick who is to be told, riskiest first, and tell them one by one."""

from collections import deque
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import assert_never

import msgspec
import structlog

from channels.attempts import Attempts
from channels.decisions import Rest, Tell, Wait, later
from channels.errors import LeaseLost
from channels.ledger import Ledger
from channels.limits import Monotonic
from channels.modes import Mode
from channels.patience import RECONSIDER, Patience
from channels.sellers import Seller
from channels.teller import Teller
from channels.tenure import LENGTH, Tenure
from channels.told import Accepted, Again, Later, Rejected, Told, Unreached
from processor.clock import Clock, Instant
from processor.engine import Engine
from projections.broadcasts.queries import BroadcastQueries
from stock.identities import Channel, Sku

BATCH = 20
"""So many SKUs are looked at in a round; then the riskiest are picked anew."""

_log = structlog.get_logger("channels.desk")


class SellerRound(msgspec.Struct):
    """What one round did for one seller.

    `held` tells whether this process tends the seller, `lost` that another took over in the middle. `would_tell`
    counts, in observe mode, quantities not counted before. `again` is when to come back, None for the usual time.
    """

    tenant: str
    held: bool = False
    lost: bool = False
    accepted: int = 0
    rejected: int = 0
    unreached: int = 0
    throttled: int = 0
    would_tell: int = 0
    again: timedelta | None = None


class Desk:
    """Tends one seller. Rounds exclude each other; `moved` may be called from any thread."""

    def __init__(  # noqa: PLR0913 - a seller, the engine and the time
        self,
        engine: Engine,
        seller: Seller,
        channel: Channel,
        holder: str,
        *,
        clock: Clock,
        monotonic: Monotonic,
    ) -> None:
        self.seller, self._channel, self._clock = seller, channel, clock
        self._broadcasts = BroadcastQueries(engine.store.models, lambda: engine.live("broadcasts"))
        self._attempts = Attempts(engine.store.registers, channel)
        # Rates are the seller's own, whichever tenant speaks for him.
        self._tenure = Tenure(engine.leases, f"dispatch/{channel}/{seller.seller_id}", holder, clock)
        ledger = Ledger(seller.tenant, channel, self._attempts, engine.recorder, tenure=self._tenure, clock=clock)
        self._teller = Teller(seller, channel, self._broadcasts, ledger, self._tenure, clock=clock, monotonic=monotonic)
        self._moved: deque[Sku] = deque(maxlen=BATCH)
        self._asked: set[Sku] = set()
        self._rounds = Lock()
        self._forget()

    def moved(self, sku: Sku) -> None:
        """Look at `sku` in the next round, whatever it waits for."""
        self._moved.append(sku)

    def leave(self) -> None:
        """Let another process take over at once."""
        with self._rounds:
            self._tenure.leave()

    def round(self, stopping: Callable[[], bool] = lambda: False) -> SellerRound:
        """Tell those that are due, riskiest first, until the rates or BATCH end it.

        Raises Retryable where the store failed; another round is right then.
        """
        report = SellerRound(self.seller.tenant)
        if self.seller.mode is Mode.OFF:
            return report
        with self._rounds:
            try:
                report.held = self._hold()
                if report.held:
                    self._serve(report, stopping)
            except LeaseLost as lost:
                report.held, report.lost = False, True
                _log.warning("dispatch.lease_lost", tenant=self.seller.tenant, fence=lost.fence)
        return report

    def _forget(self) -> None:
        """Know nothing, as at the beginning of a tenure."""
        self._patience = Patience(self._clock)
        self._doubtful: set[Sku] = set()
        self._counted: dict[Sku, int] = {}
        self._rescan: Instant | None = None

    def _hold(self) -> bool:
        """Hold the seller, taking him over where he is free; answer whether he is held."""
        had = self._tenure.held
        if not self._tenure.take():
            return False
        if not had and not self._tenure.resumed:
            self._forget()
            self._teller.begin_tenure()
            # A scan may trail a write by moments, so the last ones of the holder before are looked for again.
            self._rescan = later(self._clock(), LENGTH)
            self._doubtful.update(self._attempts.doubtful(self.seller.tenant))
            _log.info(
                "dispatch.holds",
                tenant=self.seller.tenant,
                channel=self._channel,
                mode=self.seller.mode,
                fence=self._tenure.fence,
                doubtful=len(self._doubtful),
            )
        elif self._rescan is not None and self._clock() >= self._rescan:
            self._rescan = None
            self._doubtful.update(self._attempts.doubtful(self.seller.tenant))
        return True

    def _serve(self, report: SellerRound, stopping: Callable[[], bool]) -> None:
        for sku in self._riskiest():
            if stopping():
                return
            if self._patience.pause:
                report.again = self._patience.pause
                return
            if self.seller.mode is Mode.OBSERVE:
                self._count(sku, report)
            elif not self._noted(sku, self._tell(sku), report):
                return
            self._asked.discard(sku)

    def _riskiest(self) -> list[Sku]:
        """Return whom to look at: lowest quantity first, then oldest change."""
        moved = {self._moved.popleft() for _ in range(len(self._moved))}
        for sku in moved:
            self._patience.reconsider(sku)
        waiting = self._patience.waiting()
        indexed = self._broadcasts.due(self.seller.tenant, self._channel, BATCH + len(waiting))
        # What a round did not come to is asked for until the index shows it.
        self._asked = (self._asked - set(indexed)) | moved
        due = [sku for sku in indexed if sku not in waiting][:BATCH]
        # Not in the index: what is only in doubt, and what an index that trails does not show yet.
        beside = sorted((self._asked | self._doubtful) - waiting - set(due))[:BATCH]
        return sorted(due + beside, key=self._risk) if beside else due

    def _risk(self, sku: Sku) -> tuple[int, Instant]:
        state = self._broadcasts.one(self.seller.tenant, sku)
        return (state.desired, state.changed_at) if state is not None else (0, Instant(""))

    def _count(self, sku: Sku, report: SellerRound) -> None:
        """Count what would be told, each quantity once, and send nothing."""
        decision = self._teller.glance(sku).decision
        self._patience.wait(sku, later(self._clock(), RECONSIDER))
        if isinstance(decision, Tell) and self._counted.get(sku) != decision.quantity:
            self._counted[sku] = decision.quantity
            report.would_tell += 1
            _log.info("dispatch.would_tell", tenant=self.seller.tenant, sku=sku, quantity=decision.quantity)

    def _tell(self, sku: Sku) -> Told:
        doubtful = sku in self._doubtful
        self._doubtful.add(sku)
        told = self._teller.tell(sku)
        if not doubtful and not isinstance(told, Unreached):
            self._doubtful.discard(sku)
        return told

    def _noted(self, sku: Sku, told: Told, report: SellerRound) -> bool:
        """Take note of what became of `sku`; answer whether the round goes on."""
        match told:
            case Accepted():
                self._doubtful.discard(sku)
                self._patience.answered(sku)
                report.accepted, report.again = report.accepted + 1, timedelta()
            case Rejected(unauthorised=True):
                report.rejected += 1
                self._patience.unauthorised()
            case Rejected():
                self._patience.answered(sku)
                report.rejected, report.again = report.rejected + 1, timedelta()
            case Unreached():
                report.unreached += 1
                self._patience.unreached(sku)
            case Later(pause=pause, throttled=throttled):
                report.throttled += throttled
                report.again = pause
                return False
            case Again():
                self._moved.append(sku)
                report.again = timedelta()
            case Wait(until=until):
                self._patience.wait(sku, until)
            case Rest(doubtful=doubtful):
                if doubtful:
                    self._patience.wait(sku, later(self._clock(), RECONSIDER))
                else:
                    self._doubtful.discard(sku)
            case _:
                assert_never(told)
        return True
