"""Where an arriving run of events stands to a row: the whole vocabulary of being in, out of, or ahead of step."""

from typing import Literal

Verdict = int | Literal["discard", "gap"]
"""How many events of the run to skip before folding the rest; or that all of it was folded before (`discard`), or
that events between are missing and must be read from the log (`gap`)."""


def classify(position: int, first: int, last: int) -> Verdict:
    """Classify a gap-free run of versions `first`..`last` (both inclusive) against a row at `position`."""
    if last <= position:
        return "discard"
    if first > position + 1:
        return "gap"
    return position + 1 - first
