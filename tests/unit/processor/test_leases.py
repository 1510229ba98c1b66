"""One holder at a time, fenced by a number that only grows."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from processor.adapters.memory import MemoryStore
from processor.leases import Lease, Leases
from tests.stores import FixedClock

LENGTH = timedelta(seconds=10)
HOLDERS = ("one", "two", "three")
holders = st.sampled_from(HOLDERS)


class Contenders(RuleBasedStateMachine):
    """Processes that take, prolong and give back one lease, each with the lease that it was given last."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FixedClock()
        self.leases = Leases(MemoryStore(self.clock).registers, self.clock)
        self.given: dict[str, Lease] = {}
        self.newest: Lease | None = None
        self.free = True

    @rule(who=holders)
    def acquire(self, who: str) -> None:
        before, free = self.newest, self.is_free()
        lease = self.leases.acquire("seller", who, LENGTH)
        if not free and before is not None and before.holder != who:
            assert lease is None, "another has it"
            return
        assert lease is not None
        assert lease.holder == who
        assert lease.fence == (before.fence if before else 0) + free, "a higher fence for a new holder"
        self.take(lease)

    @rule(who=holders)
    def renew(self, who: str) -> None:
        if who in self.given:
            before, has = self.given[who], self.given[who] == self.newest and not self.is_free()
            lease = self.leases.renew(before, LENGTH)
            assert (lease is not None) == has, "what is lost or has run out is not prolonged"
            if lease is not None:
                assert (lease.holder, lease.fence) == (who, before.fence)
                self.take(lease)

    @rule(who=holders)
    def release(self, who: str) -> None:
        lease = self.given.pop(who, None)
        if lease is not None:
            self.leases.release(lease)
            self.free = self.free or lease == self.newest

    @rule(seconds=st.sampled_from([1.0, 4.0, 9.999, 10.0, 11.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @invariant()
    def one_holds_it(self) -> None:
        assert sum(self.clock() < lease.expires for lease in self.given.values()) <= 1

    def is_free(self) -> bool:
        return self.free or self.newest is None or self.clock() >= self.newest.expires

    def take(self, lease: Lease) -> None:
        self.given[lease.holder] = self.newest = lease
        self.free = False


Contenders.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
TestContenders = Contenders.TestCase


def test_a_holder_that_comes_back_after_its_lease_ran_out_gets_a_higher_fence() -> None:
    clock = FixedClock()
    leases = Leases(MemoryStore(clock).registers, clock)
    first = leases.acquire("seller", "one", LENGTH)
    again = leases.acquire("seller", "one", LENGTH)
    clock.advance(LENGTH)
    late = leases.acquire("seller", "one", LENGTH)
    assert first is not None
    assert again is not None
    assert late is not None
    assert (again.fence, late.fence) == (first.fence, first.fence + 1)
    assert leases.renew(first, LENGTH) is None


def test_leases_of_different_names_know_nothing_of_each_other() -> None:
    clock = FixedClock()
    leases = Leases(MemoryStore(clock).registers, clock)
    assert leases.acquire("a", "one", LENGTH) is not None
    assert leases.acquire("b", "two", LENGTH) is not None
