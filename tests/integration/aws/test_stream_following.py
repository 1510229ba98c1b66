"""Following shards: parents before children, each from its checkpoint on, shared, and never past what was not taken."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest

from processor.adapters.dynamodb import following, reading
from processor.adapters.dynamodb.checkpoints import Checkpoints, Place
from processor.adapters.dynamodb.following import LEASE, QUIET, Follower
from processor.adapters.dynamodb.reading import Reach
from processor.adapters.dynamodb.shards import Shard, ready
from processor.adapters.dynamodb.streams import StreamRecord
from processor.adapters.memory import MemoryStore
from processor.crew import Crew
from processor.errors import StoreUnavailable
from processor.leases import Leases
from tests.factories import a_stream, events
from tests.integration.aws.stream_client import PlayedStream, number_of
from tests.integration.aws.stream_runner import Record, a_record, records_of
from tests.integration.dynamodb.faults import refused
from tests.properties.conftest import silence
from tests.stores import FixedClock

__all__ = ["silence"]


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes but by the clock: looks and checkpoints are always due."""
    monkeypatch.setattr(reading, "KEEP_EVERY", 0.0)
    monkeypatch.setattr(reading, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(following, "LOOK_EVERY", 0.0)


class Process:
    """A process that follows: `taken` are the sequence numbers in the order they came."""

    def __init__(self, floor: "Floor", name: str) -> None:
        self.floor, self.taken = floor, list[str]()
        self.settles: Callable[[Sequence[StreamRecord]], bool] = lambda _: True
        leases = Leases(floor.store.registers, floor.clock)
        self.checkpoints = Checkpoints(floor.store.registers)
        reach = Reach(floor.stream.access(), self.checkpoints, leases, take=self._take, lost=self._lost)
        self.lost = 0
        self.follower = Follower(reach, Crew(leases, "events", name), name, look_every=0.0)

    def _take(self, records: Sequence[StreamRecord]) -> bool:
        if not self.settles(records):
            return False
        self.taken += [number_of(dict(record)) for record in records]
        return True

    def _lost(self) -> None:
        self.lost += 1

    def turns(self, number: int = 3) -> list[str]:
        for _ in range(number):
            self.follower.turn()
        return self.taken


class Floor:
    """One stream and one store, which processes share."""

    def __init__(self) -> None:
        self.clock, self.stream = FixedClock(), PlayedStream()
        self.store = MemoryStore(self.clock)

    def process(self, name: str = "one") -> Process:
        return Process(self, name)

    def arrive(self, number: int = 1) -> list[str]:
        """Let so many records come; answer their sequence numbers."""
        records: list[Record] = []
        for _ in range(number):
            records += records_of_one()
        self.stream.runner.arrive(records)
        return [number_of(record) for record in records]

    def pass_time(self, by: timedelta) -> None:
        self.clock.advance(by)


def records_of_one() -> list[Record]:
    stream = a_stream()
    return [a_record({"pk": {"S": str(stream)}, "sk": {"S": "e#000000000001"}})]


@pytest.fixture
def floor() -> Iterator[Floor]:
    floor = Floor()
    yield floor
    floor.store.close()


def test_it_begins_with_the_oldest_record_and_brings_each_once(floor: Floor) -> None:
    wanted = floor.arrive(5)
    one = floor.process()
    assert one.turns() == wanted
    wanted += floor.arrive(2)
    assert one.turns() == wanted


def test_another_run_goes_on_where_the_last_one_stopped(floor: Floor) -> None:
    floor.arrive(3)
    first = floor.process("first")
    first.turns()
    first.follower.stop()
    wanted = floor.arrive(2)
    assert floor.process("second").turns() == wanted


def test_a_crash_brings_again_only_what_no_checkpoint_covers(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    floor.arrive(3)
    first = floor.process("first")
    first.turns()
    monkeypatch.setattr(reading, "KEEP_EVERY", 1e9)
    uncovered = floor.arrive(2)
    first.turns()
    floor.pass_time(LEASE + timedelta(seconds=1))
    assert floor.process("second").turns() == uncovered


def test_what_is_not_taken_comes_again_and_no_checkpoint_passes_it(floor: Floor) -> None:
    wanted = floor.arrive(3)
    one = floor.process()
    one.settles = lambda _: False
    assert one.turns(5) == []
    assert one.follower.failures == 5
    assert not one.follower.quiet
    one.follower.stop()
    assert floor.process("two").turns() == wanted


def test_parents_are_read_to_their_end_before_their_children(floor: Floor) -> None:
    before = floor.arrive(4)
    floor.stream.runner.split(floor.stream.runner.shards[0])
    after = floor.arrive(6)
    one = floor.process()
    one.settles = lambda _: False
    one.turns(3)
    assert one.follower.shards == 1, "the parent alone"
    one.settles = lambda _: True
    one.turns(6)
    assert one.taken[:4] == before
    assert sorted(one.taken[4:]) == sorted(after)


def test_generations_of_shards_are_followed_to_the_last(floor: Floor) -> None:
    wanted: list[str] = []
    for _ in range(4):
        wanted += floor.arrive(3)
        floor.stream.runner.split(floor.stream.runner.open[0])
    wanted += floor.arrive(3)
    assert sorted(floor.process().turns(20)) == sorted(wanted)


def test_an_iterator_that_expired_is_replaced_and_nothing_is_missed(floor: Floor) -> None:
    wanted = floor.arrive(2)
    one = floor.process()
    one.turns()
    floor.stream.expire_iterators()
    wanted += floor.arrive(2)
    assert one.turns(4) == wanted
    assert one.lost == 0


def test_records_that_vanished_unread_are_told_and_the_rest_is_read(floor: Floor) -> None:
    floor.arrive(2)
    one = floor.process("one")
    one.turns()
    one.follower.stop()
    gone, kept = floor.arrive(3), floor.arrive(2)
    floor.stream.runner.expire(floor.stream.runner.shards[0], 5)
    two = floor.process("two")
    assert two.turns(4) == kept
    assert two.lost >= 1
    assert not set(gone) & set(two.taken)


def test_records_vanish_before_a_process_that_reads_too_slowly(floor: Floor) -> None:
    floor.arrive(2)
    one = floor.process()
    one.turns()
    floor.arrive(3)
    kept = floor.arrive(1)
    floor.stream.runner.expire(floor.stream.runner.shards[0], 5)
    assert one.turns(4)[2:] == kept
    assert one.lost == 1


def test_a_shard_that_vanished_as_a_whole_is_told_and_its_children_are_read(floor: Floor) -> None:
    floor.arrive(2)
    one = floor.process("one")
    one.settles = lambda _: False
    one.turns()
    parent = floor.stream.runner.shards[0]
    floor.stream.runner.split(parent)
    kept = floor.arrive(4)
    one.follower.stop()
    floor.stream.dropped.append(parent)
    two = floor.process("two")
    assert sorted(two.turns(4)) == sorted(kept)
    assert two.lost >= 1, "what stood in the parent never came"


def test_a_parent_that_was_read_may_vanish(floor: Floor) -> None:
    floor.arrive(2)
    parent = floor.stream.runner.shards[0]
    floor.stream.runner.split(parent)
    one = floor.process("one")
    one.turns(4)
    one.follower.stop()
    floor.stream.dropped.append(parent)
    floor.arrive(2)
    two = floor.process("two")
    two.turns(4)
    assert len(two.taken) == 2
    assert two.lost == 0


def test_two_processes_share_the_shards_and_every_record_comes_once(floor: Floor) -> None:
    for _ in range(3):
        floor.stream.runner.split(floor.stream.runner.open[0])
    one, two = floor.process("one"), floor.process("two")
    one.turns(10)
    assert one.follower.shards == 4
    two.turns(1)
    for _ in range(3):
        one.turns(1)
        two.turns(1)
    assert (one.follower.shards, two.follower.shards) == (2, 2)
    wanted = floor.arrive(40)
    one.turns(2)
    two.turns(2)
    assert one.taken
    assert two.taken
    assert sorted(one.taken + two.taken) == sorted(wanted)


def test_a_process_that_died_is_followed_by_the_other_once_its_leases_ran_out(floor: Floor) -> None:
    one, two = floor.process("one"), floor.process("two")
    one.turns()
    wanted = floor.arrive(2)
    assert two.turns() == []
    floor.pass_time(LEASE + timedelta(seconds=1))
    assert two.turns() == wanted


def test_one_that_wakes_after_its_lease_ran_out_reads_no_further_and_moves_no_checkpoint(floor: Floor) -> None:
    one, two = floor.process("one"), floor.process("two")
    one.turns()
    floor.pass_time(LEASE + timedelta(seconds=1))
    wanted = floor.arrive(2)
    assert two.turns() == wanted
    assert one.turns() == []
    (shard,) = floor.stream.access().shards()
    assert two.checkpoints.read(shard.name)[0] == Place(wanted[-1])


def test_a_place_that_another_moved_meanwhile_is_not_overwritten(floor: Floor) -> None:
    one = floor.process("one")
    one.turns()
    (shard,) = floor.stream.access().shards()
    checkpoints = Checkpoints(floor.store.registers)
    place, revision = checkpoints.read(shard.name)
    assert checkpoints.move(shard.name, Place("9" * 21), revision)
    floor.arrive(2)
    one.turns(1)
    assert (one.follower.shards, place) == (0, Place()), "it reads no further from a place that is not its own"
    one.turns(2)
    assert checkpoints.read(shard.name)[0] == Place("9" * 21)
    assert len(one.taken) == 2, "nothing comes after the place that the other has moved to"


def test_a_lease_is_prolonged_for_as_long_as_it_takes(floor: Floor) -> None:
    one, two = floor.process("one"), floor.process("two")
    for _ in range(10):
        floor.pass_time(LEASE * 0.6)
        wanted = floor.arrive(1)
        assert one.turns(1)[-1:] == wanted
    assert two.turns() == []


def test_trouble_with_one_shard_leaves_the_others_alone(floor: Floor) -> None:
    floor.stream.runner.split(floor.stream.runner.open[0])
    one = floor.process()
    one.turns(3)
    wanted = floor.arrive(10)
    floor.stream.faults += [("get_records", refused("InternalServerError", 500))] * 2
    assert one.turns(1)
    assert sorted(one.turns(3)) == sorted(wanted)


def test_it_is_quiet_only_when_nothing_came_for_several_reads(floor: Floor) -> None:
    one = floor.process()
    one.follower = Follower(one.follower._reach, one.follower._crew, "one", look_every=60)  # noqa: SLF001
    floor.arrive(1)
    one.turns(QUIET)
    assert not one.follower.quiet
    one.turns(1)
    assert one.follower.quiet


def test_a_table_without_a_stream_is_told_with_what_to_do(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floor.stream, "list_streams", lambda **_: {"Streams": []})
    with pytest.raises(StoreUnavailable, match=r"has no stream.*tables verify"):
        floor.process().follower.look()


def test_a_permission_that_is_missing_is_told_by_name(floor: Floor) -> None:
    floor.stream.faults.append(("list_streams", refused("AccessDeniedException")))
    with pytest.raises(StoreUnavailable, match="AccessDenied"):
        floor.process().follower.look()


@pytest.mark.parametrize(
    ("listed", "ended", "wanted"),
    [
        ({"a": None}, set(), {"a"}),
        ({"a": None, "b": "a"}, set(), {"a"}),
        ({"a": None, "b": "a"}, {"a"}, {"b"}),
        ({"b": "a"}, set(), {"b"}),
        ({"a": None, "b": "a", "c": "b", "d": "a"}, {"a", "b"}, {"c", "d"}),
    ],
)
def test_which_shards_may_be_read(listed: dict[str, str | None], ended: set[str], wanted: set[str]) -> None:
    shards = [Shard("arn/stream/1", name, parent) for name, parent in listed.items()]
    assert {shard.id for shard in ready(shards, {f"1/{name}" for name in ended})} == wanted


def test_an_event_makes_two_records_of_which_one_rings() -> None:
    from processor.adapters.dynamodb.streams import arrived
    from tests.factories import a_recorded

    found = arrived(records_of([a_recorded(event) for event in events(3)]))
    assert (len(found.bells), found.passed) == (3, 3)
