"""One shop's desk: hold the shop, pick who is owed something, scarcest first, and settle them one by one."""

from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import assert_never
from uuid import uuid4

import structlog

from channels.attempts import Attempts
from channels.decisions import Rest, Wait
from channels.deltas.calls import Calls
from channels.deltas.decisions import Adopt, Answer, Begin, Look, Resume, decide
from channels.deltas.journal import Journal
from channels.deltas.sender import Sender
from channels.deltas.shops import Shop
from channels.deltas.walking import Walker
from channels.deltas.watching import Watcher
from channels.errors import LeaseLost
from channels.limits import Monotonic
from channels.modes import Gate, Mode
from channels.passes import Passes
from channels.picking import BATCH, Picker
from channels.requests import RequestBook
from channels.rounds import SellerRound
from channels.switchboard import Watched
from channels.tenure import Tenure
from channels.told import Again, Told, Would
from processor.clock import Clock
from processor.engine import Engine
from projections.broadcasts.balancing import SHOP
from projections.broadcasts.delta_queries import DeltaQueries
from projections.broadcasts.queries import BroadcastQueries
from stock.identities import Sku

_log = structlog.get_logger("channels.deltas")


class DeltaDesk:
    """Tends one shop. Rounds exclude each other; `moved` may be called from any thread."""

    def __init__(  # noqa: PLR0913 - a shop, the engine and the time
        self,
        engine: Engine,
        shop: Shop,
        holder: str,
        *,
        clock: Clock,
        monotonic: Monotonic,
        new_key: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        """`new_key` makes idempotency keys, each for ever unlike all others."""
        self.seller, self._clock = shop, clock
        tenant, registers, models = shop.tenant, engine.store.registers, engine.store.models
        self._tenure = Tenure(engine.leases, f"dispatch/{SHOP}/{shop.domain}", holder, clock)
        self._calls = Calls(shop, self._tenure)
        self._accounts = DeltaQueries(models, lambda: engine.live("broadcasts"))
        broadcasts = BroadcastQueries(models, lambda: engine.live("broadcasts"))
        self._picker = Picker(tenant, SHOP, broadcasts, Attempts(registers, SHOP), clock)
        self._journal = Journal(tenant, engine, clock)
        self._sender = Sender(tenant, self._calls, self._journal, clock=clock, new_key=new_key)
        self._watcher = Watcher(tenant, self._calls, self._journal, clock)
        self._walker = Walker(
            shop,
            broadcasts,
            self._accounts,
            passes=Passes(registers, SHOP, clock),
            requests=RequestBook(registers, SHOP),
            calls=self._calls,
            watcher=self._watcher,
            clock=clock,
        )
        self._gate = Gate(Watched(engine.store.log, tenant, SHOP), shop.mode, monotonic)
        self._mode = shop.mode
        self._told: dict[Sku, int] = {}
        self._rounds = Lock()

    def moved(self, sku: Sku) -> None:
        """Look at `sku` in the next round, whatever it waits for."""
        self._picker.moved(sku)

    def leave(self) -> None:
        """Let another process take over at once."""
        with self._rounds:
            self._tenure.leave()

    def round(self, stopping: Callable[[], bool] = lambda: False) -> SellerRound:
        """Settle those that are due, until the shop's points or a batch end it.

        Raises Retryable where the store failed; another round is right then.
        """
        report = SellerRound(self.seller.tenant)
        with self._rounds:
            try:
                if self._look() is Mode.OFF:
                    report.off = True
                    self._tenure.leave()
                    return report
                report.held = self._hold()
                if report.held:
                    self._serve(report, stopping)
            except LeaseLost as lost:
                report.held, report.lost = False, True
                _log.warning("deltas.lease_lost", tenant=self.seller.tenant, fence=lost.fence)
        return report

    def _look(self) -> Mode:
        """Return what the channel may do now. Where that has changed, nothing waits for what was decided before."""
        mode = self._gate.mode
        if mode is not self._mode:
            _log.info("deltas.mode", tenant=self.seller.tenant, mode=mode)
            self._mode = mode
            self._told = {}
            self._picker.patience.reconsider_all()
        return mode

    def _hold(self) -> bool:
        """Hold the shop, taking it over where it is free; answer whether it is held."""
        had = self._tenure.held
        if not self._tenure.take():
            return False
        if had or self._tenure.resumed:
            return True
        self._told = {}
        self._sender.begin_tenure()
        self._picker.forget()
        shop = self.seller
        _log.info("deltas.holds", tenant=shop.tenant, shop=shop.domain, mode=self._mode, fence=self._tenure.fence)
        return True

    def _serve(self, report: SellerRound, stopping: Callable[[], bool]) -> None:
        for sku in self._picker.riskiest(BATCH):
            if stopping():
                return
            if self._picker.patience.pause:
                report.again = self._picker.patience.pause
                return
            told = self._settle(sku)
            self._picker.noted(sku, told)
            if isinstance(told, Would):
                self._would_tell(sku, told.quantity, report)
            if not report.note(told):
                return
        if not stopping() and not self._picker.patience.pause:
            report.walks = self._walker.step()
            report.again = timedelta() if self._picker.has_moved else report.again

    @property
    def _sends(self) -> bool:
        return self._look() is Mode.LIVE

    def _settle(self, sku: Sku) -> Told:
        account = self._accounts.account(self.seller.tenant, sku)
        sends = self._sends
        decision = decide(account, self._clock(), sends=sends, unexplained=self.seller.unexplained)
        if isinstance(decision, Rest | Wait) or account is None:
            return decision if isinstance(decision, Rest | Wait) else Rest()
        match decision:
            case Resume(intent=opened):
                return self._sender.resume(sku, opened)
            case Begin(delta=delta):
                return self._sender.begin(sku, account, decision) if sends else Would(delta)
            case Look(item=item):
                return self._watcher.look(sku, account, item)
            case Answer(question=question, adopted=adopted):
                self._journal.answered(sku, account, question, adopted=adopted)
                return Again()
            case Adopt(question=question):
                self._journal.adopt(sku, question)
                return Again()
            case _:
                assert_never(decision)

    def _would_tell(self, sku: Sku, delta: int, report: SellerRound) -> None:
        """Count each delta once."""
        if self._told.get(sku) != delta:
            self._told[sku] = delta
            report.would_tell += 1
            _log.info("deltas.would_tell", tenant=self.seller.tenant, sku=sku, delta=delta)
