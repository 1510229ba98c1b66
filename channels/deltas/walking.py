"""The walk over all that a shop sells, many levels a request: what nobody told is found at the latest by it."""

import msgspec
import structlog

from channels.deltas.calls import Calls
from channels.deltas.shops import Shop
from channels.deltas.watching import Watcher, news
from channels.errors import ChannelError
from channels.passes import Pass, Passes
from channels.requests import RequestBook
from processor.clock import Clock
from projections.broadcasts.balancing import SHOP
from projections.broadcasts.delta_queries import Account, DeltaQueries
from projections.broadcasts.queries import BroadcastQueries
from stock.identities import Sku

PAGE = 50
"""So many levels are asked for at once."""

_log = structlog.get_logger("channels.deltas")


class Walker:
    """Walks for one shop while it is held. For one thread.

    What an operator asked of one SKU is done with it. A page that is not answered is asked for again in the next round.
    """

    def __init__(  # noqa: PLR0913 - where the accounts stand, and how to look
        self,
        shop: Shop,
        broadcasts: BroadcastQueries,
        accounts: DeltaQueries,
        *,
        passes: Passes,
        requests: RequestBook,
        calls: Calls,
        watcher: Watcher,
        clock: Clock,
    ) -> None:
        self._tenant, self._broadcasts, self._accounts = shop.tenant, broadcasts, accounts
        self._passes, self._requests, self._calls = passes, requests, calls
        self._watcher, self._clock = watcher, clock

    def step(self) -> bool:
        """Look at one page where a walk is under way; answer whether there is more. Raises LeaseLost, and Retryable."""
        asked, now = self._requests.read(self._tenant), self._clock()
        place, revision = self._passes.read(self._tenant)
        if not revision:
            self._passes.save(self._tenant, place, revision)
            return False
        served = max((request.at for request in asked.skus), default=place.served)
        named = [request.sku for request in asked.skus if request.at > place.served]
        if named:
            return self._looked(named, place, msgspec.structs.replace(place, served=served), revision)
        if not place.due(asked, now):
            return False
        place = place.renewed(asked, now)
        found, after = self._broadcasts.mapped(self._tenant, SHOP, place.after, PAGE)
        on = msgspec.structs.replace(place, after=after, ended=now if after is None else None)
        return self._looked([sku for sku, _ in found], place, on, revision) and on.ended is None

    def _looked(self, skus: list[Sku], place: Pass, on: Pass, revision: int) -> bool:
        """Look at some SKUs and keep the place behind them; False where the shop did not answer."""
        known = {sku: account for sku in skus if (account := self._worth(sku)) is not None}
        differed = 0
        if known:
            asked_at = self._clock()
            try:
                levels = self._calls.available_of([account.item or "" for account in known.values()])
            except ChannelError as error:
                _log.warning("deltas.walk_waits", tenant=self._tenant, reason=str(error))
                return False
            for sku, account in known.items():
                available = levels.get(account.item or "")
                if available is not None and news(account, available):
                    self._watcher.saw(sku, account, account.item or "", available, asked_at)
                    differed += 1
        on = msgspec.structs.replace(on, looked=place.looked + len(known), differed=place.differed + differed)
        self._passes.save(self._tenant, on, revision)
        return True

    def _worth(self, sku: Sku) -> Account | None:
        """Return the account of a SKU that is worth a look: nothing of ours is on its way."""
        account = self._accounts.account(self._tenant, sku)
        if account is None or account.item is None or not account.counted:
            return None
        deltas = account.deltas
        return None if deltas.open is not None or deltas.doubts or not deltas.since else account
