"""The recorder: group commit. What queued while the last commit ran is appended, folded and made durable together.

Every receipt tells the outcome and, where the inline fold succeeded, the watched projection's view right after that
very event: of 400 concurrent sales each gets its own number.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FoldTimeout
from threading import Lock, Semaphore, Thread
from time import monotonic

import msgspec
import structlog

from processor.appending import check
from processor.errors import Retryable, StoreUnavailable
from processor.fairness import FairQueue
from processor.log import Append, Appended
from processor.receipts import Buffered, Receipt, Settled
from processor.rung import Rung
from processor.runner import Runner
from processor.source import Doorbell
from processor.store import Store
from processor.streams import StreamId

INLINE_SECONDS = 0.2
MAX_BATCH_EVENTS = 1000

_log = structlog.get_logger("processor.recorder")


class _Submission(msgspec.Struct, frozen=True):
    appends: Sequence[Append]
    gate: Append | None
    future: "Future[list[Receipt]]"


_Told = list[tuple[StreamId, Settled]]


class Recorder:
    """Appends facts for many threads and folds them in the same breath."""

    def __init__(  # noqa: PLR0913 - the composition root's choices
        self,
        store: Store,
        runner: Runner,
        *,
        watch: str,
        on_rung: Callable[[Rung], None],
        lanes: int | None = None,
        append: Callable[[Sequence[Append]], Sequence[Settled]] | None = None,
    ) -> None:
        """`watch` names the projection to glimpse; `on_rung` is told of each inline fold (and must not raise).

        `lanes` is how many batches may be under way at once, streams divided among them: one where the store joins
        append and fold into one commit, four where its requests travel.
        """
        self._store, self._runner, self._watch, self._on_rung = store, runner, watch, on_rung
        self._append_facts = append
        count = lanes or (1 if store.joins else 4)
        self._lanes: list[FairQueue[_Submission]] = [FairQueue(_weight) for _ in range(count)]
        self._folds = ThreadPoolExecutor(count * 2, "fold") if not store.joins else None
        self._folding = Semaphore(count * 4)
        self._counting, self._appended = Lock(), 0
        self._threads = [Thread(target=self._work, args=(lane,), name="recorder", daemon=True) for lane in self._lanes]
        for thread in self._threads:
            thread.start()

    def record(self, appends: Sequence[Append], gate: Append | None = None) -> list[Receipt]:
        """Append, fold, and return one receipt per event once all are durable.

        With a `gate`, that is appended first, and `appends` only where all its events are new: the receipts are the
        gate's, and then theirs or none. Where the store does not join writes, a crash may leave the gate without the
        others: who finds his gate known must see to them.

        Raises Retryable where the store failed; then whether the facts were appended is unknown, and sending them
        again is right. Raises Misuse for an append without events or with too many.
        """
        return self.submit(appends, gate).result()

    def submit(self, appends: Sequence[Append], gate: Append | None = None) -> "Future[list[Receipt]]":
        """Begin to `record`; the future ends as `record` would."""
        check(appends, gate)
        submission = _Submission(appends, gate, Future())
        first = (appends[0] if appends or gate is None else gate).stream
        try:
            self._lanes[first.shard % len(self._lanes)].put(first.tenant, submission)
        except RuntimeError as error:
            raise StoreUnavailable("record", "the server is stopping") from error
        return submission.future

    @property
    def queued(self) -> int:
        """How many submissions wait for a commit."""
        return sum(map(len, self._lanes))

    @property
    def appended(self) -> int:
        """How many events were appended since it began."""
        return self._appended

    def close(self) -> None:
        """Take no more facts, finish those that wait, and stop."""
        for lane in self._lanes:
            lane.close()
        for thread in self._threads:
            thread.join()
        if self._folds is not None:
            self._folds.shutdown()

    def _work(self, lane: FairQueue[_Submission]) -> None:
        while batch := lane.take(MAX_BATCH_EVENTS):
            wanted = [submission for submission in batch if submission.future.set_running_or_notify_cancel()]
            if wanted:
                self._settle(wanted)

    def _settle(self, batch: Sequence[_Submission]) -> None:
        """Commit the batch; where it fails for a reason of its content, each submission stands alone."""
        try:
            receipts = self._commit(batch)
        except StoreUnavailable as error:
            _fail(batch, error)
        except Exception as error:  # noqa: BLE001 - a lane must outlive whatever a batch raises
            if len(batch) > 1:
                for submission in batch:
                    self._settle([submission])
                return
            if not isinstance(error, Retryable):
                _log.exception("recorder.failed")
            _fail(batch, error)
        else:
            for submission, own in zip(batch, receipts, strict=True):
                submission.future.set_result(own)

    def _commit(self, batch: Sequence[_Submission]) -> list[list[Receipt]]:
        deadline = monotonic() + INLINE_SECONDS
        if self._folds is None:
            with self._store.unit():
                told = self._append(batch)
                rung = self._fold_joined(_bells(told), deadline)
            if rung is not None:
                self._runner.keep(rung)
        else:
            told = self._append(batch)
            rung = self._fold_apart(self._folds, _bells(told), deadline)
        if rung is not None:
            self._on_rung(rung)
        new = sum(isinstance(outcome, Appended) for own in told for _, outcome in own)
        with self._counting:
            self._appended += new
        return [[_receipt(stream, outcome, rung) for stream, outcome in own] for own in told]

    def _append(self, batch: Sequence[_Submission]) -> list[_Told]:
        """Append the gates, then what they let through; return each submission's streams and outcomes."""
        gates = [submission.gate for submission in batch if submission.gate is not None]
        passed = iter(_told(gates, self._store.log.append(gates)) if gates else ())
        told = [[] if submission.gate is None else next(passed) for submission in batch]
        let = [all(isinstance(outcome, Appended) for _, outcome in own) for own in told]
        appends = [append for submission, may in zip(batch, let, strict=True) if may for append in submission.appends]
        rest = iter(_told(appends, (self._append_facts or self._store.log.append)(appends)) if appends else ())
        for submission, own, may in zip(batch, told, let, strict=True):
            for _ in submission.appends if may else ():
                own.extend(next(rest))
        return told

    def _fold_joined(self, bells: Sequence[Doorbell], deadline: float) -> Rung | None:
        """Fold within the append's unit of work; a fold that fails is undone alone and left to the sweeper."""
        try:
            with self._store.unit():
                return self._runner.fold(bells, watch=self._watch, deadline=deadline)
        except Exception:  # noqa: BLE001 - the facts must be committed whatever the fold does
            _log.warning("recorder.fold_failed", exc_info=True)
            return None

    def _fold_apart(self, pool: ThreadPoolExecutor, bells: Sequence[Doorbell], deadline: float) -> Rung | None:
        """Fold after the append, waiting until the deadline; a later fold goes on without anyone waiting.

        Where too many of those go on, the store is slow: the sweeper will fold.
        """
        if not self._folding.acquire(blocking=False):
            return None

        def fold() -> Rung:
            try:
                rung = self._runner.fold(bells, watch=self._watch, deadline=deadline)
                self._runner.keep(rung)
                return rung
            finally:
                self._folding.release()

        try:
            return pool.submit(fold).result(timeout=max(0.0, deadline - monotonic()))
        except FoldTimeout:
            return None
        except Exception:  # noqa: BLE001 - the facts are durable whatever the fold does
            _log.warning("recorder.fold_failed", exc_info=True)
            return None


