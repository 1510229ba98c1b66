"""Working on many lines without keeping those waiting who go one by one."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar

from channels.line import Line as Wire

SLICE = 20
"""So many are worked on at least at a time."""

Thing = TypeVar("Thing")


class Slicer:
    """Cuts off as many as there is time for until somebody can be told by himself."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def of(self, left: deque[Thing], stopping: Callable[[], bool]) -> Iterator[Thing]:
        """Yield what is left, taking it away: SLICE at least, then until a quantity can be told, or time is up."""
        done = 0
        while left and not stopping() and (done < SLICE or self._wire.pause("set_quantity")):
            yield left.popleft()
            done += 1
