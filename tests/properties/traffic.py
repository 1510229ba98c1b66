"""Traffic as it comes: writers, doorbells, sweepers, releases and bugs, and what goes wrong between any two steps."""

import sys
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from processor.events import Event, Recorded
from processor.log import Append, Appended
from processor.models import Model
from processor.run import newest_run
from processor.rung import Rung
from processor.source import Doorbell
from processor.streams import StreamId
from projections import AlertsProjection, InventoryProjection
from projections.inventory.documents import numbers
from tests.factories import a_sale, stated
from tests.properties import strategies as some
from tests.properties.faults import Fault
from tests.properties.program import PURE, Ailment, a_novelty
from tests.properties.strategies import Acknowledge, Batch, Draft
from tests.properties.worker import ATTEMPTS, Worker
from tests.properties.world import WORKERS, Pair, World

who = st.integers(0, WORKERS - 1)


class Traffic(RuleBasedStateMachine):
    """Self-healing is off: nothing sweeps unless a rule does, so that what goes wrong is seen."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.world = World(kind)
        self._facts = 0

    # Writers

    @rule(who=who, batches=some.batches, fault=some.faults)
    def append(self, who: int, batches: list[Batch], fault: Fault | None) -> None:
        worker = self._worker(who)
        appends = self._appends(batches)
        worker.attempt(lambda: self.world.append(worker, appends), fault, self._another_writes(who, appends[0].stream))

    @rule(who=who, batches=some.batches, fault=some.failures)
    def record(self, who: int, batches: list[Batch], fault: Fault | None) -> None:
        worker = self._worker(who)
        worker.attempt(lambda: self._record(worker, self._appends(batches)), fault)

    def _record(self, worker: Worker, appends: list[Append]) -> None:
        receipts = []

        def act() -> list[Any]:
            receipts.extend(worker.record(appends, watch="inventory"))
            return [receipt.outcome for receipt in receipts]

        self.world.appended(appends, act)
        for receipt in receipts:
            if receipt.after is not None:
                assert isinstance(receipt.outcome, Appended)
                positions = {receipt.stream: receipt.outcome.version}
                folded = self.world.oracle.fold(InventoryProjection(), receipt.stream, positions)
                assert receipt.after == numbers(InventoryProjection.decode(folded.state))

    @rule(stream=some.streams, of_known_type=st.booleans())
    def a_newer_release_writes(self, stream: StreamId, of_known_type: bool) -> None:  # noqa: FBT001 - drawn
        worker = self._worker(0)
        self.world.append(worker, [Append(stream, (a_novelty(self._tx(), of_known_type=of_known_type),))])

    # Doorbells and sweepers

    @rule(who=who, bells=some.bells, settle=st.booleans(), fault=some.faults)
    def ring(self, who: int, bells: list[tuple[StreamId, Any]], settle: bool, fault: Fault | None) -> None:  # noqa: FBT001 - drawn
        worker, world = self._worker(who), self.world
        rung: list[Rung] = []
        doorbells = [Doorbell(stream, self._hint(stream, hint)) for stream, hint in bells]
        other = self._another_writes(who, bells[0][0])
        worker.attempt(lambda: rung.append(worker.ring(doorbells, settle=settle)), fault, other)
        if fault is None:
            goals = self._goals(worker, doorbells)
            world.check_models()
            for pair, goal in goals.items():
                assert rung[0].behind.get(pair) not in ("raced", "more")
                if settle or pair[0].projection == "inventory":
                    assert world.positions[pair] >= goal, f"{pair} was left behind"

    @rule(who=who, fault=some.faults, stream=some.streams)
    def sweep(self, who: int, fault: Fault | None, stream: StreamId) -> None:
        worker = self._worker(who)
        worker.attempt(worker.sweeper.sweep, fault, self._another_writes(who, stream))

    @rule(who=who)
    def settle(self, who: int) -> None:
        self._settle(self._worker(who))

    @rule(who=who, upgraded=st.booleans())
    def restart(self, who: int, upgraded: bool) -> None:  # noqa: FBT001 - drawn
        worker = self._worker(who)
        worker.release.newest |= upgraded
        worker.start()

    # Bugs, and what is done about them

    @rule(culprit=some.culprits, stream=some.streams, ahead=st.sampled_from([1, 1, 2, 0, -1]), ailment=some.ailments)
    def a_bug_shows(self, culprit: str, stream: StreamId, ahead: int, ailment: Ailment) -> None:
        """Make someone trip over an event to come, or over one that is there; a fold of it may have ended well."""
        worker, world = self._worker(0), self.world
        world.bugs.introduce(culprit, stream, max(1, world.oracle.head(stream) + ahead), ailment)
        if ahead > 0:
            world.append(worker, [Append(stream, tuple(a_sale(tx=self._tx()) for _ in range(ahead)))])

    @rule()
    def fix_the_bugs(self) -> None:
        self.world.bugs.fix()

    @rule(who=who, nth=st.integers(0, 7), fault=some.faults)
    def redrive(self, who: int, nth: int, fault: Fault | None) -> None:
        worker, pairs = self._worker(who), [*sorted(self.world.held), *self._pairs(self.world.workers[who])]
        if pairs:
            model, stream = pairs[nth % len(pairs)]
            worker.attempt(lambda: worker.quarantine.redrive(model.projection, stream), fault)

    # What must always be true

    @invariant()
    def all_holds(self) -> None:
        self._check()

    def _check(self) -> None:
        self.world.check_log()
        self.world.check_models()

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self._end_well()
        finally:
            self.world.close()

    def _end_well(self) -> None:
        """When all bugs are fixed and all is redriven, nothing is behind and nothing was lost."""
        world, worker = self.world, self._worker(0)
        self._settle(worker)
        world.bugs.fix()
        worker.release.newest = True
        worker.start()
        self._recover(worker)
        self._settle(worker)
        for pair in self._pairs(worker):
            assert world.positions.get(pair, 0) == world.oracle.head(pair[1]), f"{pair} never arrived"
        assert not world.held
        world.check_listings()

    def _recover(self, worker: Worker) -> None:
        for model, stream in list(self.world.held):
            worker.quarantine.redrive(model.projection, stream)

    # How the rules do it

    def _worker(self, number: int) -> Worker:
        self.world.tick()
        return self.world.workers[number]

    def _tx(self) -> str:
        self._facts += 1
        return f"tx-{self._facts}"

    def _appends(self, batches: list[Batch]) -> list[Append]:
        return [self._append(batch) for batch in batches]

    def _append(self, batch: Batch) -> Append:
        known = list(self.world.oracle.log.get(batch.stream, []))
        events: list[Event] = []
        for draft in batch.drafts:
            events.append(self._event(batch.stream, draft, [*map(_told_again, known), *events]))
        head = self.world.oracle.head(batch.stream)
        return Append(batch.stream, tuple(events), None if batch.expected is None else max(0, head + batch.expected))

    def _event(self, stream: StreamId, draft: Draft, known: list[Event]) -> Event:
        first = known[-1 - draft.repeats % len(known)] if draft.repeats is not None and known else None
        if first is not None and not draft.twisted:
            return first
        fact = draft.fact.of(self._alerts(stream)) if isinstance(draft.fact, Acknowledge) else draft.fact
        return stated(fact, tx=first.tx_id if first is not None else self._tx())

    def _alerts(self, stream: StreamId) -> list[str]:
        oracle = self.world.oracle
        return sorted(oracle.fold(AlertsProjection(), stream, {stream: oracle.head(stream)}).touched)

    def _another_writes(self, number: int, stream: StreamId) -> Callable[[], None]:
        """Return what another worker does meanwhile: it appends to `stream` and rings it."""
        other = self.world.workers[(number + 1) % WORKERS]

        def write() -> None:
            self.world.append(other, [Append(stream, (a_novelty(self._tx(), of_known_type=True),))])
            other.ring([Doorbell(stream)])

        return write

    def _hint(self, stream: StreamId, hint: Any) -> tuple[Recorded, ...]:
        events = self.world.oracle.log.get(stream, [])
        match hint:
            case "none":
                return ()
            case "all":
                return tuple(events)
            case "news":
                known = [position for (_, fed), position in self._positions().items() if fed == stream]
                return tuple(events[min(known, default=0) :])
            case _:
                return tuple(events[place] for place in hint if place < len(events))

    def _positions(self) -> dict[Pair, int]:
        return {pair: self.world.positions.get(pair, 0) for pair in self._pairs(self.world.workers[0])}

    def _pairs(self, worker: Worker) -> list[Pair]:
        """Return the pairs that `worker` brings up to the log."""
        return [
            (model, stream)
            for projection in PURE
            for model in worker.generations.folding(projection.name, projection.schema)
            for streams in self.world.oracle.rows(projection).values()
            for stream in streams
        ]

    def _goals(self, worker: Worker, bells: list[Doorbell]) -> dict[Pair, int]:
        """Return how far each pair must be after a ring without trouble, seen before it."""
        hints: dict[StreamId, list[Recorded]] = {}
        for bell in bells:
            hints.setdefault(bell.stream, []).extend(bell.hint)
        goals: dict[Pair, int] = {}
        for model, stream in self._pairs(worker):
            if stream in hints:
                last = newest_run(hints[stream], lambda event: event).last if hints[stream] else None
                goals[model, stream] = self.world.reach(worker, (model, stream), last)[0]
        return goals

    def _settle(self, worker: Worker) -> None:
        """Sweep until nothing moves: then every pair is at the head, or stopped where it must be."""
        world = self.world
        world.eventually(lambda: self._unsettled(worker), [])
        world.check_log()
        world.check_told()

    def _unsettled(self, worker: Worker) -> list[tuple[Model, StreamId, str]]:
        wrong: list[tuple[Model, StreamId, str]] = []
        for _ in range(ATTEMPTS + 1):
            worker.sweep_anew()
            worker.sweeper.sweep()
            self.world.check_log()
            self.world.check_models()
            wrong = self._stopped_elsewhere(worker)
            if not wrong:
                break
        return wrong

    def _stopped_elsewhere(self, worker: Worker) -> list[tuple[Model, StreamId, str]]:
        """Return the pairs that are not where a worker that sweeps for long must bring them."""
        wrong: list[tuple[Model, StreamId, str]] = []
        for pair in self._pairs(worker):
            reach, reason = self.world.reach(worker, pair)
            if self.world.positions.get(pair, 0) != reach or reason == "poison":
                wrong.append((*pair, reason or "behind"))
        return wrong


def _told_again(event: Recorded) -> Event:
    return Event(
        event.type,
        event.schema,
        event.data,
        event.tx_id,
        event.digest,
        event.occurred_at,
        event.source,
        event.causation,
        event.correlation,
    )
