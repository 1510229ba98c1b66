"""How the read models stand, of all tenants together: what lags, what is stopped."""

from itertools import islice
from threading import Event, Lock, Thread
from time import monotonic

import msgspec

from processor.engine import Engine
from processor.errors import ProcessorError
from processor.store import Store

COUNTED_AT_MOST = 10_000
"""Streams that lag are counted no further, and stopped pairs neither."""

PATIENCE = 2.0
"""Seconds in which a store is to answer."""


class Standing(msgspec.Struct, frozen=True):
    """How many streams each projection lags behind, None where looking is too dear; how many pairs are stopped.

    `outdated` tells of projections that this release cannot read yet; `took` how many seconds it took to look.
    """

    lagging: dict[str, int | None]
    quarantined: int
    outdated: tuple[str, ...]
    took: float


def standing_of(engine: Engine, *, looks: bool) -> Standing:
    """Look at all streams. Without `looks` lag is not counted: where that is a request to a distant store for each."""
    began = monotonic()
    lagging: dict[str, int | None] = {}
    outdated: list[str] = []
    for name in engine.runner.projections:
        try:
            model = engine.live(name)
        except ProcessorError as error:
            outdated.append(str(error))
            continue
        late = engine.behind(model) if looks else None
        lagging[name] = None if late is None else sum(1 for _ in islice(late, COUNTED_AT_MOST))
    stopped = 0 if outdated else sum(1 for _ in islice(engine.quarantine.stopped(), COUNTED_AT_MOST))
    return Standing(lagging, stopped, tuple(outdated), monotonic() - began)


class Probe:
    """Asks the store whether it reads and writes, for PATIENCE at most; one question at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock, self._answered = Lock(), Event()
        self._asking, self._reason = False, ""

    def __call__(self) -> str | None:
        """Return why the store does not answer, None where it does."""
        with self._lock:
            if not self._asking:
                self._asking, self._answered = True, Event()
                Thread(target=self._ask, args=(self._answered,), name="probe", daemon=True).start()
            answered = self._answered
        if not answered.wait(PATIENCE):
            return f"the store did not answer within {PATIENCE:.0f} seconds"
        return self._reason or None

    def _ask(self, answered: Event) -> None:
        reason = ""
        try:
            with self._store.unit():
                self._store.registers.read("ready/probe")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is why the store does not answer
            reason = str(error) or type(error).__name__
        with self._lock:
            self._asking, self._reason = False, reason
        answered.set()
