"""The walk over all of a seller's listings, at its own pace: what nobody told is found at the latest by it."""

from collections import deque
from collections.abc import Callable
from datetime import timedelta

import msgspec
import structlog

from channels.decisions import Wait
from channels.glances import Glances
from channels.limits import Monotonic, Rate, TokenBucket
from channels.line import Line
from channels.looking import Looker
from channels.passes import Pass, Passes
from channels.requests import RequestBook, Requests
from channels.sellers import Seller
from channels.told import Again, Told, Unreached
from processor.clock import Clock, Instant
from projections.broadcasts.documents import Listing
from projections.broadcasts.queries import BroadcastQueries
from stock.identities import Channel, Sku

PAGE = 20
"""So many listings are walked over between two savings of the place."""

TRIES = 3
"""A listing that is not answered for so often in a row is passed over until the next pass."""

LOOK_FOR_REQUESTS = timedelta(seconds=1)

Noted = Callable[[Sku, Told], None]

_log = structlog.get_logger("channels.walking")


class Walker:
    """Walks for one seller while he is held. For one thread.

    The pace is half the rate at which listings may be asked, and half of their burst is left to what is urgent.
    """

    def __init__(  # noqa: PLR0913 - where the listings stand, and how to look at them
        self,
        seller: Seller,
        channel: Channel,
        broadcasts: BroadcastQueries,
        *,
        passes: Passes,
        requests: RequestBook,
        glances: Glances,
        line: Line,
        looker: Looker,
        clock: Clock,
        monotonic: Monotonic,
    ) -> None:
        self._tenant, self._channel, self._broadcasts = seller.tenant, channel, broadcasts
        self._passes, self._book, self._glances = passes, requests, glances
        self._line, self._looker, self._clock, self._monotonic = line, looker, clock, monotonic
        rate = seller.rates.listing
        self._pace = Rate(rate.per_second / 2, max(1, rate.burst // 2))
        self.forget()

    def forget(self) -> None:
        """Know nothing, as at the beginning of a tenure."""
        self._bucket = TokenBucket(self._pace, self._monotonic)
        self._place, self._revision = Pass(Instant("")), -1
        self._page: deque[Sku] = deque()
        self._next_after: str | None = None
        self._tries = 0
        self._asked, self._asked_at = Requests(), -LOOK_FOR_REQUESTS.total_seconds()

    def step(self, *, sends: bool, noted: Noted) -> bool:
        """Look at what was asked for, and at the next listings, as the pace lets; answer whether there are more.

        `noted` hears what became of each. Raises LeaseLost, and Retryable where the store failed.
        """
        if not self._under_way():
            return False
        while not self._bucket.wait() and self._line.spare("listing"):
            if not self._step(sends=sends, noted=noted):
                return False
        return True

    def _under_way(self) -> bool:
        """Whether there is something to look at, in this pass or one that begins now."""
        if self._monotonic() - self._asked_at >= LOOK_FOR_REQUESTS.total_seconds():
            self._asked, self._asked_at = self._book.read(self._tenant), self._monotonic()
        if self._revision < 0:
            self._place, self._revision = self._passes.read(self._tenant)
            if not self._revision:
                self._save(self._place)
        now = self._clock()
        if not self._place.due(self._asked, now):
            return False
        renewed = self._place.renewed(self._asked, now)
        if renewed is not self._place:
            _log.info("reconcile.begins", tenant=self._tenant, channel=self._channel)
            self._page.clear()
            self._save(renewed)
        return True

    def _step(self, *, sends: bool, noted: Noted) -> bool:
        """Look at one listing; answer whether there is another to be looked at now."""
        asked = next((request for request in self._asked.skus if request.at > self._place.served), None)
        if asked is not None:
            if self._look(asked.sku, sends=sends, noted=noted, again=True):
                self._save(msgspec.structs.replace(self._place, served=asked.at))
                noted(asked.sku, Again())  # whoever asked wants it seen to, whatever it waits for
                return True
            return False
        if not self._place.walking(self._clock()):
            return False
        if not self._page:
            found, self._next_after = self._broadcasts.mapped(self._tenant, self._channel, self._place.after, PAGE)
            self._page.extend(sku for sku, _ in found)
        if self._page and not self._look(self._page[0], sends=sends, noted=noted):
            return False
        if self._page:
            self._page.popleft()
        return bool(self._page) or self._turn()

    def _turn(self) -> bool:
        """Keep the place after a page; answer whether there is another."""
        after = self._next_after
        ended = None if after is not None else self._clock()
        self._save(msgspec.structs.replace(self._place, after=after, ended=ended))
        if ended is not None:
            _log.info("reconcile.ended", tenant=self._tenant, channel=self._channel, looked=self._place.looked)
        return ended is None

    def _look(self, sku: Sku, *, sends: bool, noted: Noted, again: bool = False) -> bool:
        """Look at one listing, unless this pass need not; False where the channel did not answer."""
        glance = self._glances.of(sku)
        listing = glance.listing
        if listing is None or listing.listing is None or not (again or self._worth(listing)):
            return True
        self._bucket.take()
        told = self._looker.look(glance, listing.listing, sends=sends)
        noted(sku, told)
        self._tries += 1
        if isinstance(told, Wait) or (isinstance(told, Unreached) and self._tries < TRIES):
            return False
        self._tries = 0
        differs = int(isinstance(told, Again))
        self._place = msgspec.structs.replace(
            self._place, looked=self._place.looked + 1, differed=self._place.differed + differs
        )
        return True

    def _worth(self, listing: Listing) -> bool:
        """Whether nobody has seen the listing since the pass began, nor will soon: what flies is looked for anyway.

        What was refused is asked for when it is told again.
        """
        seen = listing.known and listing.observed_at is not None and listing.observed_at >= self._place.began
        return not listing.flying and listing.refused is None and not seen

    def _save(self, place: Pass) -> None:
        """Keep the place; where another process has meanwhile, go on from there."""
        if self._passes.save(self._tenant, place, self._revision):
            self._place, self._revision = place, self._revision + 1
        else:
            self._page.clear()
            self._place, self._revision = self._passes.read(self._tenant)
