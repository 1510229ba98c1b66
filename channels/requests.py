"""What operators ask of a dispatcher: look at every listing now, or at one. A register, which any process may write."""

import msgspec

from processor.clock import Instant
from processor.errors import Contended
from processor.registers import Registers
from stock.identities import Channel, Sku

MOST = 100
"""So many SKUs are remembered, the newest; with more, every listing is to be looked at."""

_RACES = 20


class Request(msgspec.Struct, frozen=True, array_like=True):
    """Look at `sku`, as somebody asked at `at`."""

    at: Instant
    sku: Sku


class Requests(msgspec.Struct, frozen=True):
    """What was asked: when every listing, and which ones, oldest first. `at` are all different."""

    every: Instant = Instant("")
    skus: tuple[Request, ...] = ()

    def plus(self, at: Instant, sku: Sku | None) -> "Requests":
        """Return the same with one more request, no earlier than those before."""
        if sku is None:
            return msgspec.structs.replace(self, every=max(at, self.every))
        if len(self.skus) >= MOST:
            return Requests(max(at, self.every))
        kept = tuple(request for request in self.skus if request.sku != sku)
        return msgspec.structs.replace(self, skus=(*kept, Request(max(at, self._newest), sku)))

    @property
    def _newest(self) -> Instant:
        return self.skus[-1].at if self.skus else Instant("")


class RequestBook:
    """The requests of one channel's tenants: the register `asked/<tenant>/<channel>`. Raises StoreUnavailable."""

    def __init__(self, registers: Registers, channel: Channel) -> None:
        self._registers, self._channel = registers, channel

    def read(self, tenant: str) -> Requests:
        """Return what was asked. Strongly consistent."""
        register = self._registers.read(self._name(tenant))
        return Requests() if register is None else msgspec.json.decode(register.value, type=Requests)

    def ask(self, tenant: str, at: Instant, sku: Sku | None = None) -> None:
        """Ask for a look at every listing, or at the one of `sku`. Raises Contended too."""
        for _ in range(_RACES):
            register = self._registers.read(self._name(tenant))
            before = Requests() if register is None else msgspec.json.decode(register.value, type=Requests)
            value = msgspec.json.encode(before.plus(at, sku))
            if self._registers.write(self._name(tenant), value, register.revision if register else 0):
                return
        raise Contended(self._name(tenant), _RACES)

    def _name(self, tenant: str) -> str:
        return f"asked/{tenant}/{self._channel}"
