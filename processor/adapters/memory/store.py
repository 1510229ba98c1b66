"""The three ports over one lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from processor.adapters.memory.log import MemoryLog
from processor.adapters.memory.models import MemoryModels
from processor.adapters.memory.registers import MemoryRegisters
from processor.clock import Clock, system_clock


class MemoryStore:
    """A store that lives as long as its process. Its `unit` keeps others out but undoes nothing."""

    joins = False

    def __init__(self, clock: Clock = system_clock) -> None:
        self._lock = RLock()
        self.log = MemoryLog(self._lock, clock)
        self.models = MemoryModels(self._lock, self.log)
        self.registers = MemoryRegisters(self._lock)

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Hold the store's lock: writes inside are seen together, and each stands alone."""
        with self._lock:
            yield

    def close(self) -> None:
        """Nothing to let go of."""
