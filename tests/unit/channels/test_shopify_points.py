"""A shop's points: never more than it grants, and all of what it grants."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.errors import Throttled, Unreachable
from channels.shopify.documents import ADJUST, LEVELS_OF, VARIANTS
from channels.shopify.points import MAX_WAIT, Bucket, Charge, Points, pause_of
from channels.shopify.wire import Cost
from channels.simulators.shopify.cost import Account, Plan
from tests.unit.channels.ticking import Ticking

SECOND = timedelta(seconds=1)


def a_cost(requested: float, actual: float | None, available: float, maximum: float = 100, restore: float = 10) -> Cost:
    status = {"maximumAvailable": maximum, "currentlyAvailable": available, "restoreRate": restore}
    told = {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}
    return Cost.model_validate(told)


@pytest.fixture
def time() -> Ticking:
    return Ticking()


@pytest.fixture
def points(time: Ticking) -> Points:
    """Points whose shop has told: ten of a hundred are left, and a change costs ten."""
    found = Points(monotonic=time.monotonic)
    with found.charged("one", ADJUST) as charge:
        charge.cost = a_cost(10, 10, 10)
    return found


@contextmanager
def told(points: Points, cost: Cost) -> Iterator[Charge]:
    with points.charged("one", ADJUST) as charge:
        yield charge
        charge.cost = cost


def test_until_the_shop_has_told_requests_go_one_at_a_time(time: Ticking) -> None:
    points = Points(monotonic=time.monotonic)
    with told(points, a_cost(10, 10, 90)):
        with pytest.raises(Throttled) as caught, points.charged("two", ADJUST):
            pass
        assert caught.value.retry_after is not None
        assert caught.value.retry_after <= SECOND
    with points.charged("two", ADJUST), points.charged("three", ADJUST):
        assert points.available == 70


def test_a_request_that_fails_leaves_the_next_its_turn(time: Ticking) -> None:
    points = Points(monotonic=time.monotonic)
    with suppress(Unreachable), points.charged("one", ADJUST):
        raise Unreachable("one", "", sent=True)
    with points.charged("two", ADJUST):
        pass


def test_what_is_held_is_given_back_but_for_what_it_took(points: Points, time: Ticking) -> None:
    time.pass_(timedelta(seconds=4))
    assert points.available == 50
    with told(points, a_cost(10, 2, 48)):
        assert points.available == 40
    assert points.available == 48


def test_a_wait_that_is_over_lets_through(points: Points, time: Ticking) -> None:
    with points.charged("one", ADJUST):
        pass
    with pytest.raises(Throttled) as caught, points.charged("two", ADJUST):
        pass
    assert caught.value.retry_after == SECOND
    time.pass_(caught.value.retry_after)
    with points.charged("two", ADJUST):
        pass


def test_what_was_never_sent_costs_nothing(points: Points) -> None:
    with pytest.raises(Unreachable), points.charged("one", ADJUST):
        raise Unreachable("one", "nobody listens", sent=False)
    assert points.available == 10


@pytest.mark.parametrize("error", [Unreachable("one", "lost", sent=True), RuntimeError()])
def test_what_may_have_been_sent_is_taken_to_have_cost(points: Points, error: Exception) -> None:
    with pytest.raises(type(error)), points.charged("one", ADJUST):
        raise error
    assert points.available == 0


def test_the_shop_is_believed_when_it_has_less(points: Points) -> None:
    with told(points, a_cost(10, None, 3)):
        pass
    assert points.available == 3


def test_the_shop_is_believed_when_it_has_more_and_nothing_else_is_under_way(points: Points) -> None:
    with told(points, a_cost(10, 10, 900, maximum=1000, restore=50)):
        pass
    assert points.available == 900


def test_what_the_shop_has_not_seen_yet_is_not_available(points: Points, time: Ticking) -> None:
    time.pass_(timedelta(seconds=9))
    with points.charged("slow", ADJUST), told(points, a_cost(10, 10, 90)):
        pass
    assert points.available == 80


def test_an_old_answer_does_not_make_up_for_younger_requests(points: Points, time: Ticking) -> None:
    time.pass_(timedelta(seconds=9))
    with told(points, a_cost(10, 10, 90)), told(points, a_cost(10, 10, 80)):
        pass
    assert points.available <= 80
    with told(points, a_cost(10, 10, 70)):
        pass
    assert points.available == 70, "one that is alone tells how it is"


def test_a_pause_is_kept_whatever_is_available(points: Points, time: Ticking) -> None:
    time.pass_(timedelta(seconds=9))
    with points.charged("one", ADJUST) as charge:
        charge.wait = 30 * SECOND
    for _ in range(3):
        with pytest.raises(Throttled) as caught, points.charged("two", ADJUST):
            pass
    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= 30 * SECOND
    time.pass_(caught.value.retry_after)
    with points.charged("two", ADJUST):
        pass


def test_prices_are_learnt_by_operation_and_number(points: Points, time: Ticking) -> None:
    time.pass_(timedelta(seconds=9))
    with points.charged("many", LEVELS_OF, 3) as charge:
        assert charge.points == 15
        charge.cost = a_cost(6, 6, 94)
    with points.charged("many", LEVELS_OF, 3) as charge:
        assert charge.points == 6
    with points.charged("many", LEVELS_OF, 4) as charge:
        assert charge.points == 20


def test_a_wait_is_within_reason(points: Points) -> None:
    with told(points, a_cost(10, 10, -1e308, restore=5e-324)):
        pass
    with pytest.raises(Throttled) as caught, points.charged("two", ADJUST):
        pass
    assert caught.value.retry_after == MAX_WAIT


def test_what_costs_more_than_the_bucket_holds_is_asked_when_it_is_full(points: Points, time: Ticking) -> None:
    time.pass_(timedelta(seconds=8))
    with pytest.raises(Throttled) as caught, points.charged("dear", VARIANTS):
        pass
    assert caught.value.retry_after == SECOND
    time.pass_(SECOND)
    with points.charged("dear", VARIANTS):
        assert points.available == 0


@pytest.mark.parametrize(
    ("cost", "seconds"),
    [(a_cost(30, None, 10), 2), (a_cost(30, None, 50), 0), (a_cost(900, None, 0), 10), (a_cost(30, None, -20), 5)],
)
def test_the_pause_is_how_long_the_bucket_needs(cost: Cost, seconds: float) -> None:
    assert pause_of(cost) == seconds * SECOND


def test_a_pause_is_within_reason() -> None:
    assert pause_of(a_cost(100, None, 0, restore=0.001)) == MAX_WAIT
    assert pause_of(a_cost(1e308, None, -1e308, maximum=1e308, restore=5e-324)) == MAX_WAIT
    assert pause_of(None) is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 0.5), st.integers(0, 10), st.booleans()), max_size=60))
def test_a_shop_with_one_app_never_has_to_refuse(asked: list[tuple[float, int, bool]]) -> None:
    """Whatever is asked when, costs what, and is lost: a shop's account never lacks what the points let through."""
    time = Ticking()
    account = Account(Plan(50, 20), time.monotonic)
    points = Points(Bucket(50, 20), time.monotonic)
    for pause, actual, lost in asked:
        time.pass_(timedelta(seconds=pause))
        with suppress(Throttled, Unreachable), points.charged("one", ADJUST) as charge:
            first = not points._told  # noqa: SLF001 - the first may cost more than was guessed
            assert account.hold(10) or first
            account.give_back(10 - actual)
            if lost:
                raise Unreachable("one", "lost", sent=True)
            charge.cost = Cost.model_validate(account.told(10, actual))
