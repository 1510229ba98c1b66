"""Leases: one holder of a name at a time, fenced by a number that only grows."""

from datetime import timedelta

import msgspec

from processor.clock import Clock, Instant, instant, moment
from processor.registers import Registers


class Lease(msgspec.Struct, frozen=True):
    """`holder` has `name` until `expires`. `fence` grows with every change of holder: a later holder's is higher.

    `revision` is the register's, for the next compare-and-set.
    """

    name: str
    holder: str
    fence: int
    expires: Instant
    revision: int


class _Stored(msgspec.Struct, frozen=True):
    holder: str
    fence: int
    expires: Instant


class Leases:
    """Leases over registers. Machines' clocks must agree to within a fraction of a lease's length."""

    def __init__(self, registers: Registers, clock: Clock) -> None:
        self._registers, self._clock = registers, clock

    def acquire(self, name: str, holder: str, length: timedelta) -> Lease | None:
        """Take `name` if it is free, expired or `holder`'s own; None while another has it."""
        register = self._registers.read(f"lease/{name}")
        if register is None:
            return self._write(name, holder, 1, length, 0)
        stored = msgspec.json.decode(register.value, type=_Stored)
        if stored.holder == holder and self._clock() < stored.expires:
            return self._write(name, holder, stored.fence, length, register.revision)
        if self._clock() < stored.expires:
            return None
        return self._write(name, holder, stored.fence + 1, length, register.revision)

    def renew(self, lease: Lease, length: timedelta) -> Lease | None:
        """Prolong a lease that is still held; None where it was lost or has expired: stop at once."""
        if self._clock() >= lease.expires:
            return None
        return self._write(lease.name, lease.holder, lease.fence, length, lease.revision)

    def holder(self, name: str) -> str | None:
        """Return who has `name` now, None where it is free or expired."""
        register = self._registers.read(f"lease/{name}")
        if register is None:
            return None
        stored = msgspec.json.decode(register.value, type=_Stored)
        return stored.holder if self._clock() < stored.expires else None

    def left(self, lease: Lease) -> timedelta:
        """Return how long a lease lasts yet; negative once it has expired."""
        return moment(lease.expires) - moment(self._clock())

    def release(self, lease: Lease) -> None:
        """Let go, so that another can take over at once. A lease that was lost is left alone."""
        self._write(lease.name, lease.holder, lease.fence, timedelta(0), lease.revision)

    def _write(self, name: str, holder: str, fence: int, length: timedelta, revision: int) -> Lease | None:
        expires = instant(moment(self._clock()) + length)
        value = msgspec.json.encode(_Stored(holder, fence, expires))
        if not self._registers.write(f"lease/{name}", value, revision):
            return None
        return Lease(name, holder, fence, expires, revision + 1)
