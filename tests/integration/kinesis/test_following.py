"""Shards on kinesis-local: split, merged, closed and shared; positions that are lost, and processes that die."""

import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from processor.adapters.kinesis.checkpoints import Checkpoints
from processor.adapters.kinesis.following import LENGTH, Follower
from processor.adapters.kinesis.shards import Shard
from processor.adapters.kinesis.stream import Expired, KinesisStream, Page, ShardGone, StreamMissing, Trimmed
from processor.adapters.memory import MemoryStore
from processor.arrivals import Arrival
from processor.errors import StoreUnavailable
from processor.leases import Leases
from processor.registers import Registers
from tests.integration.kinesis.conftest import Orders
from tests.stores import FixedClock

LOW, HIGH = 0, 2**128 - 1
"""Hash keys in the lowest shard and the highest, whatever was split."""


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def registers(clock: FixedClock) -> Registers:
    return MemoryStore(clock).registers


class Reader:
    """A process that follows a stream and remembers what it took."""

    def __init__(self, orders: Orders, registers: Registers, clock: FixedClock, holder: str = "one") -> None:
        self.taken: list[bytes] = []
        self.takes: Callable[[Sequence[Arrival]], int] = len
        self.stream = orders.opened()
        leases = Leases(registers, clock)
        self.follower = Follower(self.stream, registers, leases, holder, self._take, clock=clock)

    def _take(self, records: Sequence[Arrival]) -> int:
        done = self.takes(records)
        self.taken += [record.data for record in records[:done]]
        return done

    def catch_up(self) -> list[bytes]:
        """Read what is there; return what was taken, in order."""
        before = len(self.taken)
        for _ in range(30):
            if self.follower.round().caught_up:
                return self.taken[before:]
        raise AssertionError("there is no end of it")


@pytest.fixture
def reader(orders: Orders, registers: Registers, clock: FixedClock) -> Iterator[Reader]:
    reader = Reader(orders, registers, clock)
    yield reader
    reader.follower.leave()


def test_records_come_in_order_and_once(orders: Orders, reader: Reader) -> None:
    for number in range(5):
        orders.put(b"%d" % number)
    assert reader.catch_up() == [b"0", b"1", b"2", b"3", b"4"]
    orders.put(b"5")
    assert reader.catch_up() == [b"5"]


def test_a_split_and_a_merge_keep_the_order_of_every_key(orders: Orders, reader: Reader) -> None:
    """What was put before a split comes before what was put after it, and the same with a merge."""
    orders.put(b"before low", hash_key=LOW)
    orders.put(b"before high", hash_key=HIGH)
    orders.split(orders.open_shards()[0])
    orders.put(b"split low", hash_key=LOW)
    orders.put(b"split high", hash_key=HIGH)
    low, high = orders.open_shards()
    orders.merge(low, high)
    orders.put(b"merged low", hash_key=LOW)
    orders.put(b"merged high", hash_key=HIGH)
    taken = reader.catch_up()
    assert len(taken) == 6
    assert set(taken[:2]) == {b"before low", b"before high"}
    assert set(taken[2:4]) == {b"split low", b"split high"}
    assert taken[4:] == [b"merged low", b"merged high"]


def test_a_stream_that_is_split_while_it_is_followed_goes_on(orders: Orders, reader: Reader) -> None:
    orders.put(b"1")
    assert reader.catch_up() == [b"1"]
    orders.split(orders.open_shards()[0])
    orders.put(b"2", hash_key=LOW)
    orders.put(b"3", hash_key=HIGH)
    assert sorted(reader.catch_up()) == [b"2", b"3"]
    assert not reader.follower.round().ended


