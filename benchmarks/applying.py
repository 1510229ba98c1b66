"""Exactly-once apply: all four projections brought up to a log that holds the events already."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from itertools import islice, product
from typing import TypeVar

from benchmarks.kinds import Kind, Ours
from benchmarks.peer import Numbering, Recorder, recorded, recorder
from benchmarks.peer_model import FOLDS
from benchmarks.peer_views import View
from benchmarks.report import Row, Section
from benchmarks.rounds import Series, Side, interleave, rate
from benchmarks.traffic import Traffic
from benchmarks.verify import verify_ours, verify_peer
from processor.engine import Engine
from processor.events import Recorded
from processor.log import Append
from processor.models import Model
from processor.source import Doorbell
from processor.streams import StreamId
from stock.codec import decode

TARGETS = {"SQLite": {100: 20.0, 1000: 45.0}, "PostgreSQL": {100: 15.0, 1000: 45.0}}
_FILL = 1000
_STREAMS_RUNG = 200

T = TypeVar("T")


class Sizes:
    """How many events each side applies from empty models, and as many again on warm ones."""

    def __init__(self, *, quick: bool) -> None:
        self.ours = 400 if quick else 20_000
        self.peer = 40 if quick else 1500
        self.log = 2 * self.ours


class Applying:
    """Our side: the engine over a filled log, rung with batches of doorbells that carry the events as hints."""

    def __init__(self, ours: Ours, sizes: Sizes, batch: int, *, deferring: bool) -> None:
        """`deferring` folds as the recorder does: rows that no reader sees are stored later, here at the end."""
        self._ours, self._sizes, self._batch, self._deferring = ours, sizes, batch, deferring

    def empty(self) -> float:
        """Begin anew and apply the first half of the log."""
        self._engine = fresh(self._ours)
        return rate(self._sizes.ours, lambda: self._apply(0, self._sizes.ours))

    def warm(self) -> float:
        """Apply the second half; check the whole."""
        found = rate(self._sizes.ours, lambda: self._apply(self._sizes.ours, self._sizes.log))
        self._engine.close()
        assert verify_ours(self._ours.store) == self._sizes.log
        return found

    def _apply(self, first: int, last: int) -> None:
        runner = self._engine.runner
        newest: dict[StreamId, Recorded] = {}
        for batch in self._ours.arrived.batches(self._batch, first, last):
            bells = [Doorbell(event.stream, (event,)) for event in batch]
            if self._deferring:
                runner.keep(runner.fold(bells))
                newest.update((event.stream, event) for event in batch)
            else:
                runner.ring(bells)
        for settling in _groups(list(newest.values())):
            runner.ring([Doorbell(event.stream, (event,)) for event in settling])


class CatchingUp:
    """Our side without hints: as a rebuild does, streams are rung and the log is read."""

    def __init__(self, ours: Ours, sizes: Sizes) -> None:
        self._ours, self._sizes = ours, sizes

    def empty(self) -> float:
        """Begin anew, apply the whole log, check."""
        engine = fresh(self._ours)
        found = rate(self._sizes.log, lambda: self._ring(engine))
        engine.close()
        assert verify_ours(self._ours.store) == self._sizes.log
        return found

    def _ring(self, engine: Engine) -> None:
        streams = self._ours.store.log.streams()
        while batch := list(islice(streams, _STREAMS_RUNG)):
            engine.runner.ring(Doorbell(stream) for stream in batch)


class Following:
    """The peer's side: a view that follows a filled log."""

    def __init__(self, kind: Kind, log: Recorder, sizes: Sizes) -> None:
        self._kind, self._log, self._sizes = kind, log, sizes

    def empty(self) -> float:
        """Begin anew and process the first events; then, off the clock, catch up with where ours is warm."""
        self._view = self._kind.view()
        found = rate(self._sizes.peer, lambda: self._view.follow(self._log, self._sizes.peer))
        between = self._log.select_notifications(self._sizes.peer + 1, self._sizes.ours - self._sizes.peer)
        self._view.take([recorded(notification) for notification in between])
        return found

    def warm(self) -> float:
        """Process as many events from there; check the whole."""
        found = rate(self._sizes.peer, lambda: self._view.follow(self._log, self._sizes.peer))
        verify_peer(self._log, self._view.position, *self._view.content())
        self._view.close()
        return found


