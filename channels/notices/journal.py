"""Where a target's progress is kept: the register `notices/<tenant>/<target>`."""

from datetime import timedelta

import msgspec
import structlog

from channels.errors import LeaseLost
from channels.notices.progress import Progress, begun
from processor.clock import Clock, moment
from processor.registers import Registers

ABSENT = timedelta(days=7)
"""A target that nobody has tended for so long begins anew: what came meanwhile is old."""

_log = structlog.get_logger("channels.notices")


class Journal:
    """One target's progress, kept in memory while this process tends the target. Raises StoreUnavailable."""

    def __init__(self, registers: Registers, tenant: str, target: str, clock: Clock) -> None:
        self._registers, self._clock = registers, clock
        self._name, self._tenant, self._target = f"notices/{tenant}/{target}", tenant, target
        self._known: tuple[Progress, int] | None = None

    def forget(self) -> None:
        """Read the register again next time: another may have written it, or nobody knows what was."""
        self._known = None

    def progress(self) -> Progress:
        """Return how far the target is; one that was never tended, or not for long, begins now."""
        known = self._known or self._read()
        now = self._clock()
        if known is None or moment(now) - moment(known[0].seen) > ABSENT:
            self._known = begun(now), known[1] if known else 0
            self.write(self._known[0])
            event = "notices.begins_anew" if known else "notices.begins"
            _log.info(event, tenant=self._tenant, target=self._target, older_than=now, are="not told")
            return begun(now)
        self._known = known
        return known[0]

    def write(self, progress: Progress) -> None:
        """Replace the progress that was read. Raises LeaseLost, changing nothing, where another wrote it."""
        if self._known is None:
            raise LeaseLost(self._name, 0)
        revision = self._known[1]
        self._known = None  # where writing fails nobody knows what is stored
        if not self._registers.write(self._name, msgspec.msgpack.encode(progress), revision):
            raise LeaseLost(self._name, 0)
        self._known = progress, revision + 1

    def _read(self) -> tuple[Progress, int] | None:
        register = self._registers.read(self._name)
        return (msgspec.msgpack.decode(register.value, type=Progress), register.revision) if register else None
