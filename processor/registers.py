"""The port of registers: small named values changed by compare-and-set.

Leases, generation pointers and delivery attempts are registers; each is written once here and runs on every store.
"""

from collections.abc import Iterator
from typing import Protocol

import msgspec


class Register(msgspec.Struct, frozen=True, gc=False):
    """A register's value and how often it has been written (from 1)."""

    value: bytes
    revision: int


class Registers(Protocol):
    """Named values. Names are printable text of at most 1,000 bytes; values at most 300 kB.

    Any method may raise `StoreUnavailable`; then whether a write took effect is unknown: read again.
    """

    def read(self, name: str) -> Register | None:
        """Return the register, or None where it was never written. Strongly consistent."""
        ...

    def write(self, name: str, value: bytes, expected: int) -> bool:
        """Set the register if its revision is still `expected` (0: never written), making it `expected` + 1.

        Answers False, having changed nothing, where it is not.
        """
        ...

    def scan(self, prefix: str) -> Iterator[tuple[str, Register]]:
        """Yield the registers whose name begins with `prefix`, in order of name. May be eventually consistent."""
        ...
