"""One seller's desk: hold the seller, pick who is to be told, riskiest first, and tell them one by one."""

from collections.abc import Callable
from datetime import timedelta
from threading import Lock

import structlog

from channels.attempts import Attempts
from channels.bulk.building import Zeroing, carrier
from channels.errors import LeaseLost
from channels.evidence import Evidences, OrdersRead
from channels.failures import Failures
from channels.findings import SOURCE, Findings
from channels.glances import Glances
from channels.ledger import Ledger
from channels.limits import Monotonic
from channels.line import Line
from channels.looking import Looker
from channels.modes import Gate, Mode
from channels.orders_place import Places
from channels.orders_poll import OrdersPoll
from channels.passes import Passes
from channels.picking import BATCH, Picker
from channels.requests import RequestBook
from channels.rounds import SellerRound
from channels.sellers import Seller
from channels.switchboard import Switchboard, Watched
from channels.teller import Teller
from channels.tenure import Tenure
from channels.told import Accepted, Told, Unreached, Would
from channels.walking import Walker
from channels.zeroing import ZeroingGuard
from ingest.amazon.telling import AmazonOrders
from processor.clock import Clock, Instant
from processor.engine import Engine
from projections.broadcasts.queries import BroadcastQueries
from stock.events import ChannelPaused
from stock.identities import Channel, Sku

__all__ = ["BATCH", "Desk", "SellerRound"]

