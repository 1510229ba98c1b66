"""How far each shard was taken: a register per shard, moved by compare-and-set."""

import msgspec

from processor.registers import Registers


class Place(msgspec.Struct, frozen=True):
    """All up to `sequence` was taken; None: nothing yet. `ended`: all of a closed shard."""

    sequence: str | None = None
    ended: bool = False


class Checkpoints:
    """The places of shards, by their names."""

    def __init__(self, registers: Registers) -> None:
        self._registers = registers

    def read(self, shard: str) -> tuple[Place, int]:
        """Return a shard's place and its revision, for the next `move`."""
        register = self._registers.read(f"followed/{shard}")
        if register is None:
            return Place(), 0
        return msgspec.json.decode(register.value, type=Place), register.revision

    def move(self, shard: str, place: Place, revision: int) -> bool:
        """Keep a shard's place; False where another has moved it since."""
        return self._registers.write(f"followed/{shard}", msgspec.json.encode(place), revision)
