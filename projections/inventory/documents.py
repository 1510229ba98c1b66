"""The inventory document: one per SKU."""

import msgspec

from processor.clock import Instant
from stock.balance import Balance


class Inventory(Balance, array_like=True, gc=False):
    """A SKU's quantities after its event `version`, recorded at `updated_at`. The row's state is this document."""

    version: int = 0
    updated_at: Instant = Instant("")


class Numbers(msgspec.Struct, frozen=True):
    """A SKU's quantities right after event `version`: what an answer to a write holds."""

    physical: int
    buffer: int
    broadcast: int
    oversold: int
    counted: bool
    version: int


def numbers(inventory: Inventory) -> Numbers:
    """Return the quantities of `inventory` as a value."""
    return Numbers(
        inventory.physical,
        inventory.buffer,
        inventory.broadcast,
        inventory.oversold,
        inventory.counted,
        inventory.version,
    )
