"""What is left: the fold of one SKU's events into its quantities."""

from collections.abc import Callable
from typing import Any

import msgspec

from stock.dispositions import RULES, Disposition
from stock.events import (
    BufferSet,
    LowStockThresholdSet,
    ReturnReceived,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
)


class Balance(msgspec.Struct, array_like=True, gc=False):
    """One SKU's quantities, in units. An accumulator: `apply` changes it in place.

    `on_hand` is signed: what is sold beyond stock counts below zero. `counted` is False until an opening fact (a
    count or opening stock); an uncounted SKU reads as zeros, raises no stock alert and is never sent to a channel.
    """

    on_hand: int = 0
    buffer: int = 0
    threshold: int | None = None
    quarantined: int = 0
    disposed: int = 0
    on_review: int = 0
    fba: int = 0
    counted: bool = False

    @property
    def physical(self) -> int:
        """Units on the shelf: never below zero."""
        return self.on_hand if self.counted and self.on_hand > 0 else 0

    @property
    def oversold(self) -> int:
        """Units sold beyond stock."""
        return -self.on_hand if self.counted and self.on_hand < 0 else 0

    @property
    def broadcast(self) -> int:
        """Units a channel should show: physical less buffer, never below zero."""
        return max(0, self.physical - self.buffer)

    @property
    def low(self) -> bool:
        """Whether physical stock is at or below the threshold."""
        return self.counted and self.threshold is not None and self.physical <= self.threshold


def _sale(balance: Balance, fact: SaleRecorded) -> None:
    balance.on_hand -= fact.quantity


def _cancellation(balance: Balance, fact: SaleCancelled) -> None:
    balance.on_hand += fact.quantity


def _return(balance: Balance, fact: ReturnReceived) -> None:
    if fact.pool == "fba":
        if fact.disposition is Disposition.SELLABLE:
            balance.fba += fact.quantity
        return
    bucket = RULES[fact.disposition].bucket
    setattr(balance, bucket, getattr(balance, bucket) + fact.quantity)


def _adjustment(balance: Balance, fact: StockAdjusted) -> None:
    balance.on_hand += fact.delta
    balance.counted = balance.counted or fact.reason == "opening"


def _count(balance: Balance, fact: StockCounted) -> None:
    balance.on_hand = fact.count
    balance.counted = True


def _buffer(balance: Balance, fact: BufferSet) -> None:
    balance.buffer = fact.buffer


def _threshold(balance: Balance, fact: LowStockThresholdSet) -> None:
    balance.threshold = fact.threshold


_RULES: dict[type, Callable[[Balance, Any], None]] = {
    SaleRecorded: _sale,
    SaleCancelled: _cancellation,
    ReturnReceived: _return,
    StockAdjusted: _adjustment,
    StockCounted: _count,
    BufferSet: _buffer,
    LowStockThresholdSet: _threshold,
}


def apply(balance: Balance, fact: object) -> bool:
    """Change `balance` by `fact`; answer whether facts of its kind move a balance at all."""
    rule = _RULES.get(type(fact))
    if rule is None:
        return False
    rule(balance, fact)
    return True
