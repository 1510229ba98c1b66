"""Facts that the log does not take now, because all want its stream or its table is throttled, wait in a queue.

Only facts that commute may wait, since what was told later may be appended before them: which those are, the domain
says. Never an append that expects a head, and never a gate: both decide what comes after them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from time import monotonic as system_monotonic

import msgspec

from processor.errors import Contended, ProcessorError, Retryable, Throttled
from processor.letters import fact_letters
from processor.log import Append, EventLog, Outcome
from processor.logs import Logger
from processor.queues import Queue
from processor.receipts import BUFFERED, Settled
from processor.streams import StreamId

_STORE_IS_DOWN = 3
"""So many streams that fail in a row: the others are not tried, for it is the store."""

_log = Logger("processor.buffering")


REST = timedelta(seconds=1)
"""So long a stream whose races were lost is left to whoever empties the queue: rivals only waste writes."""

_MOST_BUSY = 1000


class Buffering:
    """Appends to the log, and puts into the queue what it is too busy for. Any thread may call it."""

    def __init__(
        self,
        log: EventLog,
        queue: Queue,
        may_wait: Callable[[Append], bool],
        *,
        rest: timedelta = REST,
        monotonic: Callable[[], float] = system_monotonic,
    ) -> None:
        """`may_wait` tells which appends commute with all others; it is not asked for those that expect a head."""
        self._log, self._queue, self._may_wait = log, queue, may_wait
        self._rest, self._monotonic = rest.total_seconds(), monotonic
        self._busy: dict[StreamId, float] = {}

    def append(self, appends: Sequence[Append]) -> list[Settled]:
        """Append as `EventLog.append` does; answer `Buffered` for what waits in the queue, durable.

        Where the log is busy, some of the facts may have been appended all the same: whoever takes them out of the
        queue finds those known. Raises as `EventLog.append` and `Queue.send` do; then some may be in the queue.
        """
        now = self._monotonic()
        resting = [append for append in appends if self._busy.get(append.stream, now) > now and self._waits(append)]
        try:
            return self._without(resting, appends)
        except (Contended, Throttled) as error:
            waiting = [append for append in appends if self._waits(append)]
            if not waiting:
                raise
            self._note({append.stream for append in appends}, error)
            return self._without(waiting, appends)

    def _waits(self, append: Append) -> bool:
        return append.expected is None and self._may_wait(append)

    def _note(self, streams: Collection[StreamId], error: Retryable) -> None:
        """Let the stream rest that `error` is about; of several throttled ones, who knows which it was."""
        _log.info("facts.buffered", streams=len(streams), reason=str(error))
        named = [one for one in streams if isinstance(error, Contended) and error.what == f"stream {one}"]
        if len(self._busy) > _MOST_BUSY:
            self._busy = {}
        self._busy.update(dict.fromkeys(streams if len(streams) == 1 else named, self._monotonic() + self._rest))

    def _without(self, waiting: Sequence[Append], appends: Sequence[Append]) -> list[Settled]:
        """Append all but those that wait, then put these into the queue."""
        held = {id(append) for append in waiting}
        others = [append for append in appends if id(append) not in held]
        told = iter(self._log.append(others) if others else ())
        self._queue.send(list(fact_letters(waiting)))
        return [BUFFERED if id(append) in held else next(told) for append in appends for _ in append.events]


class Absorbed(msgspec.Struct, frozen=True):
    """What became of a letter: its appends with their outcomes; or why it must come again (then `told` is a part)."""

    told: Sequence[tuple[Append, Outcome]]
    failure: ProcessorError | None


def absorb(log: EventLog, letters: Sequence[Sequence[Append]]) -> list[Absorbed]:
    """Append the facts of all letters, those of a stream together; a stream that fails holds up its own letters alone.

    Takes appends of one fact each, as `facts_in` reads them. What was appended before is answered `Duplicate`. Raises
    nothing of the log's: a failure stands in the answer of each letter that it concerns.
    """
    by_stream: dict[StreamId, list[Append]] = {}
    for append in (append for letter in letters for append in letter):
        by_stream.setdefault(append.stream, []).append(append)
    told: dict[int, Outcome] = {}
    failures = _all_at_once(log, by_stream, told)
    return [
        Absorbed(
            [(append, told[id(append)]) for append in letter if id(append) in told],
            next((failures[append.stream] for append in letter if append.stream in failures), None),
        )
        for letter in letters
    ]


_Streams = Mapping[StreamId, Sequence[Append]]


def _all_at_once(log: EventLog, streams: _Streams, told: dict[int, Outcome]) -> dict[StreamId, ProcessorError]:
    """Append all in one call, or stream by stream where that fails. Returns the streams that failed."""
    appends = [append for own in streams.values() for append in own]
    try:
        told.update(zip(map(id, appends), log.append(appends) if appends else (), strict=True))
    except ProcessorError as error:
        return dict.fromkeys(streams, error) if len(streams) == 1 else _one_by_one(log, streams, told)
    return {}


def _one_by_one(log: EventLog, streams: _Streams, told: dict[int, Outcome]) -> dict[StreamId, ProcessorError]:
    failures: dict[StreamId, ProcessorError] = {}
    in_a_row: list[ProcessorError] = []
    for stream, appends in streams.items():
        if len(in_a_row) >= _STORE_IS_DOWN:
            failures[stream] = in_a_row[-1]
            continue
        try:
            told.update(zip(map(id, appends), log.append(appends), strict=True))
        except ProcessorError as error:
            failures[stream] = error
            in_a_row.append(error)
        else:
            in_a_row.clear()
    return failures
