"""Who else does the same work: every process knows how many there are, and forgets those that have gone."""

import pytest

from processor.adapters.memory import MemoryStore
from processor.crew import LENGTH, MOST, Crew
from processor.leases import Leases
from tests.stores import FixedClock


class Harbour:
    def __init__(self) -> None:
        self.clock = FixedClock()
        self._store = MemoryStore(self.clock)

    def crew(self, holder: str) -> Crew:
        return Crew(Leases(self._store.registers, self.clock), "events", holder)


@pytest.fixture
def harbour() -> Harbour:
    return Harbour()


def test_each_counts_itself_and_the_others(harbour: Harbour) -> None:
    crews = [harbour.crew(f"p{number}") for number in range(3)]
    assert [crew.size() for crew in crews] == [1, 2, 3]
    assert [crew.size() for crew in crews] == [3, 3, 3]


def test_one_that_leaves_is_missed_at_once_and_its_place_taken_again(harbour: Harbour) -> None:
    one, two, three = (harbour.crew(name) for name in ("one", "two", "three"))
    assert (one.size(), two.size()) == (1, 2)
    one.leave()
    assert two.size() == 1
    assert three.size() == 2
    assert two.size() == 2
    one.leave()
    assert two.size() == 2, "who has left does not leave again"


def test_one_that_died_is_missed_once_its_lease_ran_out(harbour: Harbour) -> None:
    one, two = harbour.crew("one"), harbour.crew("two")
    one.size()
    two.size()
    harbour.clock.advance(LENGTH * 0.6)
    assert two.size() == 2
    harbour.clock.advance(LENGTH * 0.6)
    assert two.size() == 1


def test_one_that_slept_too_long_comes_back_with_another_place(harbour: Harbour) -> None:
    one, two = harbour.crew("one"), harbour.crew("two")
    one.size()
    harbour.clock.advance(LENGTH * 2)
    assert two.size() == 1
    assert one.size() == 2
    assert two.size() == 2


def test_there_is_room_for_so_many_and_the_next_waits_for_a_place(harbour: Harbour) -> None:
    crews = [harbour.crew(f"p{number}") for number in range(MOST)]
    for crew in crews:
        crew.size()
    late = harbour.crew("late")
    assert late.size() == 0
    crews[3].leave()
    assert late.size() == MOST
