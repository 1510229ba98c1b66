"""Where an arriving run of events stands to a row: the whole vocabulary of being in, out of, or ahead of step."""

from typing import Literal

import msgspec


class Apply(msgspec.Struct, frozen=True, gc=False):
    """Fold the run from its `skip`-th event on: it continues at the row's position."""

    skip: int


Verdict = Apply | Literal["discard", "gap"]


def classify(position: int, first: int, last: int) -> Verdict:
    """Classify a gap-free run of versions `first`..`last` (both inclusive) against a row at `position`.

    `discard`: all of it was folded before. `gap`: events between are missing; read them from the log.
    """
    if last <= position:
        return "discard"
    if first > position + 1:
        return "gap"
    return Apply(position + 1 - first)
