"""What a reader of files tells: rows with their facts, rows that are wrong, and why a file is none."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import msgspec

from processor.clock import Instant
from stock.identities import Sku

Value = str | int | None
KEPT = 1000
"""How many wrong rows are kept with their reasons; the others are only counted."""


class FileFact(msgspec.Struct, frozen=True):
    """One fact, as `POST /api/batch` takes it. `tx` is the same whenever the same file tells it."""

    type: str
    sku: Sku
    fields: Mapping[str, Value]
    tx: str
    at: Instant | None = None

    @property
    def body(self) -> dict[str, Value]:
        """The fact in the API's names."""
        when = {} if self.at is None else {"occurredAt": self.at}
        return {"type": self.type, "sku": self.sku, **self.fields, "tx": self.tx, **when}


class Row(msgspec.Struct, frozen=True):
    """A row, at the line it begins on, from 1, and what it states, in order."""

    line: int
    facts: tuple[FileFact, ...]


class BadRow(msgspec.Struct, frozen=True):
    """A row that cannot be taken, and what to do about it; `cells` as they were read."""

    line: int
    reason: str
    cells: tuple[str, ...] = ()


class Findings(msgspec.Struct, frozen=True):
    """What reading a whole file found: its rows, good and bad, without the `blank` ones.

    `bad` holds the first KEPT of them. `facts` are those of the good rows; `notes` tell what a person should know.
    """

    good: int
    facts: int
    blank: int
    wrong: int
    bad: tuple[BadRow, ...]
    notes: tuple[str, ...] = ()


class ImportFile(Protocol):
    """A file that was found to be of its kind."""

    header: tuple[str, ...]

    def check(self) -> Findings:
        """Read all of it, and return what there is."""
        ...

    def rows(self) -> Iterator[Row | BadRow]:
        """Yield the rows in their order; wrong ones have no facts. Call `check` first."""
        ...


class Unreadable(Exception):
    """The file is not what it should be: nothing of it can be taken."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.line = line


class Wrong(ValueError):
    """A row cannot be taken; the text says why, and what to do."""
