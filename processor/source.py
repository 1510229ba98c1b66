"""The events of one ring: what its doorbells hint at, and what is read from the log where hints do not reach."""

from collections.abc import Iterable

import msgspec

from processor.events import Recorded
from processor.log import EventLog
from processor.projection import Codec
from processor.run import Run, newest_run, run_of
from processor.streams import StreamId


class Doorbell(msgspec.Struct, frozen=True, gc=False):
    """`stream` may have moved. `hint` may hold events of it: a saving, never the truth."""

    stream: StreamId
    hint: tuple[Recorded, ...] = ()


class Source:
    """`streams` are those that were rung, `hints` the newest gap-free run of each that came with events.

    `cut` are the streams of the last `read` of which the log has, or may have, more.
    """

    def __init__(self, log: EventLog, codec: Codec, page: int, bells: Iterable[Doorbell]) -> None:
        self._log, self._codec, self._page = log, codec, page
        hinted: dict[StreamId, list[Recorded]] = {}
        for bell in bells:
            hinted.setdefault(bell.stream, []).extend(bell.hint)
        self.streams = list(hinted)
        self.hints = {stream: newest_run(events, codec) for stream, events in hinted.items() if events}
        self.cut: set[StreamId] = set()
        self._read: dict[StreamId, Run] = {}

    def hint(self, stream: StreamId, position: int) -> Run | None:
        """Return the hinted run if it continues at `position`, or holds nothing beyond it; None where it cannot."""
        run = self.hints.get(stream)
        if run is None or run.first > position + 1:
            return None
        return run if run.failure is None else self._beyond(run, position)

    def _beyond(self, run: Run, position: int) -> Run:
        """Return what `run` holds for a row at `position`, which may have passed the event that the run ends before."""
        if run.failure is None or position < run.failure.version:
            return run
        rest = run.rest[position + 1 - run.failure.version :]
        return run_of(rest, self._codec) if rest else run

    def read(self, wanted: Iterable[tuple[StreamId, int]]) -> None:
        """Read a page of the streams, each after a version; where one is wanted after several, after the lowest."""
        after: dict[StreamId, int] = {}
        for stream, position in wanted:
            after[stream] = min(position, after.get(stream, position))
        found = self._log.read_many(after, self._page)
        self.cut = set()
        if sum(map(len, found.values())) >= self._page:
            order = list(after)
            last = max(order.index(stream) for stream in found)
            self.cut = set(order[last:])
        self._read = {stream: run_of(events, self._codec) for stream, events in found.items()}

    def found(self, stream: StreamId, position: int) -> Run | None:
        """Return what the last `read` brought of `stream` for a row at `position`."""
        run = self._read.get(stream)
        return run if run is None or run.failure is None else self._beyond(run, position)
