"""When a feed pays, and for whom."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.bulk.paying import EXPECTED, Odds, learned, takes
from channels.limits import Rate


def some_odds(per_second: float = 0.5, tokens: int = 0, seconds: float = 75, feeds: float = 0.0083) -> Odds:
    return Odds(Rate(per_second, 5), tokens, Rate(feeds, 15), timedelta(seconds=seconds))


def test_those_whose_turn_comes_before_a_feed_is_over_go_by_themselves() -> None:
    assert some_odds().sooner == 37
    assert some_odds(tokens=5).sooner == 42


def test_a_feed_must_save_the_time_in_which_another_may_be_made() -> None:
    odds = some_odds()
    assert odds.least == 99
    assert (odds.least - 1) / 0.5 > 75 + 1 / 0.0083 > (odds.least - 3) / 0.5


def test_the_faster_one_by_one_the_more_must_be_due() -> None:
    assert some_odds(5).least > 900
    assert some_odds(5).sooner == 375


rates = st.floats(0.01, 100)


@given(rates, st.integers(0, 50), st.floats(1, 10_000), rates)
def test_a_feed_that_pays_always_has_somebody_to_carry(
    per_second: float, tokens: int, seconds: float, feeds: float
) -> None:
    odds = some_odds(per_second, tokens, seconds, feeds)
    assert odds.least > odds.sooner >= tokens


def test_how_long_feeds_take_is_expected_once_and_then_known() -> None:
    assert takes(0) == EXPECTED
    assert takes(learned(0, 300)) == timedelta(minutes=5)
    assert learned(300, 100) == pytest.approx(200)
