"""The guard against emptying a shop by mistake: too many listings about to become zero, and the channel is paused.

A wrong import, a lost count, a tool that writes zeros: each looks like many sales. Until a person has looked, the shop
shows what it showed. What a person confirmed is not asked about again.
"""

from datetime import timedelta

from processor.clock import Clock, Instant, later
from projections.broadcasts.queries import BroadcastQueries
from stock.events import ChannelPaused
from stock.identities import Channel, Sku
from stock.switches import Switch

LEAST = 5
"""Fewer than so many are never too many, however small the shop."""

MOST = 1000
"""So many that are about to become zero are counted."""

WITHIN = timedelta(hours=1)
"""Those that became zero within so long count too: what comes one by one comes all the same."""

RECOUNT_AFTER = timedelta(minutes=10)


class ZeroingGuard:
    """Counts for one seller, in memory: a new holder of the seller begins anew. For one thread."""

    def __init__(
        self, tenant: str, channel: Channel, broadcasts: BroadcastQueries, share: float, *, clock: Clock
    ) -> None:
        """`share` of the listings may become zero within an hour; with 1 all of them may."""
        self._tenant, self._channel, self._share = tenant, channel, share
        self._broadcasts, self._clock = broadcasts, clock
        self.forget()

    def forget(self) -> None:
        """Know nothing, as at the beginning of a tenure."""
        self._became: dict[Sku, Instant] = {}
        self._let: set[Sku] = set()
        self._confirmed: Instant | None = None
        self._listings, self._counted_at = 0, Instant("")

    def became_zero(self, sku: Sku) -> None:
        """Take note that the channel was told zero."""
        if sku in self._let:
            self._let.discard(sku)
            self._became[sku] = self._clock()

    def check(self, switch: Switch) -> ChannelPaused | None:
        """Return the pause that is called for by what is due, None where all is as it should be.

        Raises StoreUnavailable, as `let` does.
        """
        self._renew(switch)
        return self._too_many(set())

    def let(self, switch: Switch, sku: Sku, changed_at: Instant) -> ChannelPaused | None:
        """Return the pause that is called for if `sku` becomes zero, which its stock did at `changed_at`."""
        self._renew(switch)
        if self._confirmed is not None and changed_at <= self._confirmed:
            return None
        pause = self._too_many({sku})
        if pause is None:
            self._let.add(sku)
        return pause

    def _renew(self, switch: Switch) -> None:
        if switch.resumed_at != self._confirmed:
            self._confirmed, self._became = switch.resumed_at, {}
        since = later(self._clock(), -WITHIN)
        self._became = {sku: at for sku, at in self._became.items() if at >= since}

    def _too_many(self, asked: set[Sku]) -> ChannelPaused | None:
        if self._share >= 1 or len(asked | self._zeroed(LEAST)) < LEAST:
            return None
        zeroed, listings = len(asked | self._zeroed(MOST)), self._live()
        return ChannelPaused("zeroing", zeroed, listings) if zeroed > self._share * listings else None

    def _zeroed(self, limit: int) -> set[Sku]:
        """Return those that became zero, and up to `limit` that are about to."""
        after = self._confirmed or Instant("")
        return {*self._became, *self._broadcasts.zeroing(self._tenant, self._channel, after, limit)}

    def _live(self) -> int:
        now = self._clock()
        if not self._counted_at or now >= later(self._counted_at, RECOUNT_AFTER):
            self._listings, self._counted_at = self._broadcasts.count_live(self._tenant, self._channel), now
        return self._listings
