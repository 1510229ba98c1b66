"""Buckets never let more through than a rate allows."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.limits import Rate, TokenBucket
from channels.simulators.amazon.state import Limit
from tests.unit.channels.ticking import Ticking

SECOND = timedelta(seconds=1)


@pytest.fixture
def time() -> Ticking:
    return Ticking()


def taken(bucket: TokenBucket, tries: int = 50) -> int:
    return sum(bucket.take() for _ in range(tries))


def test_a_bucket_starts_empty(time: Ticking) -> None:
    bucket = TokenBucket(Rate(0.5, 5), time.monotonic)
    assert not bucket.take()
    assert bucket.wait() == 2 * SECOND


def test_a_token_is_there_once_the_wait_is_over(time: Ticking) -> None:
    bucket = TokenBucket(Rate(0.3, 5), time.monotonic)
    time.pass_(bucket.wait())
    assert bucket.take()
    assert not bucket.take()


def test_what_was_not_used_adds_up_to_a_burst_and_no_further(time: Ticking) -> None:
    bucket = TokenBucket(Rate(2, 5), time.monotonic)
    time.pass_(timedelta(hours=1))
    assert bucket.tokens == 5
    assert taken(bucket) == 5


def test_a_granted_rate_slows_the_bucket_down(time: Ticking) -> None:
    bucket = TokenBucket(Rate(5, 5), time.monotonic)
    bucket.grant(0.1)
    assert bucket.wait() == 10 * SECOND


def test_a_granted_rate_never_makes_the_bucket_faster_than_it_was_built(time: Ticking) -> None:
    bucket = TokenBucket(Rate(0.5, 5), time.monotonic)
    bucket.grant(0.1)
    bucket.grant(50)
    assert bucket.wait() == 2 * SECOND


@pytest.mark.parametrize("nonsense", [None, 0.0, -1.0])
def test_a_rate_that_is_none_changes_nothing(time: Ticking, nonsense: float | None) -> None:
    bucket = TokenBucket(Rate(0.5, 5), time.monotonic)
    bucket.grant(nonsense)
    assert bucket.wait() == 2 * SECOND


def test_a_closed_bucket_lets_nothing_through_and_is_empty_when_it_opens(time: Ticking) -> None:
    bucket = TokenBucket(Rate(1, 5), time.monotonic)
    time.pass_(timedelta(minutes=1))
    bucket.close(7 * SECOND)
    assert bucket.tokens == 0
    assert bucket.wait() == 8 * SECOND
    time.pass_(7 * SECOND)
    assert not bucket.take()
    time.pass_(SECOND)
    assert bucket.take()


def test_closing_again_never_opens_a_bucket_sooner(time: Ticking) -> None:
    bucket = TokenBucket(Rate(1, 5), time.monotonic)
    bucket.close(30 * SECOND)
    bucket.close(SECOND)
    assert bucket.wait() == 31 * SECOND


def test_requests_made_without_asking_are_paid_for_later(time: Ticking) -> None:
    bucket = TokenBucket(Rate(1, 5), time.monotonic)
    time.pass_(SECOND)
    bucket.charge(3)
    assert bucket.wait() == 3 * SECOND


@pytest.mark.parametrize("rate", [(0.0, 5), (-1.0, 5), (1.0, 0)])
def test_a_rate_that_lets_nothing_through_is_refused(rate: tuple[float, int]) -> None:
    with pytest.raises(ValueError, match="lets something through"):
        Rate(*rate)


@given(st.floats(0.01, 20), st.integers(1, 10), st.lists(st.floats(0, 30), max_size=40))
def test_over_any_time_no_more_than_the_rate_and_one_burst_go_through(
    per_second: float, burst: int, pauses: list[float]
) -> None:
    time = Ticking()
    bucket = TokenBucket(Rate(per_second, burst), time.monotonic)
    through, passed = 0, 0.0
    for pause in pauses:
        time.pass_(timedelta(seconds=pause))
        passed += pause
        through += taken(bucket, 20)
        assert through <= passed * per_second + 1e-6
        assert bucket.tokens <= burst


@given(
    st.floats(0.1, 20),
    st.integers(1, 10),
    st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1), st.floats(0, 1)), max_size=60),
)
def test_however_late_requests_arrive_a_channel_with_the_same_rate_takes_them_all(
    per_second: float, burst: int, calls: list[tuple[float, float, float]]
) -> None:
    """Each call is made after a pause, arrives after a moment, and is answered after another."""
    time = Ticking()
    rate = Rate(per_second, burst)
    bucket, channel = TokenBucket(rate, time.monotonic), Limit(rate)
    for pause, way_there, way_back in calls:
        time.pass_(timedelta(seconds=pause))
        while not bucket.take():
            time.pass_(bucket.wait())
        time.pass_(timedelta(seconds=way_there))
        assert channel.admits(time.monotonic())
        time.pass_(timedelta(seconds=way_back))
        bucket.landed()
