"""Holding a seller."""

from datetime import timedelta

import pytest

from channels.errors import LeaseLost
from channels.tenure import LENGTH, OUTLASTS, Tenure
from processor.adapters.memory import MemoryStore
from processor.clock import moment
from processor.leases import Leases
from tests.unit.channels.ticking import Ticking


@pytest.fixture
def time() -> Ticking:
    return Ticking()


@pytest.fixture
def leases(time: Ticking) -> Leases:
    return Leases(MemoryStore(time.clock).registers, time.clock)


def a_tenure(leases: Leases, time: Ticking, holder: str = "one") -> Tenure:
    return Tenure(leases, "dispatch/amazon/A1", holder, time.clock)


def test_one_of_two_holds(leases: Leases, time: Ticking) -> None:
    assert a_tenure(leases, time).take()
    assert not a_tenure(leases, time, "two").take()


def test_a_later_holder_has_a_higher_fence(leases: Leases, time: Ticking) -> None:
    first, second = a_tenure(leases, time), a_tenure(leases, time, "two")
    assert first.take()
    time.pass_(LENGTH)
    assert second.take()
    assert second.fence > first.fence


def test_whoever_was_late_must_stop(leases: Leases, time: Ticking) -> None:
    tenure = a_tenure(leases, time)
    assert tenure.take()
    time.pass_(LENGTH)
    with pytest.raises(LeaseLost):
        tenure.ensure()
    assert not tenure.held


def test_a_call_never_begins_that_might_outlast_the_lease(leases: Leases, time: Ticking) -> None:
    tenure = a_tenure(leases, time)
    assert tenure.take()
    for _ in range(40):
        time.pass_(timedelta(seconds=1))
        tenure.ensure()
        stolen = leases.acquire("dispatch/amazon/A1", "thief", LENGTH)
        assert stolen is None
        assert tenure.held
        # What remains is measured from outside: a thief must wait at least so long.
        lease = tenure._lease  # noqa: SLF001 - the promise is about the lease itself
        assert lease is not None
        assert moment(lease.expires) - moment(time.clock()) >= OUTLASTS


def test_holding_on_writes_nothing_while_the_lease_has_enough_left(leases: Leases, time: Ticking) -> None:
    tenure = a_tenure(leases, time)
    assert tenure.take()
    before = tenure._lease  # noqa: SLF001
    time.pass_(LENGTH - OUTLASTS)
    tenure.ensure()
    assert tenure._lease is before  # noqa: SLF001


def test_leaving_lets_another_in_at_once(leases: Leases, time: Ticking) -> None:
    first, second = a_tenure(leases, time), a_tenure(leases, time, "two")
    assert first.take()
    first.leave()
    assert second.take()
    first.leave()
    assert second.take(), "leaving twice takes nothing from whoever came after"


def test_nobody_holds_what_was_never_taken(leases: Leases, time: Ticking) -> None:
    with pytest.raises(LeaseLost):
        a_tenure(leases, time).ensure()
