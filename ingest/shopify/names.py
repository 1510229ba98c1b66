"""Who says which SKU a variant, or an inventory item, has. Pure: the shell in `links` reads it from the log.

The shop says it by its products, an operator by hand. Each side's newest word stands for that side, and of the two the
later one is the SKU. Whoever names none says nothing: a shop that takes a SKU away, or repeats that there is none, does
not take away an operator's, nor an operator the shop's.
"""

from collections.abc import Iterable

import msgspec

from processor.clock import Instant
from stock.codec import Fact
from stock.events import SkuAssigned, SkuLinked
from stock.identities import Sku


class Said(msgspec.Struct, frozen=True):
    """A SKU that one side named, or None, and since when."""

    sku: str | None = None
    at: Instant = Instant("")


class Names(msgspec.Struct, frozen=True):
    """What both sides say. The shop's is of version `seen` of the product's stream, 0 where it never named a SKU."""

    shop: Said = Said()
    operator: Said = Said()
    seen: int = 0

    @property
    def newest(self) -> Said:
        """The word that counts; at one instant the operator's. Its SKU is None where neither side names one."""
        said = [one for one in (self.operator, self.shop) if one.sku is not None]
        return max(said, key=lambda one: one.at, default=Said())

    @property
    def sku(self) -> Sku | None:
        """The SKU."""
        found = self.newest.sku
        return None if found is None else Sku(found)


def names_of(told: Iterable[tuple[Instant, Fact]]) -> Names:
    """Return what the events of one link's stream come to, oldest first, each with its time.

    Of the shop's the one of the largest `seen` is the newest, of the operators' the last.
    """
    shop, operator, seen = Said(), Said(), 0
    for at, happened in told:
        if isinstance(happened, SkuAssigned):
            operator = Said(happened.sku, at)
        elif isinstance(happened, SkuLinked) and happened.seen > seen:
            shop, seen = Said(happened.sku, at), happened.seen
    return Names(shop, operator, seen)
