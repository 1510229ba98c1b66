"""Rows kept in memory between rings, so that a hot row need not be loaded again."""

from collections.abc import Iterable, Mapping
from threading import Lock

from processor.cell import Cell
from processor.streams import StreamId

Shelf = dict[str, Cell]
"""The cells of all models whose rows have one key, by the model's name."""


class CellCache:
    """The shelves that this process worked on last, at most `limit`, least recently used out first.

    Never the truth: a cached row that another worker has moved loses its compare-and-set and is loaded. A shelf is
    taken out while it is worked on, so no two threads share an accumulator.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._lock = limit, Lock()
        self._shelves: dict[StreamId, Shelf] = {}

    def take(self, keys: Iterable[StreamId]) -> dict[StreamId, Shelf]:
        """Take out the shelves of `keys`: an empty one where none is kept."""
        with self._lock:
            pop = self._shelves.pop
            return {key: pop(key, {}) for key in keys}

    def look(self, key: StreamId, name: str) -> Cell | None:
        """Return the cell of the model `name` without taking it out: for reading a word of it, at some moment."""
        shelf = self._shelves.get(key)
        return None if shelf is None else shelf.get(name)

    def put(self, shelves: Mapping[StreamId, Shelf]) -> None:
        """Keep shelves whose cells are durable, or can be folded again from what is."""
        with self._lock:
            kept = self._shelves
            kept.update(shelves)
            while len(kept) > self._limit:
                del kept[next(iter(kept))]
