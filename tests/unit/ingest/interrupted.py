"""A door that is interrupted: before its n-th call to the log or the recorder, something else happens."""

from collections.abc import Callable
from typing import Any

from ingest.shopify.hmac import Shop
from ingest.shopify.webhook import ShopifyDoor
from processor.clock import system_clock
from processor.engine import Engine
from tests.payloads import SECRET, SHOP
from tests.unit.ingest.conftest import TENANT


class Interruption:
    """Counts calls, and does `then` once, before call number `at` (from 0)."""

    def __init__(self, at: int, then: Callable[[], object]) -> None:
        self.calls, self._at, self._then = 0, at, then

    def around(self, part: object) -> Any:
        """Return `part`, its calls counted."""
        return _Counted(part, self)

    def call(self) -> None:
        self.calls += 1
        if self.calls == self._at + 1:
            self._then()


class _Counted:
    def __init__(self, part: object, interruption: Interruption) -> None:
        self._part, self._interruption = part, interruption

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)

        def call(*given: Any, **named: Any) -> Any:
            self._interruption.call()
            return found(*given, **named)

        return call


def an_interrupted_door(engine: Engine, interruption: Interruption) -> ShopifyDoor:
    """Return a door whose every call counts."""
    shops = {SHOP: Shop(SHOP, TENANT, [SECRET])}
    recorder, log = interruption.around(engine.recorder), interruption.around(engine.store.log)
    return ShopifyDoor(recorder, log, shops, system_clock)
