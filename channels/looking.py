"""Looking at a listing for its own sake: what it shows is told by the log, and nothing else changes."""

import structlog

from channels.attempts import Check
from channels.decisions import Rest, Tell, Wait
from channels.errors import ChannelError, Refused, Throttled, Unauthorised
from channels.failures import Failures
from channels.findings import Findings
from channels.glances import Glance
from channels.line import Line
from channels.offers import Offer
from channels.told import Again, Rejected, Told, Unreached
from processor.clock import Clock, Instant, later
from stock.identities import Channel

_log = structlog.get_logger("channels.looking")


class Looker:
    """Looks at one seller's listings, within his rates, while the seller is held. For one thread."""

    def __init__(self, channel: Channel, line: Line, findings: Findings, failures: Failures, clock: Clock) -> None:
        self._channel, self._line, self._findings = channel, line, findings
        self._failures, self._clock = failures, clock

    def look(self, glance: Glance, listing: str, *, sends: bool) -> Told:
        """Ask what `listing` shows, and let the log tell it where that is news.

        A listing that cannot be looked at cannot be told either: where quantities are sent, that is a refusal.
        """
        pause = self._line.pause("listing")
        if pause:
            return Wait(later(self._clock(), pause))
        asked_at = self._clock()
        try:
            offer = self._line.look(listing)
        except ChannelError as error:
            return self._unseen(error, glance, listing, sends=sends)
        if offer.quantity is None or not offer.merchant:
            return self._not_the_merchants(glance, listing, sends=sends)
        news = self._findings.saw(glance.sku, listing, offer.quantity, asked_at, glance.listing)
        _log.info("dispatch.looked", channel=self._channel, sku=glance.sku, quantity=offer.quantity, news=news)
        return Again() if news else Rest()

    def shows_it(self, glance: Glance, tell: Tell, offer: Offer, asked_at: Instant) -> bool:
        """Whether a listing that was never told anything shows what it is to be told: then nothing need be sent."""
        untold = glance.listing is not None and glance.listing.attempt == 0 and not glance.entry.delivery.doubtful
        if not untold or not offer.merchant or offer.quantity != tell.quantity:
            return False
        return self._findings.saw(glance.sku, tell.listing, offer.quantity, asked_at, glance.listing)

    def _unseen(self, error: ChannelError, glance: Glance, listing: str, *, sends: bool) -> Told:
        tell = _refusable(glance, listing, self._channel)
        match error:
            case Throttled():
                return Wait(later(self._clock(), self._line.pause("listing")))
            case Refused() | Unauthorised() if sends and tell is not None:
                return self._failures.unseen(error, glance.sku, glance.entry, tell)
            case Unauthorised():
                return Rejected(unauthorised=True)
            case Refused():
                return Rest(doubtful=True)
            case _:
                return Unreached(str(error))

    def _not_the_merchants(self, glance: Glance, listing: str, *, sends: bool) -> Told:
        tell = _refusable(glance, listing, self._channel)
        if not sends or tell is None:
            return Rest(doubtful=True)
        return self._failures.refuse(glance.sku, glance.entry, tell, Check(listing, merchant=False, at=self._clock()))


def _refusable(glance: Glance, listing: str, channel: Channel) -> Tell | None:
    """Return the attempt under whose number a refusal is kept, None where there is nothing to be told."""
    state, told = glance.state, glance.listing
    if state is None or told is None or told.listing != listing or not state.balance.counted:
        return None
    number = max(glance.entry.delivery.attempt, told.attempt) + 1
    return Tell(listing, told.product_type, state.wanted(channel), state.cause_version, number)
