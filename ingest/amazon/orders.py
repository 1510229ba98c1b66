"""What an Amazon order's history implies for stock. Pure: the shell in `ingest.shopify.histories` obeys.

Amazon tells an order by ORDER_CHANGE notifications, repeated and out of order, of one item or of all. Of an item the
quantity never grows: what is ordered stands from the beginning, and a lower one tells that units were cancelled. So
the promised units of an item are the least quantity seen, none once the order is off, and never fewer than were
shipped: whatever the order of notifications, they come to the same. Units that were ordered and are known to be off
before any sale was told are told as a sale and its cancellation: the channel took them off its offer all the same.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from ingest.shopify.lines import Fact, Told, unmapped_tx
from ingest.shopify.orders import Implied, Story, implied
from ingest.shopify.tellings import Entry
from stock.events import (
    AmazonOrderLine,
    AmazonOrderSeen,
    LineResolved,
    ReviewRequested,
    ReviewSettled,
    SaleCancelled,
    SaleRecorded,
)
from stock.identities import Sku

AMAZON: Final = "amazon"


def story_of(order: str, history: Sequence[Entry]) -> Story:
    """Return what an order's history, in the order of its stream, comes to. A longer history only adds facts.

    An item's SKU is the one that its listing was first resolved to; without one it waits.
    """
    items: dict[str, _Item] = {}
    facts: list[Implied] = []
    off = False
    for entry in history:
        happened = entry.happened
        touched: list[str] = []
        match happened:
            case AmazonOrderSeen(lines=lines):
                off = off or happened.cancelled
                for line in lines:
                    items.setdefault(line.line, _Item(order, line.line)).see(line)
                touched = list(items) if off else [line.line for line in lines]
            case LineResolved(line=id_, sku=name):
                items.setdefault(id_, _Item(order, id_)).name(Sku(name))
                touched = [id_]
            case _:
                pass
        for id_ in dict.fromkeys(touched):
            facts += [implied(id_, items[id_].sku, told) for told in items[id_].tell(entry, off=off)]
    return Story(
        facts,
        {id_: item.promised for id_, item in items.items()},
        {id_: item.sku for id_, item in items.items() if item.sku is not None},
        {id_: item.listing for id_, item in items.items() if item.sku is None and item.ordered and item.listing},
    )


class _Item:
    """An accumulator: entries are read into it in the order of the stream, and after each it tells what follows."""

    def __init__(self, order: str, id_: str) -> None:
        self.sku: Sku | None = None
        self.listing: str | None = None
        self.promised = 0
        self._order, self._id = order, id_
        self._least: int | None = None
        self._shipped = self._sold = self._freed = 0
        self._most = self._gone = 0
        self._since: Entry | None = None
        self._asked: str | None = None
        self._questions = 0

    @property
    def ordered(self) -> bool:
        """Whether units of it were ever ordered, though they may be off."""
        return max(self._most, self._shipped) > 0

    def see(self, line: AmazonOrderLine) -> None:
        """Read what a notification says of the item."""
        self.listing = self.listing or line.listing
        self._least = line.quantity if self._least is None else min(self._least, line.quantity)
        self._most = max(self._most, line.quantity)
        self._shipped = max(self._shipped, line.shipped)

    def name(self, sku: Sku) -> None:
        """Take the item's SKU, unless it is known: the first one stands."""
        self.sku = self.sku or sku

    def tell(self, entry: Entry, *, off: bool) -> Iterator[Told]:
        """Yield what follows from all that was read up to `entry` and has not been told yet."""
        promised = max(0 if off else self._least or 0, self._shipped)
        if promised != self.promised:
            self.promised, self._since = promised, entry
        cause = self._since or entry
        if self.sku is None:
            if promised and self._asked is None:
                yield self._ask(cause)
        elif (more := promised - (self._sold - self._freed)) > 0:
            self._sold += more
            yield self._told(f"{self._sold}", SaleRecorded(more, self._order, self._id), cause)
        elif more < 0:
            self._freed -= more
            yield self._told(f"cancelled:{self._freed}", SaleCancelled(-more, self._order, self._id), cause)
        if self.sku is not None:
            yield from self._passed(entry)
        if self._asked is not None and (self.sku is not None or not promised):
            yield Told(f"settled:{self._asked}", ReviewSettled(self._asked), entry)
            self._asked = None

    def _passed(self, entry: Entry) -> Iterator[Told]:
        """Tell of units that were ordered and went before a sale of them was told: they come to nothing."""
        units = self._most - self._sold - self._gone
        if units <= 0:
            return
        self._gone += units
        yield self._told(f"passed:{self._gone}", SaleRecorded(units, self._order, self._id), entry)
        yield self._told(f"passed:{self._gone}:cancelled", SaleCancelled(units, self._order, self._id), entry)

    def _told(self, what: str, fact: Fact, cause: Entry) -> Told:
        return Told(f"{AMAZON}:line:{self._id}:{what}", fact, cause)

    def _ask(self, cause: Entry) -> Told:
        """Ask a person which SKU the item has: once more where it was off, and then turns out to be shipped."""
        self._questions += 1
        again = f":{self._questions}" if self._questions > 1 else ""
        self._asked = f"{unmapped_tx(self._id)}{again}"
        detail = f"line {self._id}, listing {self.listing or 'unknown'}, {self.promised} sold"
        return Told(self._asked, ReviewRequested("unmapped_line", f"{AMAZON}:{self._order}", detail), cause)
