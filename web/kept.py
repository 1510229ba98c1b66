"""What costs the more the more there is: worked out at once while that is cheap, else kept, and renewed behind."""

from collections.abc import Callable
from threading import Lock, Thread
from time import monotonic
from typing import Generic, TypeVar

import msgspec
import structlog

FRESH_SECONDS = 0.25
"""What is kept is worked out again when it is asked for and older than this, or than twenty times its own cost."""

V = TypeVar("V")
_log = structlog.get_logger("web.kept")


class _Known(msgspec.Struct, Generic[V]):
    value: V
    due: float
    working: bool = False


class Kept(Generic[V]):
    """A value per tenant. Where `cheap` it is exact at every call; else as of the call before, or newer.

    So nobody waits for a long count, but for the first one after the start, and not for that where the program asked
    before it served.
    """

    def __init__(self, work: Callable[[str], V], cheap: Callable[[V], bool]) -> None:
        self._work, self._cheap = work, cheap
        self._known: dict[str, _Known[V]] = {}
        self._lock = Lock()

    def __call__(self, tenant: str) -> V:
        """Return the tenant's value. Raises what working it out raises, where that is done at once."""
        with self._lock:
            known = self._known.get(tenant)
            if known is not None and not self._cheap(known.value):
                if not known.working and monotonic() >= known.due:
                    known.working = True
                    Thread(target=self._behind, args=(tenant, known), name="counting", daemon=True).start()
                return known.value
        return self._now(tenant)

    def _now(self, tenant: str) -> V:
        began = monotonic()
        value = self._work(tenant)
        ended = monotonic()
        with self._lock:
            self._known[tenant] = _Known(value, ended + max(FRESH_SECONDS, 20 * (ended - began)))
        return value

    def _behind(self, tenant: str, known: _Known[V]) -> None:
        try:
            self._now(tenant)
        except Exception as error:  # noqa: BLE001 - whatever it was, the next one who asks has it tried again
            _log.warning("count.waits", reason=f"{type(error).__name__}: {error}")
            known.due, known.working = monotonic() + 1, False
