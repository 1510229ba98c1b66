"""Which streams the read model of alerts has not folded to their end: their alerts may yet appear, in the past."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from itertools import chain
from threading import Lock

import msgspec
import structlog

from processor.clock import Clock, Instant, later
from processor.engine import Engine
from processor.models import Model
from processor.streams import StreamId, fed_row

ALERTS = "alerts"
TRAIL = timedelta(seconds=5)
"""So long after a look its results are used: what was folded before it is in every index then."""

MOST_BEHIND = 1000
MOST_BEHIND_BYTES = 60_000

_PAGE = 500

_log = structlog.get_logger("channels.notices")


class Look(msgspec.Struct, frozen=True):
    """What lagged or was stopped at `at`: per tenant, streams and the version the live model had reached.

    `cut` are tenants of whom there were more than are kept. To be used from `ready` on.
    """

    at: Instant
    ready: Instant
    behind: Mapping[str, Mapping[str, int]]
    cut: frozenset[str] = frozenset()


class Looks:
    """Looks, one at a time, and the newest that can be used. Safe for several threads."""

    def __init__(self, engine: Engine, tenants: Collection[str], clock: Clock) -> None:
        self._engine, self._tenants, self._clock = engine, frozenset(tenants), clock
        self._newest: Look | None = None
        self._usable: Look | None = None
        self._lock = Lock()

    @property
    def usable(self) -> Look | None:
        """The newest look that is old enough, None where there was none."""
        with self._lock:
            if self._newest is not None and self._clock() >= self._newest.ready:
                self._usable = self._newest
            return self._usable

    def look(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Look now. Raises Retryable where the store failed; `stopping` ends it without a result."""
        at = self._clock()
        model = self._engine.live(ALERTS)
        found: dict[str, dict[str, int]] = {}
        sizes: dict[str, int] = {}
        cut: set[str] = set()
        for stream, version in self._positions(model, stopping):
            own, name = found.setdefault(stream.tenant, {}), str(stream)
            sizes[stream.tenant] = sizes.get(stream.tenant, 0) + len(name.encode())
            if len(own) >= MOST_BEHIND or sizes[stream.tenant] > MOST_BEHIND_BYTES:
                cut.add(stream.tenant)
            else:
                own[name] = version
        if stopping():
            return
        for tenant in sorted(cut):
            _log.error("notices.too_many_behind", tenant=tenant, kept=len(found[tenant]))
        usable = self.usable
        with self._lock:
            self._usable, self._newest = usable, Look(at, later(self._clock(), TRAIL), found, frozenset(cut))

    def _positions(self, model: Model, stopping: Callable[[], bool]) -> Iterator[tuple[StreamId, int]]:
        """Yield the tenants' streams that are behind, each at the version it has reached."""
        models, feeds = self._engine.store.models, self._engine.runner.projections[ALERTS].feeds
        held = (stream for _, stream, _ in models.held(model))
        page: list[StreamId] = []
        for stream in chain(held, models.lagging(model, feeds)):
            if stopping():
                return
            if stream.tenant in self._tenants:
                page.append(stream)
            if len(page) == _PAGE:
                yield from reached(self._engine, model, page)
                page.clear()
        yield from reached(self._engine, model, page)


def reached(engine: Engine, model: Model, streams: Collection[StreamId]) -> Iterator[tuple[StreamId, int]]:
    """Yield for each stream the version up to which `model` has folded it. Strongly consistent."""
    feeds = engine.runner.projections[model.projection].feeds
    keys = {stream: fed_row(feeds, stream) or stream for stream in streams}
    rows = engine.store.models.load(model, list(dict.fromkeys(keys.values())))
    for stream, key in keys.items():
        yield stream, rows[key].positions.get(stream, 0) if key in rows else 0
