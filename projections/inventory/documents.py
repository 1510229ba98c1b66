"""The inventory document: one per SKU. Beside it, the balances that a long ledger's SKU had on the way."""

from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from processor.clock import Instant
from processor.models import Document
from stock.balance import Balance


class Inventory(Balance, array_like=True, gc=False):
    """A SKU's quantities after its event `version`, recorded at `updated_at`. The row's state is this document.

    `fba_at` is when Amazon's own stock was seen, by Amazon's clock: None where `fba` counts returns alone.
    """

    version: int = 0
    updated_at: Instant = Instant("")
    fba_at: Instant | None = None


EVERY = 250
"""After so many events of a SKU its inventory is written down once more, so that nobody folds them all again."""

_MAX_NAME_BYTES = 800
_encode = msgspec.json.Encoder().encode
balance_of = msgspec.json.Decoder(Inventory).decode
"""Reads the body of `balance`."""


def balance(key: str, inventory: Inventory) -> Document:
    """Return what keeps `inventory` of SKU `key` as it is right after its event `version`."""
    return Document(balance_id(key, inventory.version), _encode(inventory))


def balance_id(key: str, version: int) -> str:
    """Return the id of the balance of SKU `key` after event `version`."""
    name = key.encode()
    told = key if len(name) <= _MAX_NAME_BYTES else "~" + blake2b(name, digest_size=24).hexdigest()
    return f"{version}.{told}"


def balances_until(key: str, version: int) -> Sequence[str]:
    """Return the ids of the two newest balances of SKU `key` up to event `version`, where it has so many."""
    newest = version - version % EVERY
    return [balance_id(key, at) for at in (newest, newest - EVERY) if at > 0]


class Numbers(msgspec.Struct, frozen=True, gc=False):
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
