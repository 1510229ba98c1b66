"""Telling a channel about one SKU: look, check, write the attempt, call, record the outcome.

What stands after a crash between any two steps, and what the next holder does:

    look, check      nothing was written                      decides anew
    row (unknown)    the call may or may not have been made   tells the newest quantity under a new number
    call             the channel has it, the log not yet      the same: an absolute write, repeated
    event            the log has it, the row not yet          settles the row from the log, sends nothing
    row (outcome)    done
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import msgspec
import structlog

from channels.allowance import Allowance, Operation
from channels.attempts import Check, Entry
from channels.decisions import Decision, Rest, Settle, Tell, Wait, decide
from channels.errors import ChannelError, Refused, Throttled, Unauthorised, Unreachable
from channels.ledger import Begun, Ledger
from channels.limits import Monotonic
from channels.offers import Offer, Submitted
from channels.sellers import Seller
from channels.tenure import Tenure
from channels.told import Accepted, Again, Later, Rejected, Told, Unreached
from processor.clock import Clock, moment
from projections.broadcasts.queries import BroadcastQueries
from stock.identities import Channel, Sku

NOT_MERCHANT_FULFILLED = "NOT_MERCHANT_FULFILLED"
"""Our own refusal: the merchant is not known to ship the listing. Telling it a quantity could corrupt the offer."""

MERCHANT_CHECK = timedelta(days=1)
OTHER_CHECK = timedelta(minutes=15)
"""How long the answer to who fulfils a listing is good: the merchant, and anyone else."""

Answer = TypeVar("Answer", Submitted, Offer)

_log = structlog.get_logger("channels.teller")


class Glance(msgspec.Struct, frozen=True):
    """One SKU as it is now, read strongly: its delivery row, and what to do."""

    sku: Sku
    entry: Entry
    decision: Decision


class Teller:
    """Tells one seller's listings, within his rates, while the seller is held. For one thread."""

    def __init__(  # noqa: PLR0913 - what telling takes
        self,
        seller: Seller,
        channel: Channel,
        broadcasts: BroadcastQueries,
        ledger: Ledger,
        tenure: Tenure,
        *,
        clock: Clock,
        monotonic: Monotonic,
    ) -> None:
        self._seller, self._channel, self._broadcasts = seller, channel, broadcasts
        self._ledger, self._tenure = ledger, tenure
        self._clock, self._monotonic = clock, monotonic
        self.begin_tenure()

    def begin_tenure(self) -> None:
        """Start from empty buckets."""
        self._allowance = Allowance(self._seller.rates, self._monotonic)

    def glance(self, sku: Sku) -> Glance:
        """Read the SKU and its delivery row, strongly, and decide."""
        entry = self._ledger.entry(sku)
        state = self._broadcasts.one(self._seller.tenant, sku)
        return Glance(sku, entry, decide(state, self._channel, entry.delivery, self._clock()))

    def tell(self, sku: Sku) -> Told:
        """Tell the channel the newest quantity of `sku`, if it is to be told.

        Raises LeaseLost, having stopped. Raises Retryable where the store failed: the attempt's outcome may be
        unknown then.
        """
        glance = self.glance(sku)
        match glance.decision:
            case Rest() | Wait() as early:
                return early
            case Settle(outcome=outcome):
                self._ledger.settle(glance.entry, outcome)
                return Again()
            case Tell() as tell:
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
        pause = self._allowance.pause("set_quantity", "listing")
        if pause:
            return Later(pause)
        try:
            offer = self._ask("listing", lambda: self._seller.client.listing(tell.listing))
        except ChannelError as error:
            return self._unseen(error, glance, tell)
        check = Check(tell.listing, offer.merchant, self._clock())
        glance = self.glance(glance.sku)
        match glance.decision:
            case Tell(listing=listing) as newest if listing == check.listing:
                return self._tell(glance, newest, check)
            case Rest() | Wait() as early:
                return early
            case Tell() | Settle():
                return Again()

    def _tell(self, glance: Glance, tell: Tell, check: Check) -> Told:
        if not check.merchant:
            begun = self._ledger.begin(glance.sku, glance.entry, tell, check)
            self._ledger.rejected(begun, NOT_MERCHANT_FULFILLED, retry=False)
            return Rejected()
        pause = self._allowance.pause("set_quantity")
        if pause:
            return Later(pause)
        self._tenure.ensure()
        begun = self._ledger.begin(glance.sku, glance.entry, tell, check)
        client = self._seller.client
        try:
            submitted = self._ask(
                "set_quantity", lambda: client.set_quantity(tell.listing, tell.quantity, tell.product_type)
            )
        except ChannelError as error:
            return self._failed(error, begun)
        self._ledger.accepted(begun, submitted.submission)
        _log.info("dispatch.accepted", **self._names(begun), submission=submitted.submission)
        return Accepted()

    def _ask(self, operation: Operation, call: Callable[[], Answer]) -> Answer:
        """Make a call that the tenure outlasts, and account for it."""
        self._tenure.ensure()
        self._allowance.spend(operation)
        try:
            answer = call()
        except ChannelError as error:
            self._allowance.heard(operation, error)
            raise
        self._allowance.heard(operation, answer)
        return answer

    def _unseen(self, error: ChannelError, glance: Glance, tell: Tell) -> Told:
        """Settle a look that brought no answer. A refusal of it is one of the quantity: it cannot be told."""
        match error:
            case Refused() | Unauthorised():
                return self._failed(
                    error, self._ledger.begin(glance.sku, glance.entry, tell, glance.entry.delivery.check)
                )
            case Throttled():
                return Later(self._allowance.pause("listing"), throttled=True)
            case _:
                return Unreached(str(error))

    def _failed(self, error: ChannelError, begun: Begun) -> Told:
        """Settle what the channel answered instead of yes."""
        _log.warning("dispatch.failed", **self._names(begun), reason=str(error))
        match error:
            case Refused(code=code, retry=retry):
                self._ledger.rejected(begun, code, retry=retry)
                return Rejected()
            case Unauthorised(code=code):
                self._ledger.rejected(begun, code, retry=True)
                return Rejected(unauthorised=True)
            case Throttled():
                self._ledger.untaken(begun)
                return Later(self._allowance.pause("set_quantity"), throttled=True)
            case Unreachable(sent=False):
                self._ledger.untaken(begun)
                return Unreached(str(error))
            case _:
                return Unreached(str(error))

    def _names(self, begun: Begun) -> dict[str, object]:
        tell = begun.tell
        return {
            "tenant": self._seller.tenant,
            "channel": self._channel,
            "sku": begun.sku,
            "quantity": tell.quantity,
            "attempt": tell.attempt,
        }
