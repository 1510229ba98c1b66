"""Which SKUs a feed is to carry, and claiming their attempts for it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from channels.attempts import Check
from channels.bulk.paying import Odds, takes
from channels.bulk.records import Line, Record
from channels.decisions import Tell
from channels.glances import Glance, Glances
from channels.ledger import Ledger
from channels.line import Line as Wire
from channels.picking import Picker
from channels.sellers import Rates
from channels.teller import MERCHANT_CHECK
from processor.clock import Clock, Instant, later
from projections.broadcasts.documents import Listing
from projections.broadcasts.observing import PROCESSING
from projections.broadcasts.queries import BroadcastQueries
from stock.identities import Channel, Sku

MOST = 2000
"""So many SKUs go in one feed: the channel would take more, but they are all read and written one by one."""


class Unseen(NamedTuple):
    """A SKU of whose listing nobody knows who fulfils it."""

    sku: Sku
    listing: str


class Gatherer:
    """Gathers for one seller. Raises LeaseLost, and Retryable where the store failed. For one thread."""

    def __init__(  # noqa: PLR0913 - where SKUs stand, how fast they can be told, and who may stop it
        self,
        tenant: str,
        channel: Channel,
        broadcasts: BroadcastQueries,
        *,
        rates: Rates,
        wire: Wire,
        picker: Picker,
        glances: Glances,
        ledger: Ledger,
        may_zero: Callable[[Sku, Instant], bool],
        clock: Clock,
    ) -> None:
        """`may_zero` is asked before a listing is told zero, with the moment at which its stock came to that."""
        self._tenant, self._channel, self._broadcasts = tenant, channel, broadcasts
        self._rates, self._wire, self._picker = rates, wire, picker
        self._glances, self._ledger, self._may_zero, self._clock = glances, ledger, may_zero, clock

    def odds(self, record: Record) -> Odds:
        """Return how fast both ways are now."""
        feed_takes = takes(record.took) + self._wire.pause("create_document", "create_feed")
        tokens = self._wire.tokens("set_quantity")
        return Odds(self._rates.set_quantity, tokens, self._rates.create_feed, feed_takes)

    def due(self, odds: Odds) -> list[Sku]:
        """Return whom a feed is to carry, riskiest first, without those that are told sooner one by one.

        None where so few are due that a feed does not pay.
        """
        waiting = self._picker.patience.waiting()
        if len(self._due(odds.least, waiting)) < odds.least:
            return []
        return self._due(odds.sooner + MOST, waiting)[odds.sooner :]

    def claim(self, sku: Sku, number: int, listings: set[str], seen: Mapping[str, Check]) -> Line | Unseen | None:
        """Write into the SKU's delivery row that feed `number` carries it, and return its line.

        None, having written nothing, where it is to go by itself or not at all; `listings` are in the feed already.
        Unseen where all that is missing is who fulfils its listing, and `seen` does not tell.
        """
        glance = self._glances.of(sku)
        tell = glance.decision
        if not isinstance(tell, Tell) or glance.listing is None or glance.state is None or tell.listing in listings:
            return None
        if glance.listing.refused is not None or self._on_its_way(glance, glance.listing):
            return None
        check = self._merchant(glance, glance.listing) or seen.get(tell.listing)
        if check is None:
            return Unseen(sku, tell.listing)
        if not check.merchant:
            return None
        if not tell.quantity and not self._may_zero(sku, glance.state.changed_at):
            return None
        self._wire.ensure()
        self._ledger.begin(sku, glance.entry, tell, check, feed=number)
        return Line(sku, tell.listing, tell.product_type, tell.quantity, tell.cause_version, tell.attempt)

    def _due(self, limit: int, waiting: set[Sku]) -> list[Sku]:
        found = self._broadcasts.due(self._tenant, self._channel, limit + len(waiting))
        return [sku for sku in found if sku not in waiting]

    def _merchant(self, glance: Glance, listing: Listing) -> Check | None:
        """Return what tells that the merchant alone fulfils the listing: a look, whatever it was for."""
        since, check = later(self._clock(), -MERCHANT_CHECK), glance.entry.delivery.check
        if check is not None and check.merchant and check.listing == listing.listing and check.at > since:
            return check
        seen = listing.read_at
        if seen is None or seen <= since or listing.listing is None or listing.observed_listing != listing.listing:
            return None
        return Check(listing.listing, merchant=True, at=seen)

    def _on_its_way(self, glance: Glance, listing: Listing) -> bool:
        """Whether what was told before may still be on its way to the listing: a feed might overtake it."""
        row = glance.entry.delivery
        newest = max(row.attempt, listing.attempt)
        if row.landed == newest or not (row.doubtful or listing.flying or row.attempt > listing.attempt):
            return False
        return max(row.at, listing.accepted_at or row.at) > later(self._clock(), -PROCESSING)