class Bare:
    """A limit: the peer's tables, our folds, a commit per batch, and nothing of an engine: no compare-and-set."""

    def __init__(self, kind: Kind, ours: Ours, sizes: Sizes, batch: int) -> None:
        self._kind, self._ours, self._sizes, self._batch = kind, ours, sizes, batch

    def warm(self) -> float:
        """Take the first half of the log off the clock, the second half on it."""
        with closing(self._kind.view()) as view:
            self._take(view, 0, self._sizes.ours)
            return rate(self._sizes.ours, lambda: self._take(view, self._sizes.ours, self._sizes.log))

    def _take(self, view: View, first: int, last: int) -> None:
        for batch in self._ours.arrived.batches(self._batch, first, last):
            view.take(batch)


def fresh(ours: Ours) -> Engine:
    """Return a new engine over emptied models: nothing is cached, nothing is folded."""
    for fold in FOLDS:
        ours.store.models.drop(Model(fold.name, 1))
    return Engine(ours.store, FOLDS, decode, watch="inventory")


def measure(kind: Kind, rounds: int, *, quick: bool) -> Section:
    """Measure both sides, batches of 100 and of 1,000, from empty models and on warm ones."""
    sizes = Sizes(quick=quick)
    arrivals = Traffic().arrivals(sizes.log)
    with ExitStack() as stack:
        ours = stack.enter_context(closing(kind.ours()))
        for group in _groups(arrivals):
            ours.store.log.append([Append(stream, (event,)) for stream, event in group])
        log = recorder(stack.enter_context(closing(kind.peers[""]())))
        for stored in _groups(Numbering().stored(arrivals)):
            log.insert_events(stored)
        found = interleave(rounds, _sides(kind, ours, log, sizes))
    title = f"{kind.name}: exactly-once apply of all four projections"
    return Section(title, "events/s", tuple(_rows(kind, found)), (_NOTE,))


_MODES = {"": False, ", deferring": True}
_WARM, _EMPTY = "warm models", "from empty models"
_UNHINTED = f"without hints, {_STREAMS_RUNG} streams a ring, {_EMPTY}"

_NOTE = """\
One event counts once, though it feeds four projections. Ours reads the stored events in the order of their arrival,
decodes them and rings the runner with a doorbell per event; *deferring* folds as the recorder does: a row that no
reader sees (where an alert would begin, how many returns there were) is stored later, and storing what is left at the
end is on the clock. *Without hints* streams are rung as a rebuild rings them and the runner reads the log itself. After
every round each row and document of both is compared with the pure fold of the stored events, and our positions with
the heads.

The peer commits per event: a place in its log is recorded once, in one transaction with what the event changes. Its
view folds with the same folds, keeps the four states in memory as ours does, writes them as one row with one statement,
and reads its log 500 at a time. *Limit* is the peer's tables and our folds with one commit per batch and no engine at
all (no compare-and-set, no generations, no quarantine): about what one Python thread can reach with this content in
this database. The peer waits for an fsync per event, so the ratio follows the disk: at 1 ms an fsync instead of
0.1 ms the ratios of large batches would be about four times as high (arithmetic, not measured)."""


def _sides(kind: Kind, ours: Ours, log: Recorder, sizes: Sizes) -> dict[str, Side]:
    """Return the sides in the order of their turns: the peer's amid ours."""
    following = Following(kind, log, sizes)
    sides: dict[str, Side] = {}
    for batch in TARGETS[kind.name]:
        for mode, deferring in _MODES.items():
            applying = Applying(ours, sizes, batch, deferring=deferring)
            sides |= {_named(batch, mode, _EMPTY): applying.empty, _named(batch, mode, _WARM): applying.warm}
        sides |= {_EMPTY: following.empty, _WARM: following.warm, _bare(batch): Bare(kind, ours, sizes, batch).warm}
    return {**sides, _UNHINTED: CatchingUp(ours, sizes).empty}


def _rows(kind: Kind, found: Mapping[str, Series]) -> Iterator[Row]:
    for batch, target in TARGETS[kind.name].items():
        for mode, models in product(_MODES, (_WARM, _EMPTY)):
            name = _named(batch, mode, models)
            yield Row(name, found[name], found[models], target)
        yield Row(_bare(batch), found[_bare(batch)], found[_WARM])
    yield Row(_UNHINTED, found[_UNHINTED], found[_EMPTY])


def _bare(batch: int) -> str:
    return f"limit: a bare loop, batches of {batch:,}, {_WARM}"


def _named(batch: int, mode: str, models: str) -> str:
    return f"batches of {batch:,}{mode}, {models}"


def _groups(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + _FILL] for start in range(0, len(items), _FILL))
