"""Looking at what a shop has: what sales, refunds and our changes do not explain is noted, and asked about in time."""

import structlog

from channels.decisions import Rest
from channels.deltas.calls import Calls
from channels.deltas.journal import Journal
from channels.deltas.sender import unseen
from channels.errors import ChannelError
from channels.told import Again, Told
from processor.clock import Clock, Instant, later
from projections.broadcasts.delta_queries import Account
from projections.broadcasts.deltas import SETTLING
from stock.identities import Sku

_log = structlog.get_logger("channels.deltas")


class Watcher:
    """Looks at one shop's levels while the shop is held. For one thread."""

    def __init__(self, tenant: str, calls: Calls, journal: Journal, clock: Clock) -> None:
        self._tenant, self._calls, self._journal, self._clock = tenant, calls, journal, clock

    def look(self, sku: Sku, account: Account, item: str) -> Told:
        """Ask what the shop has, and write down what that tells. `account` is as it was before."""
        asked_at = self._clock()
        try:
            available = self._calls.available(item)
        except ChannelError as error:
            return unseen(error)
        if available is None:
            _log.warning("deltas.not_stocked", tenant=self._tenant, sku=sku, item=item)
            return Rest(doubtful=True)
        return self.saw(sku, account, item, available, asked_at)

    def saw(self, sku: Sku, account: Account, item: str, available: int, at: Instant) -> Told:
        """Write down that the shop had `available` at `at`; a difference that lasted is asked about."""
        if _lasts(account, available, at):
            self._journal.unexplained(sku, account, available)
            _log.warning("deltas.unexplained", tenant=self._tenant, sku=sku, difference=account.deltas.gap)
        else:
            self._journal.compared(sku, account, item, available, at)
        return Again()


def news(account: Account, available: int) -> bool:
    """Whether a look tells what was not known."""
    expected = account.deltas.expected
    return expected is None or available != expected + account.deltas.gap


def _lasts(account: Account, available: int, at: Instant) -> bool:
    """Whether the shop differs by as much as it did, for long, and nobody was asked about it."""
    deltas = account.deltas
    if deltas.expected is None or not deltas.firm or deltas.doubts or deltas.gap == deltas.asked:
        return False
    return available == deltas.expected + deltas.gap and at >= later(deltas.gap_at, SETTLING)
