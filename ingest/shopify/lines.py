"""One line of an order as far as its history was read: what is to be told of it, and what was."""

from collections.abc import Iterator

import msgspec

from ingest.shopify.tellings import SHOP, Entry
from stock.dispositions import Disposition
from stock.events import (
    OrderLine,
    RefundLine,
    ReturnReceived,
    ReviewReason,
    ReviewRequested,
    ReviewSettled,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
)
from stock.identities import Sku

RETURNED = frozenset({"return", "legacy_restock"})
CANCELLED, KEPT = "cancel", "no_restock"
"""Shopify's words for what became of refunded units (REST Admin API, Refund: `restock_type`)."""

Fact = SaleRecorded | SaleCancelled | ReturnReceived | StockAdjusted | ReviewRequested | ReviewSettled


class Told(msgspec.Struct, frozen=True):
    """A fact about a line, and the entry that led to it."""

    tx: str
    fact: Fact
    cause: Entry


class _Back(msgspec.Struct, frozen=True):
    """Units that a refund gives back to the line, and the entry that tells so."""

    line: RefundLine
    cause: Entry


def refund_tx(refund_line: str) -> str:
    """Return the identity of what a refund's line does to stock: its own id, for a refund may name a line twice."""
    return f"{SHOP}:refund:{refund_line}"


def unmapped_tx(line: str) -> str:
    """Return the identity of the question which SKU a line has."""
    return f"unmapped:{line}"


class Line:
    """An accumulator: entries are read into it in the order of the stream, and after each it tells what follows."""

    def __init__(self, order: str, id_: str) -> None:
        self.sku: Sku | None = None
        self.variant: str | None = None
        self._order, self._id = order, id_
        self.quantity = self._sold = self._refunded = self._removed = 0
        self._seen: Entry | None = None
        self._named: Entry | None = None
        self._asked = self._doubted = False
        self._known: set[str] = set()
        self._back: list[_Back] = []
        self._given: list[_Back] = []
        self._odd: list[Told] = []

    def see(self, stated: OrderLine, entry: Entry) -> None:
        """Read what a snapshot says of the line."""
        if stated.quantity > self.quantity:
            self.quantity, self._seen = stated.quantity, entry
        self.name(entry, stated.sku, stated.variant)
        refunded = max(self._refunded, stated.refunded)
        if stated.removed > max(refunded, self._removed):
            self._removed = stated.removed
            detail = f"{stated.removed} of {stated.quantity} removed, {refunded} refunded"
            self._odd.append(self._ask("unexplained_removal", f"removed:{self._id}:{stated.removed}", detail, entry))
        self._doubt(entry)

    def take_back(self, back: RefundLine, entry: Entry) -> None:
        """Read what a refund says of the line."""
        if back.id in self._known:
            return
        self._known.add(back.id)
        self._refunded += back.quantity
        self.name(entry, back.sku, back.variant)
        self._doubt(entry)
        if not back.quantity or back.restock == KEPT:
            return
        if back.restock in RETURNED or back.restock == CANCELLED:
            self._back.append(_Back(back, entry))
        else:
            detail = f"{back.quantity} refunded, restock type {back.restock or 'none'}"
            self._odd.append(self._ask("unknown_restock", f"restock:{back.id}", detail, entry))

    def _doubt(self, entry: Entry) -> None:
        """Ask, once, about a line of which more units were refunded than sold; what they do to stock stands.

        A refund may be told before the order is: of a line of which no sale was seen nothing is doubted.
        """
        if self._seen is None or self._refunded <= self.quantity or self._doubted:
            return
        self._doubted = True
        detail = f"{self._refunded} refunded, {self.quantity} sold"
        self._odd.append(self._ask("over_refunded", f"over:{self._id}", detail, entry))

    def name(self, entry: Entry, sku: str | None, variant: str | None = None) -> None:
        """Take the line's SKU and its variant, unless they are known: the first ones stand."""
        self.variant = self.variant or variant
        if self.sku is None and sku is not None:
            self.sku, self._named = Sku(sku), entry

    @property
    def waits(self) -> bool:
        """Whether the line would change stock, were its SKU known."""
        return self.sku is None and bool(self.quantity or self._back)

    def tell(self) -> list[Told]:
        """Return what follows from all that was read and has not been told yet."""
        told = [*self._ask_for_sku()] if self.sku is None else [*self._sale(), *map(self._restock, self._back)]
        if self.sku is not None:
            self._given += self._back
            self._back = []
        told += self._odd
        self._odd = []
        if self._asked and self._named is not None:
            told.append(self._settle(self._named))
        return told

    def reverse(self, entry: Entry) -> list[Told]:
        """Return what undoes all that was told: at `entry` the order turned out to be a copy of an Amazon order."""
        undone = [Told(f"{refund_tx(back.line.id)}:copy", self._taken(back.line), entry) for back in self._given]
        if self._sold:
            unsold = SaleCancelled(self._sold, self._order, self._id)
            undone.insert(0, Told(f"{SHOP}:line:{self._id}:copy", unsold, entry))
        if self._asked:
            undone.append(self._settle(entry))
        return undone

    def _sale(self) -> Iterator[Told]:
        if self._seen is not None and self.quantity > self._sold:
            sale = SaleRecorded(self.quantity - self._sold, self._order, self._id)
            self._sold = self.quantity
            yield Told(f"{SHOP}:line:{self._id}:{self.quantity}", sale, self._seen)

    def _restock(self, back: _Back) -> Told:
        quantity = back.line.quantity
        if back.line.restock == CANCELLED:
            return Told(refund_tx(back.line.id), SaleCancelled(quantity, self._order, self._id), back.cause)
        returned = ReturnReceived(quantity, "merchant", Disposition.SELLABLE, self._order)
        return Told(refund_tx(back.line.id), returned, back.cause)

    def _taken(self, back: RefundLine) -> SaleRecorded | StockAdjusted:
        if back.restock == CANCELLED:
            return SaleRecorded(back.quantity, self._order, self._id)
        return StockAdjusted(-back.quantity, "correction")

    def _ask_for_sku(self) -> Iterator[Told]:
        cause = self._seen or (self._back[0].cause if self._back else None)
        if cause is not None and not self._asked:
            self._asked = True
            back = sum(back.line.quantity for back in self._back)
            detail = f"variant {self.variant or 'unknown'}, {self.quantity} sold" + (f", {back} back" if back else "")
            yield self._ask("unmapped_line", unmapped_tx(self._id), detail, cause)

    def _settle(self, cause: Entry) -> Told:
        """Take the question for the line's SKU back: at `cause` it was answered, or came to nothing."""
        self._asked = False
        asked = unmapped_tx(self._id)
        return Told(f"settled:{asked}", ReviewSettled(asked), cause)

    def _ask(self, reason: ReviewReason, tx: str, detail: str, cause: Entry) -> Told:
        return Told(tx, ReviewRequested(reason, f"{SHOP}:{self._order}", f"line {self._id}, {detail}"), cause)
