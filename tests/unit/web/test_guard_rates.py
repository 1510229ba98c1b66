from datetime import timedelta

from channels.limits import Rate
from tests.unit.channels.ticking import Ticking
from web.guard.rate import Rates


def test_a_burst_is_let_through_and_then_the_rate_alone() -> None:
    ticking = Ticking()
    rates = Rates(Rate(2, 3), ticking.monotonic)
    assert [rates.take("a") for _ in range(4)] == [0, 0, 0, 1]
    ticking.pass_(timedelta(seconds=0.5))
    assert [rates.take("a") for _ in range(2)] == [0, 1]
    ticking.pass_(timedelta(seconds=60))
    assert [rates.take("a") for _ in range(4)] == [0, 0, 0, 1]


def test_the_wait_is_in_whole_seconds_and_long_enough() -> None:
    ticking = Ticking()
    rates = Rates(Rate(0.3, 1), ticking.monotonic)
    assert rates.take("a") == 0
    wait = rates.take("a")
    assert wait == 4
    ticking.pass_(timedelta(seconds=wait))
    assert rates.take("a") == 0


def test_one_caller_does_not_slow_another() -> None:
    rates = Rates(Rate(1, 1), Ticking().monotonic)
    assert (rates.take("a"), rates.take("a"), rates.take("b")) == (0, 1, 0)


def test_what_is_refused_costs_nothing_and_what_is_spent_may_be_owed() -> None:
    ticking = Ticking()
    rates = Rates(Rate(1, 1), ticking.monotonic)
    for _ in range(3):
        rates.spend("a")
    assert [rates.wait("a") for _ in range(5)] == [3] * 5
    ticking.pass_(timedelta(seconds=3))
    assert rates.wait("a") == 0


def test_no_more_buckets_are_kept_than_there_is_room_for() -> None:
    ticking = Ticking()
    rates = Rates(Rate(1, 1), ticking.monotonic, most=3)
    for name in ("a", "b", "a", "c", "d"):
        rates.spend(name)
    assert len(rates) == 3
    assert (rates.wait("a"), rates.wait("b")) == (2, 0)
