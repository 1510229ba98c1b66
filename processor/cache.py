"""Rows kept in memory between rings, so that a hot row need not be loaded again."""

from collections import defaultdict
from collections.abc import Iterable
from threading import Lock

from processor.cell import Cell
from processor.models import Model
from processor.streams import StreamId


class CellCache:
    """The rows that this process worked on last, at most `limit` per model, least recently used out first.

    Never the truth: a cached row that another worker has moved loses its compare-and-set and is loaded. A cell is
    taken out while it is worked on, so no two threads share an accumulator.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._lock = limit, Lock()
        self._cells: defaultdict[Model, dict[StreamId, Cell]] = defaultdict(dict)

    def take(self, model: Model, keys: Iterable[StreamId]) -> dict[StreamId, Cell]:
        """Take out the cached cells among `keys`."""
        with self._lock:
            pop = self._cells[model].pop
            found = [(key, pop(key, None)) for key in keys]
        return {key: cell for key, cell in found if cell is not None}

    def put(self, cells: Iterable[Cell]) -> None:
        """Keep cells whose state is durable, or can be folded again from what is."""
        with self._lock:
            for cell in cells:
                kept = self._cells[cell.model]
                kept[cell.key] = cell
                if len(kept) > self._limit:
                    del kept[next(iter(kept))]
