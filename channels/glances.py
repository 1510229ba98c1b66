"""One SKU as it is now, read strongly, and what to do about it."""

from collections.abc import Callable

import msgspec

from channels.attempts import Entry
from channels.decisions import Decision, decide
from channels.evidence import Evidences
from channels.ledger import Ledger
from processor.clock import Clock
from projections.broadcasts.documents import Broadcasts, Listing
from projections.broadcasts.queries import BroadcastQueries
from stock.identities import Channel, Sku


class Glance(msgspec.Struct, frozen=True):
    """The SKU's delivery row, its read model, and what to do."""

    sku: Sku
    entry: Entry
    state: Broadcasts | None
    listing: Listing | None
    decision: Decision


class Glances:
    """Reads one tenant's SKUs for one channel. Raises Retryable where the store failed.

    `under_way` tells whether the feed of a number is: a row that another one carries is let go.
    """

    def __init__(  # noqa: PLR0913 - where a SKU stands, and whose
        self,
        tenant: str,
        channel: Channel,
        broadcasts: BroadcastQueries,
        ledger: Ledger,
        *,
        evidences: Evidences,
        under_way: Callable[[int], bool],
        clock: Clock,
    ) -> None:
        self._tenant, self._channel, self._clock = tenant, channel, clock
        self._broadcasts, self._ledger, self._evidences = broadcasts, ledger, evidences
        self._under_way = under_way

    def of(self, sku: Sku) -> Glance:
        """Read the SKU and its delivery row, strongly, and decide."""
        entry = self._ledger.entry(sku)
        carried = entry.delivery.carried
        if carried is not None and not self._under_way(carried.feed):
            entry = self._ledger.let_go(entry)
        state = self._broadcasts.one(self._tenant, sku)
        listing = state.channels.get(self._channel) if state is not None else None
        evidence = self._evidences.of(self._tenant, sku, listing)
        decision = decide(state, self._channel, entry.delivery, self._clock(), evidence)
        return Glance(sku, entry, state, listing, decision)
