"""What was counted while a store was read through."""

from collections.abc import Callable

import msgspec

from processor.clock import Instant

Watch = Callable[[str, int], None]
"""Told now and then how far a long work has come: what is counted, and how many so far."""


class Tally(msgspec.Struct):
    """What a store holds. `newest` is when its newest event was recorded; None where there is none."""

    events: int = 0
    streams: int = 0
    newest: Instant | None = None
    rows: int = 0
    documents: int = 0


def nobody(what: str, count: int) -> None:
    """Watch nothing."""
    del what, count
