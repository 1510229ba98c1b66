"""Telling a channel about one SKU: look, check, write the attempt, call, record the outcome; or only asking it.

What stands after a crash between any two steps, and what the next holder does:

    look, check      nothing was written                      decides anew
    row (unknown)    the call may or may not have been made   tells the newest quantity under a new number
    call             the channel has it, the log not yet      the same: an absolute write, repeated
    event            the log has it, the row not yet          settles the row from the log, sends nothing
    row (outcome)    done

A look for its own sake, and what is merely noted, are told by the log alone: a crash before that does them again.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import assert_never

import structlog

from channels.attempts import Check
from channels.decisions import Rest, Settle, Tell, Wait
from channels.errors import ChannelError
from channels.explaining import Ask, Note
from channels.failures import NOT_MERCHANT_FULFILLED, Failures
from channels.findings import Findings
from channels.glances import Glance, Glances
from channels.ledger import Ledger
from channels.line import Line
from channels.looking import Looker
from channels.told import Accepted, Again, Later, Told, Would
from processor.clock import Clock, Instant, later, moment
from stock.identities import Sku

__all__ = ["MERCHANT_CHECK", "NOT_MERCHANT_FULFILLED", "OTHER_CHECK", "Teller"]

MERCHANT_CHECK = timedelta(days=1)
OTHER_CHECK = timedelta(minutes=15)
"""How long the answer to who fulfils a listing is good: the merchant, and anyone else."""

NOT_FOLDED = timedelta(seconds=5)
"""What was noted before, and the read model does not know yet, is looked at again after so long."""

_log = structlog.get_logger("channels.teller")


class Teller:
    """Tells one seller's listings, within his rates, while the seller is held. For one thread."""

    def __init__(  # noqa: PLR0913 - what telling takes
        self,
        line: Line,
        glances: Glances,
        ledger: Ledger,
        *,
        findings: Findings,
        looker: Looker,
        may_zero: Callable[[Sku, Instant], bool],
        clock: Clock,
    ) -> None:
        """`may_zero` is asked before a listing is told zero, with the moment at which its stock came to that."""
        self._line, self._glances, self._ledger = line, glances, ledger
        self._findings, self._looker, self._clock = findings, looker, clock
        self._may_zero = may_zero
        self._failures = Failures(ledger, line)

    def tell(self, sku: Sku, *, sends: bool = True) -> Told:
        """Tell the channel the newest quantity of `sku`, if it is to be told, or ask it what it shows.

        Unless it `sends`, what would be told is only answered.

        Raises LeaseLost, having stopped. Raises Retryable where the store failed: the attempt's outcome may be
        unknown then.
        """
        glance = self._glances.of(sku)
        match glance.decision:
            case Rest() | Wait() as early:
                return early
            case Settle(outcome=outcome):
                self._ledger.settle(glance.entry, outcome)
                return Again()
            case Note() as note:
                fresh = self._findings.note(sku, note)
                return Again() if fresh else Wait(later(self._clock(), NOT_FOLDED))
            case Ask(listing=listing):
                return self._looker.look(glance, listing, sends=sends)
            case Tell() as tell:
                return self._checked(glance, tell) if sends else Would(tell.quantity)
            case _:
                assert_never(glance.decision)

    def _checked(self, glance: Glance, tell: Tell) -> Told:
        check = self._known(glance.entry.delivery.check, tell.listing)
        return self._look(glance, tell) if check is None else self._tell(glance, tell, check)

    def _known(self, check: Check | None, listing: str) -> Check | None:
        """Return what is known of who fulfils the listing, unless it is too old to go by."""
        if check is None or check.listing != listing:
            return None
        age = moment(self._clock()) - moment(check.at)
        return check if age < (MERCHANT_CHECK if check.merchant else OTHER_CHECK) else None

    def _look(self, glance: Glance, tell: Tell) -> Told:
        """Ask who fulfils the listing. That takes time, so what is told then is what is true then."""
        pause = self._line.pause("set_quantity", "listing")
        if pause:
            return Later(pause)
        asked_at = self._clock()
        try:
            offer = self._line.look(tell.listing)
        except ChannelError as error:
            return self._failures.unseen(error, glance.sku, glance.entry, tell)
        check = Check(tell.listing, offer.merchant, self._clock())
        if self._looker.shows_it(glance, tell, offer, asked_at):
            return Again()
        glance = self._glances.of(glance.sku)
        match glance.decision:
            case Tell(listing=listing) as newest if listing == check.listing:
                return self._tell(glance, newest, check)
            case Rest() | Wait() as early:
                return early
            case Tell() | Settle() | Ask() | Note():
                return Again()

    def _tell(self, glance: Glance, tell: Tell, check: Check) -> Told:
        if not check.merchant:
            return self._failures.refuse(glance.sku, glance.entry, tell, check)
        pause = self._line.pause("set_quantity")
        if pause:
            return Later(pause)
        if not tell.quantity and not self._may_zero(glance.sku, _changed_at(glance)):
            return Would(tell.quantity)
        self._line.ensure()
        begun = self._ledger.begin(glance.sku, glance.entry, tell, check)
        try:
            submitted = self._line.set_quantity(tell)
        except ChannelError as error:
            return self._failures.failed(error, begun)
        self._ledger.accepted(begun, submitted.submission)
        _log.info("dispatch.accepted", **self._ledger.names(begun), submission=submitted.submission)
        return Accepted(tell.quantity)


def _changed_at(glance: Glance) -> Instant:
    return glance.state.changed_at if glance.state is not None else Instant("")
