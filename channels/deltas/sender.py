"""Sending one change to a shop: look, write the intent, call, write the outcome.

What stands after a crash between any two steps, and what the next holder does:

    look             nothing was written                       decides anew
    intent           the call may or may not have been made    repeats it exactly: key, delta and quantity
    call             the shop has it, the log not yet          the same: by its key a shop knows what it did
    outcome          done

A shop that answers "another quantity" to the first try of an intent made nothing, and another intent is made. To a
retry it tells nothing: then the change is in doubt, and never sent again.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import assert_never

import structlog

from channels.deltas.calls import Calls
from channels.deltas.decisions import KEY_TRUSTED, Begin
from channels.deltas.journal import Ended, Journal
from channels.errors import ChannelError, Refused, Throttled, Unauthorised, Unreachable
from channels.shopify.intents import MAX_DELTA, Applied, Intent, Mismatched
from channels.told import Accepted, Again, Later, Rejected, Told, Unreached
from processor.clock import Clock, later
from projections.broadcasts.delta_queries import Account
from projections.broadcasts.deltas import Open
from stock.events import STALE, DeltaApplied, DeltaInDoubt, DeltaIntended, DeltaRefused
from stock.identities import Sku

NOT_STOCKED, OUT_OF_BOUNDS = "ITEM_NOT_STOCKED_AT_LOCATION", "LEVEL_OUT_OF_BOUNDS"
NOT_MADE = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
"""Shopify's: what was asked under this key was not made."""

KEY_FORGOTTEN = "KEY_FORGOTTEN"
"""Our own: nobody could be asked for so long that the shop may have forgotten the key."""

A_MOMENT = timedelta(seconds=1)
"""The pause where the shop asks for one and does not say for how long."""

REFERENCE = "syncstate://deltas/{}"

_log = structlog.get_logger("channels.deltas")


class Sender:
    """Sends one shop's changes while the shop is held. For one thread."""

    def __init__(
        self, tenant: str, calls: Calls, journal: Journal, *, clock: Clock, new_key: Callable[[], str]
    ) -> None:
        self._tenant, self._calls, self._journal = tenant, calls, journal
        self._clock, self._new_key = clock, new_key
        self.begin_tenure()

    def begin_tenure(self) -> None:
        """Know of no intent whether it was tried before."""
        self._untried: set[str] = set()

    def begin(self, sku: Sku, account: Account, begin: Begin) -> Told:
        """Give the shop what it is owed, or as much as one change may. Raises Retryable, and LeaseLost."""
        try:
            location, found = self._calls.location, self._calls.available(begin.item)
        except ChannelError as error:
            return unseen(error)
        delta = max(-MAX_DELTA, min(MAX_DELTA, begin.delta))
        if found is None or abs(found) > MAX_DELTA:
            fresh = self._journal.unstocked(sku, account, begin, NOT_STOCKED if found is None else OUT_OF_BOUNDS)
            return Rejected() if fresh else Again()
        intended = DeltaIntended(
            begin.number, delta, found, self._new_key(), begin.item, location, begin.cause_version, begin.since
        )
        self._calls.ensure()
        opened = self._journal.intend(sku, account, begin, intended)
        if opened is None:
            return Again()
        self._untried.add(opened.key)
        return self._send(sku, opened)

    def resume(self, sku: Sku, opened: Open) -> Told:
        """Repeat an intent exactly, or only learn what became of it."""
        if self._journal.has_ended(sku, opened.number):
            return Again()
        if opened.key not in self._untried and self._clock() >= later(opened.at, KEY_TRUSTED):
            return self._ended(sku, opened, DeltaInDoubt(opened.number, opened.delta, KEY_FORGOTTEN), Rejected())
        return self._send(sku, opened)

    def _send(self, sku: Sku, opened: Open) -> Told:
        """Send an intent. Until its answer is here, it counts as tried."""
        untried = opened.key in self._untried
        intent = Intent(
            opened.key,
            opened.item,
            opened.location,
            opened.delta,
            opened.change_from,
            REFERENCE.format(opened.key),
        )
        self._calls.ensure()
        self._untried.discard(opened.key)
        try:
            outcome = self._calls.adjust(intent)
        except ChannelError as error:
            return self._failed(sku, opened, error, untried=untried)
        match outcome:
            case Applied(quantity_after=after, group=group):
                made = DeltaApplied(opened.number, after, retried=not untried)
                return self._ended(sku, opened, made, Accepted(opened.delta), group)
            case Mismatched():
                ended = self._no(opened, STALE, retry=True, untried=untried)
                return self._ended(sku, opened, ended, Again() if untried else Rejected())
            case _:
                assert_never(outcome)

    def _failed(self, sku: Sku, opened: Open, error: ChannelError, *, untried: bool) -> Told:
        """Settle what the shop answered instead of yes. What cannot have been run may be sent again as it is."""
        _log.warning("deltas.failed", tenant=self._tenant, sku=sku, number=opened.number, reason=str(error))
        match error:
            case Throttled() | Unreachable(sent=False):
                self._untried.update([opened.key] if untried else [])
            case Unauthorised(code=code) | Refused(code=code) if untried:
                ended = DeltaRefused(opened.number, code, retry=not isinstance(error, Refused) or error.retry)
                return self._ended(sku, opened, ended, Rejected(unauthorised=isinstance(error, Unauthorised)))
            case Refused(code=code) if code == NOT_MADE:
                return self._ended(sku, opened, DeltaRefused(opened.number, code), Rejected())
            case Refused(retry=True, code=code) if not code.isdecimal():
                return Unreached(str(error))
            case Refused(retry=False, code=code) if not code.isdecimal():
                return self._ended(sku, opened, self._no(opened, code, retry=False, untried=False), Rejected())
            case _:
                pass  # open still: the outcome of this try, or of one before, is not known
        return unseen(error)

    @staticmethod
    def _no(opened: Open, code: str, *, retry: bool, untried: bool) -> DeltaRefused | DeltaInDoubt:
        """Return what a no means: that nothing was made; after a try without an answer, that nobody knows."""
        if untried:
            return DeltaRefused(opened.number, code, retry)
        return DeltaInDoubt(opened.number, opened.delta, code)

    def _ended(self, sku: Sku, opened: Open, ended: Ended, told: Told, group: str | None = None) -> Told:
        self._journal.ended(sku, ended, group)
        _log.info(
            "deltas.ended", tenant=self._tenant, sku=sku, number=opened.number, delta=opened.delta,
            outcome=type(ended).__name__,
        )  # fmt: skip
        return told


def unseen(error: ChannelError) -> Told:
    """Tell what became of a call that brought no answer, and that the log need not tell of."""
    match error:
        case Throttled(retry_after=pause):
            return Later(pause or A_MOMENT, throttled=True)
        case Unauthorised() | Refused():
            _log.error("deltas.shut_out", reason=str(error))
            return Rejected(unauthorised=True)
        case _:
            return Unreached(str(error))
