"""The sweeper: finds what no doorbell brought, and tries again what failed. The safety net under every other path."""

from collections.abc import Callable, Iterator
from threading import Event, Thread
from time import monotonic

import structlog

from processor.errors import Retryable
from processor.fairness import FairQueue
from processor.quarantine import Quarantine
from processor.rung import Rung
from processor.runner import Runner
from processor.source import Doorbell
from processor.store import Store
from processor.streams import StreamId

BATCH = 100
MAX_WAITING_PER_TENANT = 1000

_log = structlog.get_logger("processor.sweeper")


class Sweeper:
    """Rings streams whose models lag behind the log, tenants in turn, and holds those that are poisoned."""

    def __init__(
        self,
        store: Store,
        runner: Runner,
        quarantine: Quarantine,
        *,
        period: float = 0.2,
        on_rung: Callable[[Rung], None] | None = None,
    ) -> None:
        """Take `period`: seconds between looks, stretched so that looking takes at most a twentieth of the time."""
        self._models, self._runner = store.models, runner
        self._quarantine, self._period, self._on_rung = quarantine, period, on_rung
        self._queue: FairQueue[StreamId] = FairQueue()
        self._queued: set[StreamId] = set()
        self._stop = Event()
        self._thread: Thread | None = None

    def sweep(self) -> int:
        """Look once, ring what lags until nothing more can be rung, and return how many events were folded."""
        for stream in self._lagging():
            if stream not in self._queued and self._queue.backlog(stream.tenant) < MAX_WAITING_PER_TENANT:
                self._queued.add(stream)
                self._queue.put(stream.tenant, stream)
        folded = 0
        while batch := self._queue.take(BATCH, timeout=0):
            self._queued.difference_update(batch)
            rung = self._runner.ring(Doorbell(stream) for stream in batch)
            self._quarantine.consider(rung)
            folded += rung.folded
            if self._on_rung is not None:
                self._on_rung(rung)
            if self._stop.is_set():
                break
        return folded

    def _lagging(self) -> Iterator[StreamId]:
        for name, projection in self._runner.projections.items():
            for model in self._runner.generations.folding(name, projection.schema):
                yield from self._models.lagging(model, projection.feeds)

    def start(self) -> None:
        """Sweep in a thread of its own until `stop`."""
        self._thread = Thread(target=self._run, name="sweeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the batch under way."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        pause = self._period
        while not self._stop.wait(pause):
            began = monotonic()
            try:
                folded = self.sweep()
            except Retryable as error:
                _log.warning("sweeper.waits", reason=str(error))
                pause = min(pause * 2, 10.0)
                continue
            except Exception:  # noqa: BLE001 - the safety net must not tear
                _log.exception("sweeper.failed")
                pause = min(pause * 2, 10.0)
                continue
            if folded:
                _log.info("sweeper.swept", folded=folded)
            pause = max(self._period, 20 * (monotonic() - began))
