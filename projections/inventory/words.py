"""A SKU's ledger in words, and what is on hand as a sum: the answer to "why is it 7?"."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from processor.clock import Instant
from projections.inventory.documents import Inventory, Numbers
from stock.codec import Fact
from stock.dispositions import RULES, Bucket, Disposition
from stock.events import (
    AlertAcknowledged,
    BufferSet,
    FbaLevelObserved,
    ListingMapped,
    ListingUnmapped,
    LowStockThresholdSet,
    ReturnReceived,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
)

MAX_ORDERS = 10_000
"""So many orders are told apart in a sum; more are "at least" so many."""

_DAY = len("2026-11-20")
_MINUTE = len("2026-11-20T10:00")
_PLACES: dict[Bucket, str] = {
    "on_hand": "put on the shelf",
    "quarantined": "put in quarantine",
    "disposed": "written off",
    "on_review": "held for review",
}


def sentence(fact: Fact, before: Numbers | None, after: Numbers) -> str:
    """Return what happened and what it left; `before` is None at the first event."""
    words = _WORDS.get(type(fact))
    what = words(fact, before) if words is not None else f"{type(fact).__name__}, which changes no quantity"
    return f"{what}: {_left(after)}."


def _left(after: Numbers) -> str:
    if not after.counted:
        return "not counted yet"
    oversold = f", {after.oversold} sold beyond stock" if after.oversold else ""
    shown = f", {after.broadcast} to show" if after.buffer else ""
    return f"{after.physical} on the shelf{oversold}{shown}"


def _of(order: str | None, word: str = "in") -> str:
    return f" {word} order {order}" if order else ""


def _sale(fact: SaleRecorded, _: Numbers | None) -> str:
    return f"{fact.quantity} sold{_of(fact.order)}"


def _cancellation(fact: SaleCancelled, _: Numbers | None) -> str:
    return f"{fact.quantity} sold{_of(fact.order)} and cancelled, free again"


def _return(fact: ReturnReceived, _: Numbers | None) -> str:
    what = f"{fact.quantity} came back {fact.disposition}{_of(fact.order, 'from')}"
    if fact.pool == "fba":
        return f"{what} to Amazon's own stock, which is not this shelf"
    return f"{what}, {_PLACES[RULES[fact.disposition].bucket]}"


def _adjustment(fact: StockAdjusted, _: Numbers | None) -> str:
    if fact.reason == "opening":
        return f"{fact.delta} brought in as opening stock"
    return f"adjusted by {fact.delta:+} ({fact.reason})"


def _count(fact: StockCounted, before: Numbers | None) -> str:
    if before is None or not before.counted:
        return f"{fact.count} counted"
    expected = before.physical - before.oversold
    return f"{fact.count} counted, {f'{expected} were expected' if fact.count != expected else 'as expected'}"


def _buffer(fact: BufferSet, _: Numbers | None) -> str:
    return f"{fact.buffer} to be held back from channels" if fact.buffer else "nothing to be held back from channels"


def _threshold(fact: LowStockThresholdSet, _: Numbers | None) -> str:
    return "never to count as low" if fact.threshold is None else f"to count as low at {fact.threshold}"


def _seen_at_amazon(fact: FbaLevelObserved, _: Numbers | None) -> str:
    return f"{fact.quantity} seen in Amazon's own stock, which is not this shelf"


def _mapped(fact: ListingMapped, _: Numbers | None) -> str:
    return f"sold on {fact.channel.title()} as {fact.listing}"


def _unmapped(fact: ListingUnmapped, _: Numbers | None) -> str:
    return f"no longer sold on {fact.channel.title()}"


def _read(_: AlertAcknowledged, __: Numbers | None) -> str:
    return "an alert was read"


_WORDS: dict[type, Callable[[Any, Numbers | None], str]] = {
    SaleRecorded: _sale,
    SaleCancelled: _cancellation,
    ReturnReceived: _return,
    StockAdjusted: _adjustment,
    StockCounted: _count,
    BufferSet: _buffer,
    LowStockThresholdSet: _threshold,
    FbaLevelObserved: _seen_at_amazon,
    ListingMapped: _mapped,
    ListingUnmapped: _unmapped,
    AlertAcknowledged: _read,
}


class Term(msgspec.Struct, frozen=True):
    """One part of a sum that comes to what is on hand: so many units, signed, and why."""

    units: int
    why: str

    def __str__(self) -> str:
        return f"{abs(self.units)} {self.why}"


class Sum:
    """What is on hand as a sum, since the newest count: facts go in one by one, and none is kept.

    Before that it begins with what there was at `start`, before the first fact.
    """

    def __init__(self, start: Inventory | None = None) -> None:
        self._first = _left_by(start) if start is not None and start.version else None
        self._begin()

    def _begin(self) -> None:
        self._opened = self._sold = self._cancelled = self._returned = self._adjusted = self._single = 0
        self._orders: set[str] = set()

    def add(self, fact: Fact, at: Instant) -> None:
        """Take the next fact of the ledger, recorded `at`."""
        match fact:
            case StockCounted(count=count):
                self._first = Term(count, f"counted on {at[:_DAY]}")
                self._begin()
            case SaleRecorded(quantity=quantity, order=order):
                self._sold += quantity
                self._note(order)
            case SaleCancelled(quantity=quantity):
                self._cancelled += quantity
            case ReturnReceived(pool="merchant", disposition=Disposition.SELLABLE, quantity=quantity):
                self._returned += quantity
            case StockAdjusted(reason="opening", delta=delta):
                self._opened += delta
            case StockAdjusted(delta=delta):
                self._adjusted += delta
            case _:
                pass

    def _note(self, order: str | None) -> None:
        if order is None:
            self._single += 1
        elif len(self._orders) < MAX_ORDERS:
            self._orders.add(order)

    @property
    def terms(self) -> list[Term]:
        """The parts that are not zero; what it begins with is always one."""
        parts = [
            (self._opened, "opening stock"),
            (-self._sold, f"sold in {self._in_orders}"),
            (self._cancelled, "cancelled"),
            (self._returned, "returned"),
            (self._adjusted, "by adjustments"),
        ]
        terms = [Term(units, why) for units, why in parts if units]
        return terms if self._first is None else [self._first, *terms]

    @property
    def _in_orders(self) -> str:
        number = len(self._orders) + self._single
        least = "at least " if len(self._orders) == MAX_ORDERS else ""
        return f"{least}{number} order{'' if number == 1 else 's'}"

    def __str__(self) -> str:
        first, *others = self.terms or [Term(0, "so far")]
        head = f"-{first}" if first.units < 0 else str(first)
        return head + "".join(f" {'-' if term.units < 0 else '+'} {term}" for term in others)


def _left_by(start: Inventory) -> Term:
    return Term(start.on_hand, f"left by event {start.version} on {start.updated_at[:_DAY]}")


def summary(sku: str, now: Inventory, told: Sum) -> Iterator[str]:
    """Yield sentences that answer why a SKU has the quantities it has."""
    if not now.counted:
        yield f"{sku} was never counted nor opened, so it reads as 0 and no channel is told: {told}."
    elif now.oversold:
        yield f"{sku}: 0 on the shelf, {now.oversold} sold beyond stock = {told}."
    else:
        yield f"{sku}: {now.physical} on the shelf = {told}."
    if now.buffer:
        yield f"{now.buffer} held back, so channels are to show {now.broadcast}."
    apart = ((now.quarantined, "in quarantine"), (now.on_review, "on review"), (now.disposed, "written off"))
    if any(units for units, _ in apart):
        yield f"Not for sale: {', '.join(f'{units} {where}' for units, where in apart if units)}."
    if now.fba_at is not None:
        at = now.fba_at[:_MINUTE].replace("T", " ")
        yield f"{now.fba} in Amazon's own stock at {at} UTC, which is not this shelf."
    elif now.fba:
        yield f"{now.fba:+} in Amazon's own stock by returns, which is not this shelf."