_log = structlog.get_logger("channels.desk")


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
        tenant, registers, recorder = seller.tenant, engine.store.registers, engine.recorder
        broadcasts = BroadcastQueries(engine.store.models, lambda: engine.live("broadcasts"))
        attempts = Attempts(registers, channel)
        # Rates are the seller's own, whichever tenant speaks for him.
        self._tenure = Tenure(engine.leases, f"dispatch/{channel}/{seller.seller_id}", holder, clock)
        self._line = Line(seller, self._tenure, monotonic)
        self._picker = Picker(tenant, channel, broadcasts, attempts, clock)
        ledger = Ledger(tenant, channel, attempts, recorder, tenure=self._tenure, clock=clock)
        orders_read = OrdersRead(registers, channel)
        evidences = Evidences(engine.store.log, orders_read, channel)
        glances = Glances(
            tenant, channel, broadcasts, ledger, evidences=evidences, under_way=self._carries, clock=clock
        )
        findings = Findings(tenant, channel, recorder, clock)
        looker = Looker(channel, self._line, findings, Failures(ledger, self._line), clock)
        self._teller = Teller(
            self._line, glances, ledger, findings=findings, looker=looker, may_zero=self._may_zero, clock=clock
        )
        self._walker = Walker(
            seller,
            channel,
            broadcasts,
            passes=Passes(registers, channel, clock),
            requests=RequestBook(registers, channel),
            glances=glances,
            line=self._line,
            looker=looker,
            clock=clock,
            monotonic=monotonic,
        )
        self._poll = None
        if seller.orders is not None:
            self._poll = OrdersPoll(
                tenant,
                seller.orders,
                AmazonOrders(recorder, engine.store.log),
                places=Places(registers, channel),
                progress=orders_read,
                tenure=self._tenure,
                clock=clock,
            )
        self._guard = ZeroingGuard(tenant, channel, broadcasts, seller.zeroing, clock=clock)
        self._switchboard = Switchboard(engine.store.log, recorder, clock)
        self._carrier = (
            None
            if seller.feeds is None
            else carrier(
                seller,
                channel,
                broadcasts,
                seller.feeds,
                registers,
                wire=self._line,
                tenure=self._tenure,
                picker=self._picker,
                glances=glances,
                ledger=ledger,
                guard=Zeroing(self._may_zero, self._guard.became_zero),
                clock=clock,
                monotonic=monotonic,
            )
        )
        self._gate = Gate(Watched(engine.store.log, tenant, channel), seller.mode, monotonic)
        self._mode = seller.mode
        self._told: dict[Sku, int] = {}
        self._ready = False
        self._rounds = Lock()

    def moved(self, sku: Sku) -> None:
        """Look at `sku` in the next round, whatever it waits for."""
        self._picker.moved(sku)

    def leave(self) -> None:
        """Let another process take over at once."""
        with self._rounds:
            self._tenure.leave()

    def round(self, stopping: Callable[[], bool] = lambda: False) -> SellerRound:
        """Tell those that are due, riskiest first, until the rates or BATCH end it.

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
                    self._carry(report, stopping)
                    if self._poll is not None and not stopping():
                        self._poll.step()
            except LeaseLost as lost:
                report.held, report.lost = False, True
                _log.warning("dispatch.lease_lost", tenant=self.seller.tenant, fence=lost.fence)
        return report

    def _look(self) -> Mode:
        """Return what the channel may do now. Where that has changed, nothing waits for what was decided before."""
        mode = self._gate.mode
        if mode is not self._mode:
            _log.info("dispatch.mode", tenant=self.seller.tenant, channel=self._channel, mode=mode)
            self._mode = mode
            self._told = {}
            self._picker.patience.reconsider_all()
        return mode

    def _hold(self) -> bool:
        """Hold the seller, taking him over where he is free; answer whether he is held."""
        had = self._tenure.held
        if not self._tenure.take():
            return False
        if self._ready and (had or self._tenure.resumed):
            self._picker.rescan()
            return True
        self._ready = False
        self._told = {}
        self._line.begin_tenure()
        self._walker.forget()
        if self._poll is not None:
            self._poll.forget()
        self._guard.forget()
        if self._carrier is not None:
            self._carrier.begin()
        doubtful = self._picker.begin()
        self._ready = True
        _log.info(
            "dispatch.holds",
            tenant=self.seller.tenant,
            channel=self._channel,
            mode=self._mode,
            fence=self._tenure.fence,
            doubtful=doubtful,
        )
        return True

    def _may_zero(self, sku: Sku, changed_at: Instant) -> bool:
        """Whether `sku` may become zero; the channel is paused where that would be too many."""
        return self._passes(self._guard.let(self._gate.switch, sku, changed_at))

    def _passes(self, pause: ChannelPaused | None) -> bool:
        """Pause the channel where that is called for; answer whether it is not."""
        if pause is None:
            return True
        self._switchboard.pause(self.seller.tenant, self._channel, pause, source=SOURCE)
        _log.error(
            "dispatch.paused",
            tenant=self.seller.tenant,
            channel=self._channel,
            zeroed=pause.zeroed,
            listings=pause.listings,
        )
        self._gate.look()
        return False

    def _serve(self, report: SellerRound, stopping: Callable[[], bool]) -> None:
        if self._sends:
            self._passes(self._guard.check(self._gate.switch))
        for sku in self._picker.riskiest(self._line.tokens("listing")):
            if stopping():
                return
            if self._picker.patience.pause:
                report.again = self._picker.patience.pause
                return
            told = self._tell(sku)
            self._picker.noted(sku, told)
            if isinstance(told, Would):
                self._would_tell(sku, told.quantity, report)
            elif isinstance(told, Accepted) and not told.quantity:
                self._guard.became_zero(sku)
            if not report.note(told):
                return

        if not stopping() and not self._picker.patience.pause:
            walks = self._walker.step(sends=self._sends, noted=self._picker.noted)
            report.walks = walks or self._picker.waits_for_looks
            report.again = timedelta() if self._picker.has_moved else report.again

    def _carry(self, report: SellerRound, stopping: Callable[[], bool]) -> None:
        """Go on with the feed that is under way, or begin one where many are due."""
        if self._carrier is None or stopping() or self._picker.patience.pause:
            return
        self._carrier.step(report, sends=self._sends, stopping=stopping)
        report.carries = self._carrier.under_way
        report.again = timedelta() if self._carrier.eager else report.again

    def _carries(self, number: int) -> bool:
        return self._carrier is not None and self._carrier.carries(number)

    @property
    def _sends(self) -> bool:
        return self._look() is Mode.LIVE

    def _tell(self, sku: Sku) -> Told:
        doubtful = self._picker.doubt(sku)
        told = self._teller.tell(sku, sends=self._sends)
        if not doubtful and not isinstance(told, Unreached):
            self._picker.certain(sku)
        return told

    def _would_tell(self, sku: Sku, quantity: int, report: SellerRound) -> None:
        """Count each quantity once."""
        if self._told.get(sku) != quantity:
            self._told[sku] = quantity
            report.would_tell += 1
            _log.info("dispatch.would_tell", tenant=self.seller.tenant, sku=sku, quantity=quantity)
