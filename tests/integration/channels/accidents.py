"""Parts that stop working at a chosen moment: real ones, with a trap before or after one of their calls."""

from collections.abc import Callable, Iterator, Sequence

from channels.offers import Offer, Offers, Submitted
from processor.errors import StoreUnavailable
from processor.log import Append, EventLog, Outcome
from processor.registers import Register, Registers


class Killed(BaseException):
    """The process ended here."""


class Trap:
    """Springs once, at the call with this number (from 1)."""

    def __init__(self, at: int = 1) -> None:
        self._left = at

    def springs(self) -> bool:
        self._left -= 1
        return self._left == 0


class DyingClient:
    """A client whose process is killed around a call that sets a quantity."""

    def __init__(self, client: Offers, *, before: Trap | None = None, after: Trap | None = None) -> None:
        self._client, self._before, self._after = client, before, after

    def set_quantity(self, listing: str, quantity: int, product_type: str) -> Submitted:
        if self._before and self._before.springs():
            raise Killed
        submitted = self._client.set_quantity(listing, quantity, product_type)
        if self._after and self._after.springs():
            raise Killed
        return submitted

    def listing(self, listing: str) -> Offer:
        return self._client.listing(listing)


class InterruptedClient:
    """A client during whose calls something else happens."""

    def __init__(self, client: Offers, meanwhile: Callable[[str], None]) -> None:
        self._client, self._meanwhile = client, meanwhile

    def set_quantity(self, listing: str, quantity: int, product_type: str) -> Submitted:
        submitted = self._client.set_quantity(listing, quantity, product_type)
        self._meanwhile("set_quantity")
        return submitted

    def listing(self, listing: str) -> Offer:
        offer = self._client.listing(listing)
        self._meanwhile("listing")
        return offer


class DyingRegisters:
    """Registers whose process is killed around a write of a delivery row."""

    def __init__(self, registers: Registers, *, before: Trap | None = None, after: Trap | None = None) -> None:
        self._registers, self._before, self._after = registers, before, after

    def read(self, name: str) -> Register | None:
        return self._registers.read(name)

    def write(self, name: str, value: bytes, expected: int) -> bool:
        ours = name.startswith("delivery/")
        if ours and self._before and self._before.springs():
            raise Killed
        written = self._registers.write(name, value, expected)
        if ours and self._after and self._after.springs():
            raise Killed
        return written

    def scan(self, prefix: str) -> Iterator[tuple[str, Register]]:
        return self._registers.scan(prefix)


class SlowRegisters(DyingRegisters):
    """Registers with whose write of a delivery row something else happens."""

    def __init__(self, registers: Registers, meanwhile: Callable[[], object]) -> None:
        super().__init__(registers)
        self._slow = meanwhile

    def write(self, name: str, value: bytes, expected: int) -> bool:
        written = super().write(name, value, expected)
        if name.startswith("delivery/"):
            self._slow()
        return written


class TrailingRegisters(DyingRegisters):
    """Registers whose scans do not show the newest writes yet."""

    trails = True

    def scan(self, prefix: str) -> Iterator[tuple[str, Register]]:
        return iter(()) if self.trails else super().scan(prefix)


class FailingLog:
    """A log that fails around an append of an outcome: before it took effect, or after, so that nobody knows."""

    def __init__(self, log: EventLog, *, before: Trap | None = None, after: Trap | None = None) -> None:
        self._log, self._before, self._after = log, before, after

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        ours = any(append.stream.category == "channel" for append in appends)
        if ours and self._before and self._before.springs():
            raise StoreUnavailable("append", "on command")
        outcomes = self._log.append(appends)
        if ours and self._after and self._after.springs():
            raise StoreUnavailable("append", "on command, afterwards")
        return outcomes

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)
