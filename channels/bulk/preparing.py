"""Those whom the next feed is to carry: found, identified where need be, and claimed one by one."""

from collections import deque
from collections.abc import Callable

from channels.bulk.gathering import Gatherer, Unseen
from channels.bulk.identifying import Identifier
from channels.bulk.paying import Odds
from channels.bulk.records import Line, Record
from channels.bulk.slicing import Slicer
from stock.identities import Sku


class Preparation:
    """Prepares one seller's next feed. Raises LeaseLost, and Retryable where the store failed. For one thread."""

    def __init__(self, gatherer: Gatherer, identifier: Identifier, slicer: Slicer) -> None:
        self._gatherer, self._identifier, self._slicer = gatherer, identifier, slicer
        self.forget()

    def forget(self) -> None:
        """Know nothing, as at the beginning."""
        self._skus: deque[Sku] = deque()
        self._odds: Odds | None = None
        self.lines: list[Line] = []
        self._identifier.forget()

    def begin(self, record: Record) -> bool:
        """Find whom a feed is to carry; answer whether one pays."""
        self.forget()
        self._odds = self._gatherer.odds(record)
        self._skus.extend(self._gatherer.due(self._odds))
        return bool(self._skus)

    def work(self, number: int, stopping: Callable[[], bool]) -> bool:
        """Claim some of them for feed `number`, or ask about some; answer whether all are claimed that can be."""
        listings = {line.listing for line in self.lines}
        for sku in self._slicer.of(self._skus, stopping):
            line = self._gatherer.claim(sku, number, listings, self._identifier.seen)
            if isinstance(line, Unseen):
                self._identifier.add(line)
            elif line is not None:
                self.lines.append(line)
                listings.add(line.listing)
        if not self._skus and not stopping():
            self._skus.extend(self._identifier.ask())
        return self.done

    @property
    def ready(self) -> bool:
        """Whether there is something to be done now."""
        return bool(self._skus) or self._identifier.ready

    @property
    def done(self) -> bool:
        """Whether nothing is left to be done."""
        return not self._skus and not self._identifier.asks

    @property
    def pays(self) -> bool:
        """Whether a feed pays for those that were claimed."""
        return self._odds is not None and len(self.lines) + self._odds.sooner >= self._odds.least
