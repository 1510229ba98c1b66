"""Delivering doorbells: each stream is rung once, and what could not be brought to its end is settled.

| what stands in the way | what becomes of the stream |
| --- | --- |
| more events than a ring may fold | the redo queue, at once |
| the store, lost races, an event of a newer release, a defect | the redo queue, later each time |
| poison | tried again here until its pair is held |
| a pair that is held | nothing: a redrive sets it going |
| the redo queue itself | told as `failed`: whoever delivers must deliver it again |

So one stream never holds the others that were delivered with it, and none is forgotten.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic

import msgspec
import structlog

from processor.errors import Retryable
from processor.letters import redo_in, redo_letters
from processor.quarantine import Quarantine
from processor.queues import NOW, Queue
from processor.rung import Rung
from processor.runner import Runner
from processor.source import Doorbell
from processor.streams import StreamId

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=15)
"""How long a stream that failed waits in the redo queue: twice as long each time. No queue delays longer than this."""

_STORE_IS_DOWN = 3
_POISON_ROUNDS = 5
_NAMED = 5

_log = structlog.get_logger("processor.delivery")


class Delivered(msgspec.Struct, frozen=True):
    """What became of a delivery: `streams` were rung and `folded` events entered models, counted per model.

    `later` are in the redo queue now. `failed` are nowhere: deliver them again. `held` counts the pairs of a model and
    a stream that stand before an event which cannot be folded.
    """

    streams: int
    folded: int
    later: tuple[StreamId, ...] = ()
    failed: tuple[StreamId, ...] = ()
    held: int = 0


class _Outcome:
    """What is known so far. `more` made progress, `stuck` did not."""

    def __init__(self) -> None:
        self.folded = self.held = 0
        self.more: dict[StreamId, None] = {}
        self.stuck: dict[StreamId, None] = {}
        self.poisoned: dict[StreamId, None] = {}

    def note(self, rung: Rung) -> None:
        self.folded += rung.folded
        for (_, stream), reason in rung.behind.items():
            if reason == "poison":
                self.poisoned[stream] = None
            elif reason == "more":
                self.more[stream] = None
            elif reason == "held":
                self.held += 1
            else:
                self.stuck[stream] = None


class Delivery:
    """Rings what is delivered, in whatever way it came. Keeps nothing between deliveries."""

    def __init__(
        self,
        runner: Runner,
        quarantine: Quarantine,
        redo: Queue | None,
        *,
        on_rung: Callable[[Rung], None] = lambda _: None,
        watch: str | None = None,
    ) -> None:
        """`redo` takes the streams that must wait; without it they fail.

        `on_rung` hears of every ring, with the views of the projection `watch`; it must not raise.
        """
        self._runner, self._quarantine, self._redo, self._on_rung = runner, quarantine, redo, on_rung
        self._watch = watch

    def deliver(self, bells: Sequence[Doorbell], *, tries: int = 0, deadline: float | None = None) -> Delivered:
        """Ring the streams of `bells`, several bells of one stream together, and settle them. Never raises.

        `tries` is how often the same delivery failed before. Nothing new is begun after `deadline`, of
        `time.monotonic`: what is left then is treated as having more.
        """
        outcome = _Outcome()
        self._ring(bells, deadline, outcome)
        for _ in range(_POISON_ROUNDS):
            if not outcome.poisoned or _past(deadline):
                break
            again, outcome.poisoned = [Doorbell(stream) for stream in outcome.poisoned], {}
            self._ring(again, deadline, outcome)
        stuck = [*outcome.stuck, *(stream for stream in outcome.poisoned if stream not in outcome.stuck)]
        more = [stream for stream in outcome.more if stream not in outcome.stuck and stream not in outcome.poisoned]
        failed = [*self._later(more, 0, NOW), *self._later(stuck, tries + 1, pause(tries))]
        later = tuple(stream for stream in (*more, *stuck) if stream not in failed)
        return Delivered(len({bell.stream for bell in bells}), outcome.folded, later, tuple(failed), outcome.held)

    def redo(self, letter: bytes, *, deadline: float | None = None) -> Delivered:
        """Deliver what a message of the redo queue names. Raises ValueError for a letter of another kind."""
        found = redo_in(letter)
        return self.deliver([Doorbell(stream) for stream in found.streams], tries=found.tries, deadline=deadline)

    def _ring(self, bells: Sequence[Doorbell], deadline: float | None, outcome: _Outcome) -> None:
        if not bells:
            return
        try:
            self._attempt(bells, deadline, outcome)
        except Exception:  # noqa: BLE001 - whatever broke it, it is told stream by stream
            self._one_by_one(bells, deadline, outcome)

    def _attempt(self, bells: Sequence[Doorbell], deadline: float | None, outcome: _Outcome) -> None:
        rung = self._runner.ring(bells, watch=self._watch, deadline=deadline)
        self._on_rung(rung)
        self._quarantine.consider(rung)
        outcome.note(rung)

    def _one_by_one(self, bells: Sequence[Doorbell], deadline: float | None, outcome: _Outcome) -> None:
        """Ring each stream on its own, until several in a row fail: then it is the store, and the rest wait."""
        by_stream: dict[StreamId, list[Doorbell]] = {}
        for bell in bells:
            by_stream.setdefault(bell.stream, []).append(bell)
        in_vain = 0
        for stream, own in by_stream.items():
            if in_vain >= _STORE_IS_DOWN:
                outcome.stuck[stream] = None
            elif _past(deadline):
                outcome.more[stream] = None
            else:
                error = self._alone(stream, own, deadline, outcome)
                in_vain = in_vain + 1 if isinstance(error, Retryable) else 0

    def _alone(
        self, stream: StreamId, bells: Sequence[Doorbell], deadline: float | None, outcome: _Outcome
    ) -> Exception | None:
        try:
            self._attempt(bells, deadline, outcome)
        except Exception as error:  # noqa: BLE001 - a stream that breaks its ring must not take the others with it
            _log.error("delivery.stream_failed", stream=str(stream), reason=f"{type(error).__name__}: {error}")
            outcome.stuck[stream] = None
            return error
        return None

    def _later(self, streams: Sequence[StreamId], tries: int, delay: timedelta) -> Sequence[StreamId]:
        """Put `streams` into the redo queue; return those that are not surely in it."""
        if not streams:
            return ()
        if self._redo is None:
            return streams
        try:
            self._redo.send(list(redo_letters(streams, tries)), delay)
        except Exception as error:  # noqa: BLE001 - whatever the queue does, they are not surely in it
            _log.error("delivery.redo_refused", streams=len(streams), reason=f"{type(error).__name__}: {error}")
            return streams
        _log.warning("delivery.later", streams=len(streams), tries=tries, some=[str(one) for one in streams[:_NAMED]])
        return ()


def pause(tries: int) -> timedelta:
    """Return how long a stream waits that failed after `tries` failures before."""
    return min(FIRST_PAUSE * (1 << min(tries, 20)), LONGEST_PAUSE)


def _past(deadline: float | None) -> bool:
    return deadline is not None and monotonic() >= deadline
