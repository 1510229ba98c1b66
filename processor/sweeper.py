"""The sweeper: finds what no doorbell brought, and tries again what failed. The safety net under every other path."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from threading import Event, Thread
from time import monotonic

import structlog

from processor.errors import Retryable
from processor.fairness import FairQueue
from processor.models import Model
from processor.quarantine import Quarantine
from processor.rung import Rung
from processor.runner import Runner
from processor.source import Doorbell
from processor.store import Store
from processor.streams import StreamId

BATCH = 100
MAX_WAITING_PER_TENANT = 1000
LONGEST_PAUSE = 10.0
LONGEST_WAIT = 5.0
STORE_AFTER = 10.0
"""Seconds until a row is stored that the runner keeps because no reader can see the difference: see decision 0003."""

RETRY_AFTER = 10.0
"""Seconds until a stream is looked at again that waits for a newer release, or that broke its ring."""

_STORE_IS_DOWN = 3

_log = structlog.get_logger("processor.sweeper")


class Sweeper:
    """Rings streams whose models lag behind the log, tenants in turn, and holds those that are poisoned.

    A tenant's turn is one batch: BATCH streams and one page of events. What is left goes to the end of his queue.
    """

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
        self._resting: dict[StreamId, float] = {}
        self._kept: dict[StreamId, float] = {}
        self._stuck: set[StreamId] = set()
        self._look_due = 0.0
        self._cut = False
        self._stop = Event()
        self._thread: Thread | None = None
        self._looked: float | None = None

    def sweep(self) -> int:
        """Look, ring what lags until nothing more can be rung, and return how many events were folded."""
        self._stuck.clear()
        self._look()
        return self._drain()

    def _drain(self, patience: float = 0.0) -> int:
        """Ring what is queued, and look again when it is time: who comes meanwhile does not wait for the end."""
        folded = 0
        while not self._stop.is_set() and (batch := self._queue.take(BATCH, timeout=0)):
            for _, streams in groupby(sorted(batch), key=lambda stream: stream.tenant):
                folded += self._turn(list(streams))
            if monotonic() >= self._look_due:
                self._look(patience)
        return folded

    def _look(self, patience: float = 0.0) -> None:
        """Queue what lags. What the runner merely keeps in memory may be kept for so many seconds."""
        now, self._cut = monotonic(), False
        kept, self._kept = self._kept, {}
        self._resting = {stream: until for stream, until in self._resting.items() if until > now}
        for model, stream in self._lagging():
            if self._stop.is_set():
                return
            if stream in self._resting or stream in self._stuck:
                continue
            since = kept.get(stream, now)
            if now - since < patience and self._runner.defers(model, stream):
                self._kept[stream] = since
                continue
            if self._queue.backlog(stream.tenant) < MAX_WAITING_PER_TENANT:
                self._enqueue(stream)
            else:
                self._cut = True
        self._looked = ended = monotonic()
        self._look_due = ended + max(self._period, 20 * (ended - now))

    def _enqueue(self, stream: StreamId) -> None:
        if stream not in self._queued:
            self._queued.add(stream)
            self._queue.put(stream.tenant, stream)

    def _turn(self, streams: Sequence[StreamId]) -> int:
        """Ring one tenant's streams once; return how many events were folded.

        A stream that breaks its ring must not take the others with it: they are rung one by one. Raises Retryable
        where several in a row fail: then it is the store.
        """
        self._queued.difference_update(streams)
        try:
            rung = self._runner.ring(map(Doorbell, streams), deadline=0.0)
        except Exception:  # noqa: BLE001 - whatever broke it, it is told stream by stream
            return self._one_by_one(streams)
        self._after(rung)
        return rung.folded

    def _one_by_one(self, streams: Sequence[StreamId]) -> int:
        folded = failed = 0
        for stream in streams:
            try:
                rung = self._runner.ring([Doorbell(stream)], deadline=0.0)
            except Exception as error:
                failed += 1
                if isinstance(error, Retryable) and failed >= _STORE_IS_DOWN:
                    raise
                self._rest(stream, error)
            else:
                failed = 0
                self._after(rung)
                folded += rung.folded
        return folded

    def _rest(self, stream: StreamId, error: Exception) -> None:
        _log.error("sweeper.stream_failed", stream=str(stream), reason=f"{type(error).__name__}: {error}")
        self._resting[stream] = monotonic() + RETRY_AFTER

    def _after(self, rung: Rung) -> None:
        self._quarantine.consider(rung)
        if self._on_rung is not None:
            self._on_rung(rung)
        # Backwards, so that a stream with a long backlog does not come first again.
        for (_, stream), reason in reversed(rung.behind.items()):
            if reason in ("more", "raced"):
                self._enqueue(stream)
            elif reason == "too_new":
                self._resting[stream] = monotonic() + RETRY_AFTER
            elif reason != "held":
                self._stuck.add(stream)

    def _lagging(self) -> Iterator[tuple[Model, StreamId]]:
        for name, projection in self._runner.projections.items():
            for model in self._runner.generations.folding(name, projection.schema):
                yield from ((model, stream) for stream in self._models.lagging(model, projection.feeds))

    def start(self) -> None:
        """Sweep in a thread of its own until `stop`."""
        self._thread = Thread(target=self._run, name="sweeper", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether its thread is alive."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def seconds_since_look(self) -> float | None:
        """How long ago it last looked at all streams, None before the first time. It goes on looking while it folds."""
        return None if self._looked is None else monotonic() - self._looked

    def stop(self) -> None:
        """End the thread after the batch under way; a long look is not waited for."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(LONGEST_WAIT)

    def _run(self) -> None:
        pause = self._period
        while not self._stop.wait(pause):
            began = monotonic()
            try:
                self._stuck.clear()
                self._look(STORE_AFTER)
                looked = monotonic() - began
                folded = self._drain(STORE_AFTER)
            except Retryable as error:
                _log.warning("sweeper.waits", reason=str(error))
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            except Exception:  # noqa: BLE001 - the safety net must not tear
                _log.exception("sweeper.failed")
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            if folded:
                _log.info("sweeper.swept", folded=folded)
            # A look that left streams out is followed by the next one soon, yet half of the time is others'.
            pause = min(max(self._period, monotonic() - began if self._cut else 20 * looked), LONGEST_PAUSE)
