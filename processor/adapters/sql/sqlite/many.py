"""Statements over many rows, in as few steps as can be.

The driver gives the interpreter's lock away at every step and waits to get it back, so that a step per row lets every
other thread in between, row by row; and one step of many rows costs about half of what a step each does.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from sqlite3 import Connection
from typing import Any

_SIZES = (64, 16, 4, 1)
"""Rows in one statement: few sizes, so that each is prepared once."""

Rows = Sequence[tuple[Any, ...]]


class Many:
    """A statement whose text holds a row of placeholders as often as it is given rows."""

    def __init__(self, text: str, row: str) -> None:
        """`text` holds `{rows}` where the rows go, each as `row` is: `(?, ?)`."""
        self._texts = {size: text.format(rows=", ".join([row] * size)) for size in _SIZES}

    def __call__(self, connection: Connection, rows: Rows) -> int:
        """Run it for all rows, in order, and return how many rows of the table it changed."""
        return sum(self.one(connection, part) for part in parts(rows))

    def one(self, connection: Connection, part: Rows) -> int:
        """Run it for one of the `parts` of rows, which it takes whole or, where it raises, not at all."""
        return connection.execute(self._texts[len(part)], list(chain.from_iterable(part))).rowcount


def parts(rows: Rows) -> Iterator[Rows]:
    """Yield `rows` in parts of those sizes that a statement may have."""
    begin, left = 0, len(rows)
    for size in _SIZES:
        while left >= size:
            yield rows[begin : begin + size]
            begin, left = begin + size, left - size
