"""How far what was shown was from what should have been: times, counts, differences."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.clock import Instant, instant, moment
from stock.accuracy import Accuracy, Step, Window, compare, together

_BEGIN = moment(Instant("2026-11-20T10:00:00.000000Z"))
NONE = timedelta()

Steps = list[tuple[int, int | None]]


def at(second: int) -> Instant:
    return instant(_BEGIN + timedelta(seconds=second))


def steps(*told: tuple[int, int | None]) -> list[Step]:
    return [Step(at(second), quantity) for second, quantity in told]


def measured(desired: Steps, shown: Steps, *, end: int = 100, grace: int = 0) -> Accuracy:
    return compare(steps(*desired), steps(*shown), Window(at(0), at(end)), timedelta(seconds=grace))


def test_a_number_that_is_right_all_the_time_is_only_watched() -> None:
    assert measured([(-5, 7)], [(-9, 7)]) == Accuracy(watched=100.0)


def test_what_nobody_knew_is_not_watched() -> None:
    assert measured([(20, 7)], [(30, 7)]) == Accuracy(watched=70.0)
    assert measured([], [(0, 7)]) == measured([(0, 7)], []) == Accuracy()
    assert measured([(0, 7), (40, None)], [(0, 7)]) == Accuracy(watched=40.0)


def test_a_sale_that_the_channel_hears_late_of_could_have_been_sold_twice() -> None:
    found = measured([(0, 5), (10, 3)], [(0, 5), (40, 3)])
    assert found == Accuracy(
        watched=100.0, over=30.0, episodes=1, longest=30.0, unit_seconds_over=60.0, greatest_over=2, sellable_twice=2
    )


def test_too_little_is_no_risk_but_wrong() -> None:
    found = measured([(0, 5), (10, 9)], [(0, 5), (40, 9)])
    assert found == Accuracy(watched=100.0, under=30.0, episodes=1, longest=30.0, greatest_under=4)


def test_an_episode_lasts_from_right_to_right_whatever_changes_within() -> None:
    found = measured([(0, 5), (10, 4), (20, 3), (30, 6)], [(0, 5), (50, 6)])
    assert (found.episodes, found.longest, found.over, found.under) == (1, 40.0, 20.0, 20.0)
    assert (found.sellable_twice, found.greatest_over, found.greatest_under) == (2, 2, 1)


def test_each_episode_adds_its_largest_excess() -> None:
    found = measured([(0, 5), (10, 4), (60, 2)], [(0, 5), (20, 4), (70, 2)])
    assert (found.episodes, found.sellable_twice, found.greatest_over) == (2, 3, 2)


@pytest.mark.parametrize(("grace", "episodes"), [(0, 1), (29, 1), (30, 0), (60, 0)])
def test_what_is_mended_within_the_grace_was_never_wrong(grace: int, episodes: int) -> None:
    assert measured([(0, 5), (10, 3)], [(0, 5), (40, 3)], grace=grace).episodes == episodes


def test_what_reaches_over_the_window_s_edges_is_cut() -> None:
    found = measured([(-50, 5), (-10, 3)], [(-50, 5), (200, 3)])
    assert (found.watched, found.over, found.episodes) == (100.0, 100.0, 1)


def test_of_two_words_at_one_moment_the_later_holds() -> None:
    assert measured([(0, 5)], [(0, 9), (0, 5)]) == Accuracy(watched=100.0)


_told = st.lists(st.tuples(st.integers(-5, 25), st.none() | st.integers(0, 4)), max_size=8).map(
    lambda told: sorted(told, key=lambda step: step[0])
)


@given(_told, _told, st.integers(0, 4))
def test_it_equals_what_looking_every_second_tells(desired: Steps, shown: Steps, grace: int) -> None:
    def stood(told: Steps, second: int) -> int | None:
        return next((quantity for when, quantity in reversed(told) if when <= second), None)

    excesses = []
    for second in range(20):
        wanted, seen = stood(desired, second), stood(shown, second)
        excesses.append(None if wanted is None or seen is None else seen - wanted)
    episodes: list[list[int]] = [[]]
    for excess in excesses:
        if excess:
            episodes[-1].append(excess)
        elif episodes[-1]:
            episodes.append([])
    counted = [episode for episode in episodes if len(episode) > grace]
    wrong = [excess for episode in counted for excess in episode]

    assert measured(desired, shown, end=20, grace=grace) == Accuracy(
        watched=float(sum(excess is not None for excess in excesses)),
        over=float(sum(excess > 0 for excess in wrong)),
        under=float(sum(excess < 0 for excess in wrong)),
        episodes=len(counted),
        longest=float(max(map(len, counted), default=0)),
        unit_seconds_over=float(sum(excess for excess in wrong if excess > 0)),
        greatest_over=max(0, max(wrong, default=0)),
        greatest_under=max(0, -min(wrong, default=0)),
        sellable_twice=sum(max(0, *episode) for episode in counted),
    )


def test_parts_come_together() -> None:
    one = measured([(0, 5), (10, 3)], [(0, 5), (40, 3)])
    other = measured([(0, 5), (10, 9)], [(0, 5), (60, 9)])
    assert together([one, other]) == Accuracy(200.0, 30.0, 50.0, 2, 50.0, 60.0, 2, 4, 2)
    assert together([]) == Accuracy()
