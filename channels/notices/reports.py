"""How targets are being told, for operators: read from what the couriers note."""

import msgspec

from channels.notices.progress import Progress
from processor.clock import Instant
from processor.registers import Registers

_PREFIX = "notices/"


class Report(msgspec.Struct, frozen=True):
    """One target of a tenant, tended last at `seen`: how many messages were `given_up` since it was turned on.

    `waiting_since` is when the message was put together that is under way or is tried again, None where none is.
    """

    tenant: str
    target: str
    seen: Instant
    given_up: int
    gave_up_at: Instant | None
    delivered_at: Instant | None
    waiting_since: Instant | None

    @property
    def troubled(self) -> bool:
        """Whether a message was given up, and none has been delivered since."""
        return self.gave_up_at is not None and self.gave_up_at > (self.delivered_at or "")


def reports(registers: Registers, tenant: str | None = None) -> list[Report]:
    """Return a report of every target (of `tenant`) that was ever tended, by their names. Raises StoreUnavailable."""
    prefix = _PREFIX if tenant is None else f"{_PREFIX}{tenant}/"
    found = (
        _report(name.removeprefix(_PREFIX), msgspec.msgpack.decode(register.value, type=Progress))
        for name, register in registers.scan(prefix)
    )
    return sorted(found, key=lambda report: (report.tenant, report.target))


def _report(name: str, progress: Progress) -> Report:
    tenant, _, target = name.partition("/")
    return Report(
        tenant,
        target,
        progress.seen,
        progress.given_up,
        progress.gave_up_at or None,
        progress.delivered_at or None,
        progress.batch.at if progress.batch is not None else None,
    )
