"""Rounds: the sides of a comparison take turns, so that what else the machine does falls on all of them alike."""

import gc
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

import msgspec


class Series(msgspec.Struct, frozen=True):
    """What one side did per second, round by round."""

    rates: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.rates)

    @property
    def spread(self) -> tuple[float, float]:
        """The slowest and the fastest round."""
        return min(self.rates), max(self.rates)


Side = Callable[[], float]
"""Does one round's work and answers its rate per second."""


def interleave(rounds: int, sides: Mapping[str, Side]) -> dict[str, Series]:
    """Let every side work once per round, in turn; the first round warms up and is not counted."""
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, side in sides.items():
            rate = side()
            if number:
                rates[name].append(rate)
    return {name: Series(tuple(found)) for name, found in rates.items()}


def rate(amount: int, work: Callable[[], object]) -> float:
    """Return `amount` per second of `work`, which does that much. Another side's garbage is collected before."""
    gc.collect()
    began = perf_counter()
    work()
    return amount / (perf_counter() - began)


def ratio(ours: Series, peer: Series) -> Series:
    """Return ours over the peer's, round by round."""
    return Series(tuple(a / b for a, b in zip(ours.rates, peer.rates, strict=True)))
