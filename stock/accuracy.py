"""How far what a channel showed was from what it should have shown."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby, pairwise
from operator import attrgetter
from typing import NamedTuple

import msgspec

from processor.clock import Instant, moment


class Step(NamedTuple):
    """From `at` on it is `quantity`; None: nobody knows, or it does not matter."""

    at: Instant
    quantity: int | None


_when = attrgetter("at")


class Window(NamedTuple):
    """From `since` to before `until`."""

    since: Instant
    until: Instant


class Accuracy(msgspec.Struct, frozen=True):
    """How long, how often and by how much a channel showed a wrong number.

    Times are seconds. `watched` is how long both numbers were known. `over` is how long too much was shown, `under` too
    little, `episodes` how often, `longest` the longest of them. `unit_seconds_over` is the excess multiplied with its
    time. `greatest_over` and `greatest_under` are the largest differences. `sellable_twice` adds the largest excess of
    each episode up: so many units could have been sold that were not there.
    """

    watched: float = 0.0
    over: float = 0.0
    under: float = 0.0
    episodes: int = 0
    longest: float = 0.0
    unit_seconds_over: float = 0.0
    greatest_over: int = 0
    greatest_under: int = 0
    sellable_twice: int = 0


class _Stretch(NamedTuple):
    """So many seconds that both numbers stood. `excess`: shown less desired, None where one was not known."""

    seconds: float
    excess: int | None


def compare(desired: Sequence[Step], shown: Sequence[Step], window: Window, grace: timedelta) -> Accuracy:
    """Return how far `shown` was from `desired` within `window`.

    Steps come in order of time; before the first nothing is known. A number that was right again within `grace` was
    never wrong: a channel needs a moment to take what it is told.
    """
    stretches = list(_stretches(desired, shown, window))
    found = Accuracy(sum(stretch.seconds for stretch in stretches if stretch.excess is not None))
    for wrong, episode in groupby(stretches, key=lambda stretch: bool(stretch.excess)):
        if wrong:
            found = _with(found, list(episode), grace)
    return found


def _with(found: Accuracy, episode: Sequence[_Stretch], grace: timedelta) -> Accuracy:
    """Return `found` with one more time that a wrong number was shown."""
    seconds = sum(stretch.seconds for stretch in episode)
    if seconds <= grace.total_seconds():
        return found
    excesses = [stretch.excess or 0 for stretch in episode]
    most = max(0, *excesses)
    return Accuracy(
        watched=found.watched,
        over=found.over + sum(stretch.seconds for stretch in episode if (stretch.excess or 0) > 0),
        under=found.under + sum(stretch.seconds for stretch in episode if (stretch.excess or 0) < 0),
        episodes=found.episodes + 1,
        longest=max(found.longest, seconds),
        unit_seconds_over=found.unit_seconds_over
        + sum(stretch.seconds * max(0, stretch.excess or 0) for stretch in episode),
        greatest_over=max(found.greatest_over, most),
        greatest_under=max(found.greatest_under, -min(0, *excesses)),
        sellable_twice=found.sellable_twice + most,
    )


def _stretches(desired: Sequence[Step], shown: Sequence[Step], window: Window) -> Iterator[_Stretch]:
    """Yield what stood within the window, one after the other, none of no length."""
    edges = {step.at for step in (*desired, *shown) if window.since < step.at < window.until}
    for begin, end in pairwise(sorted({*window, *edges})):
        wanted, seen = _at(desired, begin), _at(shown, begin)
        excess = None if wanted is None or seen is None else seen - wanted
        yield _Stretch((moment(end) - moment(begin)).total_seconds(), excess)


def _at(steps: Sequence[Step], at: Instant) -> int | None:
    """Return what stood at a moment."""
    place = bisect_right(steps, at, key=_when)
    return steps[place - 1].quantity if place else None


def together(parts: Sequence[Accuracy]) -> Accuracy:
    """Return what `parts` come to: times and counts added up, the greatest of what is greatest."""
    return Accuracy(
        watched=sum(part.watched for part in parts),
        over=sum(part.over for part in parts),
        under=sum(part.under for part in parts),
        episodes=sum(part.episodes for part in parts),
        longest=max((part.longest for part in parts), default=0.0),
        unit_seconds_over=sum(part.unit_seconds_over for part in parts),
        greatest_over=max((part.greatest_over for part in parts), default=0),
        greatest_under=max((part.greatest_under for part in parts), default=0),
        sellable_twice=sum(part.sellable_twice for part in parts),
    )