def test_another_process_goes_on_where_one_left_its_children_too(
    orders: Orders, reader: Reader, registers: Registers, clock: FixedClock
) -> None:
    orders.put(b"1")
    orders.split(orders.open_shards()[0])
    orders.put(b"2", hash_key=LOW)
    assert reader.catch_up() == [b"1", b"2"]
    reader.follower.leave()
    orders.put(b"3", hash_key=LOW)
    other = Reader(orders, registers, clock, "other")
    assert other.catch_up() == [b"3"]


def test_a_process_that_dies_after_it_took_a_page_leaves_it_to_be_taken_again(
    orders: Orders, reader: Reader, registers: Registers, clock: FixedClock
) -> None:
    orders.put(b"1")
    orders.put(b"2")

    def die(records: Sequence[Arrival]) -> int:
        reader.taken += [record.data for record in records]
        raise KeyboardInterrupt

    reader.takes = die
    with pytest.raises(KeyboardInterrupt):
        reader.follower.round()
    other = Reader(orders, registers, clock, "other")
    assert other.follower.round().elsewhere == 1, "until the lease of the dead one has run out"
    clock.advance(LENGTH)
    assert other.catch_up() == [b"1", b"2"]


def test_what_is_not_done_comes_again_and_what_is_does_not(orders: Orders, reader: Reader) -> None:
    for number in range(4):
        orders.put(b"%d" % number)
    reader.takes = lambda _: 2
    assert reader.follower.round().waits is not None
    assert reader.taken == [b"0", b"1"]
    reader.takes = len
    assert reader.catch_up() == [b"2", b"3"]


def test_a_store_that_fails_holds_up_its_shard_alone_and_loses_nothing(
    streams: Callable[[int], Orders], registers: Registers, clock: FixedClock
) -> None:
    orders = streams(2)
    orders.put(b"low", hash_key=LOW)
    orders.put(b"high", hash_key=HIGH)
    reader = Reader(orders, registers, clock)

    def failing(records: Sequence[Arrival]) -> int:
        if records[0].data == b"low":
            raise StoreUnavailable("append", "on command")
        return len(records)

    reader.takes = failing
    for _ in range(3):
        told = reader.follower.round()
        assert told.waits == "the store could not append: on command"
        assert not told.caught_up
    assert reader.taken == [b"high"]
    reader.takes = len
    assert reader.catch_up() == [b"low"]


def test_two_processes_share_the_shards_and_take_each_record_once(
    streams: Callable[[int], Orders], registers: Registers, clock: FixedClock
) -> None:
    orders = streams(2)
    one, two = Reader(orders, registers, clock, "one"), Reader(orders, registers, clock, "two")
    for number in range(20):
        orders.put(b"%d" % number, key=str(number))
        one.follower.round()
        told = two.follower.round()
        assert told.elsewhere == 2
    one.follower.leave()
    for number in range(20, 30):
        orders.put(b"%d" % number, key=str(number))
        two.follower.round()
    assert sorted(one.taken + two.taken, key=int) == [b"%d" % number for number in range(30)]
    assert one.taken
    assert two.taken


def test_a_process_that_slept_past_its_lease_repeats_and_moves_nothing_back(
    orders: Orders, reader: Reader, registers: Registers, clock: FixedClock
) -> None:
    other = Reader(orders, registers, clock, "other")
    orders.put(b"1")

    def sleep(records: Sequence[Arrival]) -> int:
        clock.advance(LENGTH)
        reader.takes = len
        orders.put(b"2")
        assert other.catch_up() == [b"1", b"2"]
        return len(records)

    reader.takes = sleep
    reader.follower.round()
    assert reader.taken == [b"1"]
    assert reader.follower.round().elsewhere == 1
    clock.advance(LENGTH)
    assert reader.catch_up() == [], "the other's checkpoint stands"


