"""Rows kept in memory between rings, so that a hot row need not be loaded again."""

from collections import OrderedDict
from threading import Lock

from processor.cell import Cell
from processor.models import Model
from processor.streams import StreamId


class CellCache:
    """The newest rows that this process committed, least recently used out first.

    Never the truth: a cached row that another worker has moved loses its compare-and-set and is loaded. A cell is
    taken out while it is worked on, so no two threads share an accumulator.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._lock = limit, Lock()
        self._cells: OrderedDict[tuple[str, int, StreamId], Cell] = OrderedDict()

    def take(self, model: Model, keys: list[StreamId]) -> dict[StreamId, Cell]:
        """Take out the cached cells among `keys`."""
        name, generation = model.projection, model.generation
        with self._lock:
            pop = self._cells.pop
            found = [(key, pop((name, generation, key), None)) for key in keys]
        return {key: cell for key, cell in found if cell is not None}

    def put(self, cells: list[Cell]) -> None:
        """Keep cells whose state is durable. A newer one of the same row stays."""
        with self._lock:
            for cell in cells:
                place = (cell.model.projection, cell.model.generation, cell.key)
                present = self._cells.get(place)
                if present is None or present.revision < cell.revision:
                    self._cells[place] = cell
                    self._cells.move_to_end(place)
            while len(self._cells) > self._limit:
                self._cells.popitem(last=False)
