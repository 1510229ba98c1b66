"""Registers in a dictionary: `Registers` as its port documents it."""

from collections.abc import Iterator
from threading import RLock

from processor.registers import Register


class MemoryRegisters:
    """Named values under the store's lock."""

    def __init__(self, lock: RLock) -> None:
        self._lock = lock
        self._registers: dict[str, Register] = {}

    def read(self, name: str) -> Register | None:
        """See `Registers.read`."""
        with self._lock:
            return self._registers.get(name)

    def write(self, name: str, value: bytes, expected: int) -> bool:
        """See `Registers.write`."""
        with self._lock:
            present = self._registers.get(name)
            if (present.revision if present else 0) != expected:
                return False
            self._registers[name] = Register(value, expected + 1)
            return True

    def scan(self, prefix: str) -> Iterator[tuple[str, Register]]:
        """See `Registers.scan`."""
        with self._lock:
            names = sorted(name for name in self._registers if name.startswith(prefix))
            return iter([(name, self._registers[name]) for name in names])
