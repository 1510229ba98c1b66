"""How far each shard has been read: a register per shard, changed by compare-and-set."""

import msgspec

from processor.registers import Registers


class Checkpoint(msgspec.Struct, frozen=True):
    """The last record of a shard that is done, None for none; `ended`: so are all. `revision` is the register's."""

    sequence: str | None = None
    ended: bool = False
    revision: int = 0


class _Stored(msgspec.Struct, frozen=True):
    sequence: str | None
    ended: bool = False


class Checkpoints:
    """The checkpoints of one stream, `name`: a stream that was made anew under an old one's name begins anew."""

    def __init__(self, registers: Registers, name: str) -> None:
        self._registers, self._name = registers, name

    def read(self, shard: str) -> Checkpoint:
        """Return how far `shard` was read."""
        register = self._registers.read(self._register(shard))
        if register is None:
            return Checkpoint()
        stored = msgspec.json.decode(register.value, type=_Stored)
        return Checkpoint(stored.sequence, stored.ended, register.revision)

    def move(self, shard: str, before: Checkpoint, sequence: str | None, *, ended: bool = False) -> Checkpoint | None:
        """Note that `shard` is done up to `sequence`; None, with nothing changed, where another has moved it."""
        value = msgspec.json.encode(_Stored(sequence, ended))
        if not self._registers.write(self._register(shard), value, before.revision):
            return None
        return Checkpoint(sequence, ended, before.revision + 1)

    def _register(self, shard: str) -> str:
        return f"kinesis/{self._name}/{shard}"