def test_a_checkpoint_that_another_moved_is_where_it_goes_on(
    orders: Orders, reader: Reader, registers: Registers
) -> None:
    """Though the lease is still ours: clocks differ."""
    orders.put(b"1")
    last = orders.put(b"2")

    def moved(_: Sequence[Arrival]) -> int:
        checkpoints = Checkpoints(registers, reader.stream.identity())
        [shard] = orders.open_shards()
        assert checkpoints.move(shard, checkpoints.read(shard), last) is not None
        return 1

    reader.takes = moved
    reader.follower.round()
    assert reader.taken == [b"1"]
    reader.takes = len
    orders.put(b"3")
    assert reader.catch_up() == [b"3"]


def test_an_iterator_that_expired_is_taken_anew(
    orders: Orders, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders.put(b"1")
    assert reader.catch_up() == [b"1"]
    orders.put(b"2")

    def expired(*_: object) -> Page:
        raise Expired

    with monkeypatch.context() as patch:
        patch.setattr(KinesisStream, "page", expired)
        found = reader.follower.round()
        assert (found.caught_up, found.waits) == (False, None), "it is no trouble to wait for"
    assert reader.catch_up() == [b"2"]


def test_a_position_that_kinesis_does_not_know_begins_with_the_oldest_record(
    orders: Orders, reader: Reader, registers: Registers, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders.put(b"1")
    assert reader.catch_up() == [b"1"]
    reader.follower.leave()
    iterator = KinesisStream.iterator

    def trimmed(stream: KinesisStream, shard: str, after: str | None) -> str:
        if after is not None:
            raise Trimmed("not a position")
        return iterator(stream, shard, None)

    monkeypatch.setattr(KinesisStream, "iterator", trimmed)
    assert Reader(orders, registers, clock, "other").catch_up() == [b"1"]


def test_a_stream_made_anew_under_the_same_name_is_another(
    orders: Orders, registers: Registers, clock: FixedClock
) -> None:
    """Its shards have the same names: what was closed, or read, in the old one is not in the new one."""
    orders.put(b"old")
    orders.split(orders.open_shards()[0])
    first = Reader(orders, registers, clock)
    assert first.catch_up() == [b"old"]
    first.follower.leave()
    time.sleep(1)  # a stream's age is told in seconds
    orders.client.delete_stream(StreamName=orders.name, EnforceConsumerDeletion=True)
    orders.create()
    orders.put(b"new")
    assert Reader(orders, registers, clock).catch_up() == [b"new"]


def test_a_listing_that_fails_is_waited_for(orders: Orders, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    orders.put(b"1")

    def down(_: KinesisStream) -> list[Shard]:
        raise StoreUnavailable("answer ListShards", "on command")

    with monkeypatch.context() as patch:
        patch.setattr(KinesisStream, "shards", down)
        told = reader.follower.round()
    assert (told.caught_up, told.ended) == (False, False)
    assert told.waits == "the store could not answer ListShards: on command"
    assert reader.catch_up() == [b"1"]


def test_a_shard_that_has_outlived_its_retention_is_not_taken_for_a_missing_stream(
    orders: Orders, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reader.catch_up() == []
    orders.split(orders.open_shards()[0])
    orders.put(b"child", hash_key=LOW)
    listed = KinesisStream.shards
    monkeypatch.setattr(KinesisStream, "shards", lambda stream: listed(stream)[1:])
    page = KinesisStream.page

    def gone(stream: KinesisStream, shard: str, iterator: str) -> Page:
        if shard.endswith("000"):
            raise ShardGone("on command")
        return page(stream, shard, iterator)

    monkeypatch.setattr(KinesisStream, "page", gone)
    assert reader.follower.round().waits is not None
    assert reader.catch_up() == [b"child"]


def test_a_stream_that_is_deleted_while_it_is_followed_is_told(orders: Orders, reader: Reader) -> None:
    assert reader.catch_up() == []
    orders.client.delete_stream(StreamName=orders.name, EnforceConsumerDeletion=True)

    def follow() -> None:
        for _ in range(200):
            reader.follower.round()
            time.sleep(0.05)

    with pytest.raises(StreamMissing):
        follow()
    orders.create()
