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
from channels.desk import SellerRound
from channels.errors import LeaseLost
from channels.modes import Mode
from channels.passes import Passes
from channels.picking import Picker
from channels.requests import RequestBook
from channels.tenure import Tenure
from channels.told import Accepted, Again, Later, Rejected, Told, Unreached, Would
from processor.clock import Clock
from processor.engine import Engine
from projections.broadcasts.balancing import SHOP
from projections.broadcasts.delta_queries import DeltaQueries
from projections.broadcasts.queries import BroadcastQueries
from stock.identities import Sku

AT_ONCE = timedelta()

_log = structlog.get_logger("channels.deltas")


class DeltaDesk:
    """Tends one shop. Rounds exclude each other; `moved` may be called from any thread."""

    def __init__(
        self,
        engine: Engine,
        shop: Shop,
        holder: str,
        *,
        clock: Clock,
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
        if self.seller.mode is Mode.OFF:
            return report
        with self._rounds:
            try:
                report.held = self._hold()
                if report.held:
                    self._serve(report, stopping)
            except LeaseLost as lost:
                report.held, report.lost = False, True
                _log.warning("deltas.lease_lost", tenant=self.seller.tenant, fence=lost.fence)
        return report

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
        _log.info("deltas.holds", tenant=shop.tenant, shop=shop.domain, mode=shop.mode, fence=self._tenure.fence)
        return True

    def _serve(self, report: SellerRound, stopping: Callable[[], bool]) -> None:
        for sku in self._picker.riskiest():
            if stopping():
                return
            if self._picker.patience.pause:
                report.again = self._picker.patience.pause
                return
            told = self._settle(sku)
            self._picker.noted(sku, told)
            if not self._counted(sku, told, report):
                return
        if not stopping() and not self._picker.patience.pause:
            report.walks = self._walker.step()

    @property
    def _sends(self) -> bool:
        return self.seller.mode is Mode.LIVE

    def _settle(self, sku: Sku) -> Told:
        account = self._accounts.account(self.seller.tenant, sku)
        decision = decide(account, self._clock(), sends=self._sends, unexplained=self.seller.unexplained)
        if isinstance(decision, Rest | Wait) or account is None:
            return decision if isinstance(decision, Rest | Wait) else Rest()
        match decision:
            case Resume(intent=opened):
                return self._sender.resume(sku, opened)
            case Begin(delta=delta):
                return self._sender.begin(sku, account, decision) if self._sends else Would(delta)
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

    def _counted(self, sku: Sku, told: Told, report: SellerRound) -> bool:
        """Count what became of `sku`; answer whether the round goes on."""
        match told:
            case Accepted():
                report.accepted, report.again = report.accepted + 1, AT_ONCE
            case Rejected(unauthorised=unauthorised):
                report.rejected += 1
                report.again = report.again if unauthorised else AT_ONCE
            case Unreached():
                report.unreached += 1
            case Later(pause=pause, throttled=throttled):
                report.throttled += throttled
                report.again = pause
                return False
            case Would(quantity=delta):
                self._would_tell(sku, delta, report)
            case Again():
                report.again = AT_ONCE
            case Wait() | Rest():
                pass
            case _:
                assert_never(told)
        return True

    def _would_tell(self, sku: Sku, delta: int, report: SellerRound) -> None:
        """Count each delta once."""
        if self._told.get(sku) != delta:
            self._told[sku] = delta
            report.would_tell += 1
            _log.info("deltas.would_tell", tenant=self.seller.tenant, sku=sku, delta=delta)