def _weight(submission: _Submission) -> int:
    gate = len(submission.gate.events) if submission.gate is not None else 0
    return gate + sum(len(append.events) for append in submission.appends)


def _told(appends: Sequence[Append], outcomes: Sequence[Settled]) -> Iterator[_Told]:
    """Yield the outcomes of each append."""
    left = iter(outcomes)
    for append in appends:
        yield [(append.stream, next(left)) for _ in append.events]


def _bells(told: Sequence[_Told]) -> list[Doorbell]:
    """Ring with what was appended, and bare for what was known: its first append may not have been folded."""
    return [
        Doorbell(stream, (outcome.event,)) if isinstance(outcome, Appended) else Doorbell(stream)
        for own in told
        for stream, outcome in own
        if not isinstance(outcome, Buffered)
    ]


def _receipt(stream: StreamId, outcome: Settled, rung: Rung | None) -> Receipt:
    if not isinstance(outcome, Appended):
        return Receipt(stream, outcome, pending=isinstance(outcome, Buffered))
    after = rung.glimpses.get((stream, outcome.version)) if rung is not None else None
    return Receipt(stream, outcome, after, pending=after is None)


def _fail(batch: Sequence[_Submission], error: Exception) -> None:
    for submission in batch:
        submission.future.set_exception(error)
