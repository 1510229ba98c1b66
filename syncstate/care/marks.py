"""The mark of a restore in the store itself: while it says that one is under way, nobody else opens the store.

An embedded store needs none: its copy gets its name when it is whole.
"""

from typing import Literal

import msgspec

from processor.clock import Instant
from processor.errors import Contended, ProcessorError
from processor.registers import Registers

MARK = "restore"
"""The register's name."""


class RestoreHalfDone(ProcessorError):
    """A restore into the store was broken off, or is still under way."""

    def __init__(self, mark: "Mark") -> None:
        super().__init__(
            f"a restore of {mark.source} into this store began at {mark.began} and has not ended: wait for it, or where"
            f" it was broken off give its command again; what it has done is not done twice ({mark.again})"
        )
        self.mark = mark


class Mark(msgspec.Struct, frozen=True):
    """A restore. `key` names what is restored by its content, `again` is the command that goes on with it.

    `streams` counts those that are in the store whole, in the order of the copy.
    """

    key: str
    source: str
    began: Instant
    again: str
    state: Literal["under way", "whole"] = "under way"
    streams: int = 0


def mark_of(registers: Registers) -> Mark | None:
    """Return the mark of the newest restore, None where there never was one. Strongly consistent."""
    register = registers.read(MARK)
    return None if register is None else msgspec.json.decode(register.value, type=Mark)


def refuse_half_done(registers: Registers) -> None:
    """Raise RestoreHalfDone where a restore is under way. For whoever opens a store to write to it."""
    mark = mark_of(registers)
    if mark is not None and mark.state == "under way":
        raise RestoreHalfDone(mark)


class Marking:
    """The mark while a restore writes it, by compare-and-set: of two restores at once, one is told."""

    def __init__(self, registers: Registers) -> None:
        register = registers.read(MARK)
        self._registers, self._revision = registers, register.revision if register else 0
        self.mark = msgspec.json.decode(register.value, type=Mark) if register else None

    def write(self, mark: Mark) -> None:
        """Replace the mark. Raises Contended where another restore has written meanwhile."""
        if not self._registers.write(MARK, msgspec.json.encode(mark), self._revision):
            raise Contended("the mark of a restore: another one is at work, and the mark", 1)
        self.mark, self._revision = mark, self._revision + 1
