"""Which generation is read, which are folded: pointers held by several workers whose clocks agree."""

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from processor.adapters.memory import MemoryStore
from processor.clock import instant, moment
from processor.errors import Misuse, Outdated
from processor.generations import LEASE, Generations
from processor.models import Model
from tests.stores import FixedClock

NAME, SCHEMA = "stock", 1
workers = st.integers(0, 2)


def model(number: int) -> Model:
    return Model(NAME, number)


class Pointers(RuleBasedStateMachine):
    """Workers that read, and fold, by the pointer they have; any of them may move a rebuild on."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FixedClock()
        registers = MemoryStore(self.clock).registers
        self.workers = [Generations(registers, self.clock) for _ in range(3)]
        self.truth = Generations(registers, self.clock)
        self.read_last = [0, 0, 0]
        self.registered: list[int] = []
        self.dropped: set[int] = set()

    @rule(reader=workers, folder=workers)
    def read_and_fold(self, reader: int, folder: int) -> None:
        """What any worker reads every worker folds; a reader never goes back."""
        read = self.workers[reader].live(NAME, SCHEMA)
        folded = self.workers[folder].folding(NAME, SCHEMA)
        assert read in folded
        assert read.generation >= self.read_last[reader]
        assert len(set(folded)) == len(folded)
        assert not self.dropped & {one.generation for one in folded}
        self.read_last[reader] = read.generation

    @rule(who=workers)
    def register(self, who: int) -> None:
        pointer = self.truth.refresh(NAME, SCHEMA)
        if pointer.building is not None:
            with pytest.raises(Misuse):
                self.workers[who].register(NAME, SCHEMA)
            return
        begun = self.workers[who].register(NAME, SCHEMA)
        assert begun.generation not in [1, *self.registered], "a number is used once"
        self.registered.append(begun.generation)
        assert begun in self.workers[who].folding(NAME, SCHEMA)
        assert self.workers[who].live(NAME, SCHEMA) == model(pointer.live)

    @rule(who=workers)
    def flip_when_all_fold_it(self, who: int) -> None:
        pointer = self.truth.refresh(NAME, SCHEMA)
        if pointer.building is None:
            with pytest.raises(Misuse):
                self.workers[who].flip(NAME, SCHEMA, model(pointer.newest))
        elif pointer.filled_after is not None and self.clock() >= pointer.filled_after:
            self.workers[who].flip(NAME, SCHEMA, model(pointer.building))
            assert self.workers[who].live(NAME, SCHEMA) == model(pointer.building)

    @rule(who=workers)
    def abandon(self, who: int) -> None:
        pointer = self.truth.refresh(NAME, SCHEMA)
        if pointer.building is not None:
            self.workers[who].abandon(NAME, SCHEMA, model(pointer.building))
            assert self.truth.live(NAME, SCHEMA) == model(pointer.live)

    @rule(who=workers)
    def drop(self, who: int) -> None:
        for gone in self.workers[who].droppable(NAME, SCHEMA):
            self.dropped.add(gone.generation)
            self.workers[who].dropped(NAME, SCHEMA, gone)

    @rule(seconds=st.sampled_from([0.5, 1.9, 2.0, 4.0, 6.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @invariant()
    def all_is_accounted_for(self) -> None:
        pointer = self.truth.refresh(NAME, SCHEMA)
        known = {pointer.live, pointer.building, *(old.generation for old in pointer.retiring)} - {None}
        assert known | self.dropped == {1, *self.registered}
        assert not known & self.dropped
        assert pointer.building not in (pointer.live, *(old.generation for old in pointer.retiring))


Pointers.TestCase.settings = settings(max_examples=80, stateful_step_count=40)
TestPointers = Pointers.TestCase


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def store(clock: FixedClock) -> MemoryStore:
    return MemoryStore(clock)


def test_a_projection_that_was_never_met_is_live_at_generation_1(store: MemoryStore, clock: FixedClock) -> None:
    generations = Generations(store.registers, clock)
    assert generations.live(NAME, SCHEMA) == model(1)
    assert generations.folding(NAME, SCHEMA) == (model(1),)


def test_a_flip_may_be_decided_once_every_worker_s_lease_ran_out(store: MemoryStore, clock: FixedClock) -> None:
    generations = Generations(store.registers, clock)
    generations.register(NAME, SCHEMA)
    pointer = generations.pointer(NAME, SCHEMA)
    assert pointer.filled_after == instant(moment(clock()) + 2 * LEASE)


def test_another_worker_learns_of_a_generation_when_its_lease_runs_out(store: MemoryStore, clock: FixedClock) -> None:
    one, other = Generations(store.registers, clock), Generations(store.registers, clock)
    other.pointer(NAME, SCHEMA)
    one.register(NAME, SCHEMA)
    assert other.folding(NAME, SCHEMA) == (model(1),)
    clock.advance(LEASE)
    assert other.folding(NAME, SCHEMA) == (model(1), model(2))


def test_a_pointer_read_by_a_clock_that_was_set_back_since_is_read_anew(store: MemoryStore, clock: FixedClock) -> None:
    one, other = Generations(store.registers, clock), Generations(store.registers, clock)
    other.pointer(NAME, SCHEMA)
    one.register(NAME, SCHEMA)
    clock.advance(-timedelta(hours=1))
    assert model(2) in other.folding(NAME, SCHEMA)


def test_a_release_folds_the_generations_of_its_own_schema_alone(store: MemoryStore, clock: FixedClock) -> None:
    old, new = Generations(store.registers, clock), Generations(store.registers, clock)
    assert old.folding(NAME, 1) == (model(1),)
    assert new.folding(NAME, 2) == ()
    building = new.register(NAME, 2)
    clock.advance(2 * LEASE)
    assert old.folding(NAME, 1) == (model(1),)
    assert new.folding(NAME, 2) == (building,)
    with pytest.raises(Outdated):
        new.live(NAME, 2)
    new.flip(NAME, 2, building)
    clock.advance(LEASE)
    assert old.folding(NAME, 1) == (model(1),)
    with pytest.raises(Outdated):
        old.live(NAME, 1)
    assert new.live(NAME, 2) == building


def test_only_what_is_being_built_can_be_flipped_or_abandoned(store: MemoryStore, clock: FixedClock) -> None:
    generations = Generations(store.registers, clock)
    building = generations.register(NAME, SCHEMA)
    for wrong in (model(1), model(building.generation + 1)):
        with pytest.raises(Misuse):
            generations.flip(NAME, SCHEMA, wrong)
        with pytest.raises(Misuse):
            generations.abandon(NAME, SCHEMA, wrong)


def test_what_was_abandoned_is_dropped_and_its_number_is_not_used_again(store: MemoryStore, clock: FixedClock) -> None:
    generations = Generations(store.registers, clock)
    building = generations.register(NAME, SCHEMA)
    generations.abandon(NAME, SCHEMA, building)
    assert generations.folding(NAME, SCHEMA) == (model(1),)
    assert generations.droppable(NAME, SCHEMA) == ()
    clock.advance(3 * LEASE)
    assert generations.droppable(NAME, SCHEMA) == (building,)
    generations.dropped(NAME, SCHEMA, building)
    assert generations.droppable(NAME, SCHEMA) == ()
    assert generations.register(NAME, SCHEMA) == model(3)
