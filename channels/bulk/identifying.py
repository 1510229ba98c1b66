"""Who fulfils many listings, asked twenty at a time."""

from collections import deque

import structlog

from channels.amazon.catalogue import PAGE
from channels.attempts import Check
from channels.bulk.gathering import Unseen
from channels.bulk.port import Lookup
from channels.errors import ChannelError
from channels.line import Line as Wire
from processor.clock import Clock
from stock.identities import Sku

_log = structlog.get_logger("channels.bulk")


class Identifier:
    """Asks for one feed of one seller. Raises LeaseLost. For one thread."""

    def __init__(self, lookup: Lookup | None, wire: Wire, clock: Clock) -> None:
        self._lookup, self._wire, self._clock = lookup, wire, clock
        self.forget()

    def forget(self) -> None:
        """Know nothing, as at the beginning of a feed."""
        self.seen: dict[str, Check] = {}
        self._unseen: deque[Unseen] = deque()

    def add(self, unseen: Unseen) -> None:
        """Ask for it. One that cannot be asked for goes by itself."""
        if self._lookup is not None and "," not in unseen.listing:
            self._unseen.append(unseen)

    @property
    def asks(self) -> bool:
        """Whether there is something to be asked for."""
        return bool(self._unseen)

    @property
    def ready(self) -> bool:
        """Whether it may be asked for now."""
        return self.asks and not self._wire.pause("search")

    def ask(self) -> list[Sku]:
        """Ask for some, if it is time; return those that an answer was given for."""
        if self._lookup is None or not self.ready:
            return []
        some = [self._unseen.popleft() for _ in range(min(PAGE, len(self._unseen)))]
        lookup, named = self._lookup, [unseen.listing for unseen in some]
        try:
            found = self._wire.ask("search", lambda: lookup.named(named))
        except ChannelError as error:
            _log.warning("feed.not_identified", listings=len(some), reason=str(error))
            return []
        at = self._clock()
        told = {listed.listing: Check(listed.listing, listed.merchant, at) for listed in found.listings}
        self.seen.update(told)
        return [unseen.sku for unseen in some if unseen.listing in told]
