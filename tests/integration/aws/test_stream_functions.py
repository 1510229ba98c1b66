"""The functions of the stream, of the redo queue and of the schedule, called as Lambda calls them."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from time import time
from typing import Any

import pytest

from processor.adapters.dynamodb.items import claim_item, event_item
from processor.adapters.dynamodb.keys import Item
from processor.models import Model
from processor.streams import StreamId
from processor.walk import REGISTER, Walk
from projections import InventoryProjection
from projections.inventory.documents import numbers
from syncstate.lambdas import projections, redo, runtime, sweep
from syncstate.lambdas.telemetry import ON_LAMBDA
from tests import servers
from tests.contracts.threads import at_once
from tests.factories import a_recorded, a_sale, a_stream, an_append, an_opening
from tests.integration.aws.stream_runner import Context, QueueRunner, Record, StreamRunner, a_record, records_of
from tests.integration.aws.stream_world import RedoQueue, down, installed
from tests.metrics import measured
from tests.properties.conftest import silence
from tests.properties.program import Bugs
from tests.properties.worker import Worker
from tests.stores import FixedClock, fresh_store

__all__ = ["silence"]

INVENTORY = Model("inventory", 1)
_tables = count(1)


class Floor:
    """A function's process over memory, its stream and its redo queue."""

    def __init__(self, worker: Worker) -> None:
        self.worker, self.queue = worker, RedoQueue()
        self.stream, self.redo = StreamRunner(projections.handler, shards=1), QueueRunner(redo.handler, self.queue)

    def append(self, stream: StreamId, number: int = 1) -> list[Record]:
        before = self.worker.log.heads([stream])[stream]
        self.worker.log.append([an_append(stream, *(a_sale() for _ in range(number)))])
        return records_of(self.worker.log.read(stream, before))

    def call(self, *records: Record) -> list[str]:
        """Call the stream's function; answer what it tells as failed."""
        answer = projections.handler({"Records": list(records)}, Context())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def at(self, stream: StreamId) -> int:
        row = self.worker.store.models.load(INVENTORY, [stream]).get(stream)
        return row.positions[stream] if row else 0

    def outage(self, what: str = "commit") -> Any:
        return down(self.worker, self.queue, what)


@pytest.fixture
def floor() -> Iterator[Floor]:
    clock = FixedClock()
    with fresh_store("memory", clock) as store:
        floor = Floor(Worker(store, clock, Bugs()))
        with installed(floor.worker, floor.queue):
            yield floor


def number_of(record: Record) -> str:
    number: str = record["dynamodb"]["SequenceNumber"]
    return number


def test_events_are_folded_and_their_claims_passed_over(floor: Floor) -> None:
    shirt, hat = a_stream(), a_stream()
    assert floor.call(*floor.append(shirt, 3), *floor.append(hat)) == []
    assert (floor.at(shirt), floor.at(hat)) == (3, 1)


def test_each_batch_tells_how_large_and_how_old_it_was(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ON_LAMBDA, "projections")
    records = floor.append(a_stream(), 3)

    floor.call(*records)

    [told] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert {name: told[name] for name in ("BatchSize", "Retries", "Quarantined")} == {
        "BatchSize": [float(len(records))],
        "Retries": [0.0],
        "Quarantined": [0.0],
    }
    assert told["Events"][0] >= 3
    assert told["Lag"][0] >= 0
    assert told["WebhookToProjection"][0] >= told["Lag"][0]


def test_what_must_wait_is_no_lag_until_it_is_folded_and_then_all_of_its_waiting(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ON_LAMBDA, "a-function")
    stream = a_stream()
    with floor.outage():
        floor.call(*floor.append(stream))
        told = measured(capsys.readouterr().out, "projections")
        assert (told["Retries"], "Lag" in told) == (1, False)
        for waits in (1, 2):
            floor.queue.now += waits
            assert floor.redo.deliver() == 1
        told = measured(capsys.readouterr().out, "redo")
        assert (told["BatchSize"], told["Retries"], "Lag" in told) == (1, 1, False)
    [letter] = floor.queue._kept  # noqa: SLF001 - its own, not due yet
    sent = str(int((time() - 4) * 1000))
    event = {"Records": [{"messageId": "m", "body": letter.body.decode(), "attributes": {"SentTimestamp": sent}}]}
    redo.handler(event, Context())
    told = measured(capsys.readouterr().out, "redo")
    assert 7_000 <= told["Lag"] < 60_000, "a second, two seconds, and then the four of this letter"
    assert (told["Retries"], told["Quarantined"]) == (1, 0)


def test_the_walk_measures_what_it_looked_at(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ON_LAMBDA, "sweep")
    for _ in range(3):
        floor.append(a_stream())
    floor.call(*floor.append(a_stream()))
    sweep.handler({}, Context())
    told = measured(capsys.readouterr().out, "sweep")
    wanted = {"Streams": 4, "Lagging": 3, "Retries": 0}
    assert {name: told[name] for name in wanted} == wanted


@pytest.mark.parametrize("name", ["MODIFY", "REMOVE", "TTL", "", "insert"])
def test_only_new_items_ring(floor: Floor, name: str) -> None:
    stream = a_stream()
    floor.append(stream)
    (event,) = floor.worker.log.read(stream)
    floor.worker.trouble.calls.clear()
    assert floor.call(a_record(event_item(event), name)) == []
    assert floor.worker.trouble.calls == []


def test_claims_and_items_of_other_kinds_ring_nothing(floor: Floor) -> None:
    entry = a_recorded()
    others: list[Item] = [claim_item(entry, "n"), {"pk": {"S": "acme#sku#A"}, "sk": {"S": "meta"}}]
    assert floor.call(*(a_record(item) for item in others)) == []
    assert floor.worker.trouble.calls == []


@pytest.mark.parametrize("lacking", ["type", "schema", "data", "digest", "recorded"])
def test_an_image_that_cannot_be_read_rings_and_the_log_tells_the_rest(floor: Floor, lacking: str) -> None:
    stream = a_stream()
    first, *_ = floor.append(stream)
    del first["dynamodb"]["NewImage"][lacking]
    assert floor.call(first) == []
    assert floor.at(stream) == 1


def test_a_record_without_an_image_rings_by_its_key(floor: Floor) -> None:
    """The stream was set to KEYS_ONLY, say."""
    stream = a_stream()
    first, *_ = floor.append(stream)
    del first["dynamodb"]["NewImage"]
    assert floor.call(first) == []
    assert floor.at(stream) == 1


def without_keys(record: Record) -> None:
    del record["dynamodb"]["Keys"], record["dynamodb"]["NewImage"]["pk"]


def without_place(record: Record) -> None:
    record["dynamodb"]["Keys"] = record["dynamodb"]["NewImage"] = {"pk": {"S": "a#b#c"}}


def with_no_stream(record: Record) -> None:
    record["dynamodb"]["Keys"]["pk"] = record["dynamodb"]["NewImage"]["pk"] = {"S": "nobody"}


def without_a_name(record: Record) -> None:
    del record["eventName"]


@pytest.mark.parametrize("spoil", [without_keys, without_place, with_no_stream, without_a_name])
def test_what_names_no_stream_is_reported_and_found_alone_by_bisecting(
    floor: Floor, spoil: Callable[[Record], None]
) -> None:
    streams = [a_stream() for _ in range(9)]
    records = [floor.append(stream)[0] for stream in streams]
    spoilt = records[4]
    spoil(spoilt)
    floor.stream = StreamRunner(projections.handler, shards=1, retries=2)
    floor.stream.shards[0].records += records
    floor.stream.drain()
    assert floor.stream.destination == [spoilt]
    assert [floor.at(stream) for stream in streams] == [1] * 4 + [0] + [1] * 4


@pytest.mark.parametrize("record", [{}, {"eventName": "INSERT", "dynamodb": None}, {"eventName": "INSERT"}])
def test_what_has_not_even_a_number_fails_the_call_so_that_it_is_bisected(floor: Floor, record: Record) -> None:
    with pytest.raises(ValueError, match="no sequence number"):
        floor.call(record)


def test_a_day_that_comes_again_changes_nothing(floor: Floor) -> None:
    streams = [a_stream() for _ in range(5)]
    floor.stream.arrive(record for stream in streams for record in floor.append(stream, 4))
    floor.stream.drain(size=7)
    commits = floor.worker.trouble.calls.count("commit")
    floor.stream.again(floor.stream.shards[0], 10**6)
    floor.stream.drain(size=11)
    assert floor.worker.trouble.calls.count("commit") == commits
    floor.worker.start()
    floor.stream.again(floor.stream.shards[0], 10**6)
    with installed(floor.worker, floor.queue):
        floor.stream.drain()
    assert floor.worker.trouble.calls.count("commit") == 0, "nor for a process that has folded nothing yet"
    assert [floor.at(stream) for stream in streams] == [4] * 5


def test_a_window_gathers_what_is_no_full_batch_and_each_stream_is_committed_once(floor: Floor) -> None:
    floor.stream = StreamRunner(projections.handler, shards=1, window=5)
    shirt, hat = a_stream(), a_stream()
    for _ in range(4):
        floor.stream.arrive(floor.append(shirt))
        floor.stream.wait(1, size=100)
    floor.stream.arrive(floor.append(hat))
    assert (floor.stream.calls, floor.at(shirt)) == (0, 0), "the window is open"
    floor.stream.wait(1, size=100)
    assert (floor.stream.calls, floor.at(shirt), floor.at(hat)) == (1, 4, 1)
    assert floor.worker.store.models.load(INVENTORY, [shirt])[shirt].revision == 1, "four events, one commit"
    floor.stream.arrive(floor.append(hat, 60))
    floor.stream.wait(0, size=100)
    assert (floor.stream.calls, floor.stream.left) == (2, 20), "a full batch waits for no window"
    floor.stream.wait(5, size=100)
    assert (floor.stream.left, floor.at(hat)) == (0, 61)


def test_a_batch_ends_at_what_a_call_may_carry(floor: Floor) -> None:
    floor.stream = StreamRunner(projections.handler, shards=1, payload=20_000)
    stream = a_stream()
    floor.stream.arrive(floor.append(stream, 100))
    floor.stream.drain(size=1000)
    assert floor.stream.calls > 5
    assert floor.at(stream) == 100


def test_a_batch_succeeds_though_a_stream_must_wait(floor: Floor) -> None:
    stream = a_stream()
    with floor.outage():
        assert floor.call(*floor.append(stream, 2)) == []
    assert (floor.at(stream), len(floor.queue)) == (0, 1)
    assert floor.redo.deliver() == 0, "not before its time"
    floor.queue.now += 1
    assert floor.redo.deliver() == 1
    assert (floor.at(stream), len(floor.queue)) == (2, 0)


def test_what_the_queue_does_not_take_is_told_by_its_first_record(floor: Floor) -> None:
    stream = a_stream()
    records = floor.append(stream, 3)
    with floor.outage("all"):
        assert floor.call(*records) == [number_of(records[0])]
        floor.stream.arrive(records)
        for _ in range(5):
            floor.stream.deliver(floor.stream.shards[0], 10)
    assert floor.stream.left == len(records)
    floor.stream.drain()
    assert floor.at(stream) == 3


def test_batches_before_the_first_failure_are_not_delivered_again(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = a_stream(), a_stream()
    records = [*floor.append(whole), *floor.append(broken)]
    floor.queue.down = True
    commit = floor.worker.store.models.commit

    def breaking(commits: Any) -> list[bool]:
        if any(one.key == broken for one in commits):
            raise ConnectionError("of a test")
        return commit(commits)

    monkeypatch.setattr(floor.worker.store.models, "commit", breaking)
    floor.stream.arrive(records)
    floor.stream.deliver(floor.stream.shards[0], 10)
    assert floor.stream.left == 2
    assert floor.at(whole) == 1


def test_a_stream_that_keeps_failing_waits_longer_each_time(floor: Floor) -> None:
    floor_stream = a_stream()
    with floor.outage():
        floor.call(*floor.append(floor_stream))
        for waits in (1, 2, 4, 8, 16):
            floor.queue.now += waits - 0.5
            assert floor.redo.deliver() == 0
            floor.queue.now += 0.5
            assert floor.redo.deliver() == 1
    assert len(floor.queue) == 1


def test_a_letter_that_is_not_one_stays_for_the_dead_letter_queue(floor: Floor) -> None:
    stream = a_stream()
    with floor.outage():
        floor.call(*floor.append(stream))
    floor.queue.send([b"{}", b"no letter"])
    floor.queue.now += 1
    assert floor.redo.deliver() == 1
    assert (floor.at(stream), len(floor.queue)) == (1, 2)


def test_a_letter_is_kept_when_its_streams_can_go_nowhere(floor: Floor) -> None:
    stream = a_stream()
    with floor.outage():
        floor.call(*floor.append(stream))
    floor.queue.now += 1
    with floor.outage("all"):
        assert floor.redo.deliver() == 0
    floor.queue.now += 30
    assert floor.redo.deliver() == 1
    assert floor.at(stream) == 1


def test_without_time_left_a_long_stream_goes_on_in_the_next_call(floor: Floor) -> None:
    stream = a_stream()
    first, *_ = floor.append(stream, 50)
    del first["dynamodb"]["NewImage"]["data"]
    answer = projections.handler({"Records": [first]}, Context(milliseconds=0))
    assert answer == {"batchItemFailures": []}
    assert 0 < floor.at(stream) < 50
    assert floor.redo.deliver() == 1
    assert floor.at(stream) == 50


@pytest.mark.usefixtures("floor")
def test_without_time_left_letters_are_left_alone() -> None:
    event = {"Records": [{"messageId": "m", "body": "{}"}]}
    assert redo.handler(event, Context(0)) == {"batchItemFailures": [{"itemIdentifier": "m"}]}


def test_what_the_stream_gave_up_is_found_by_the_walk(floor: Floor) -> None:
    streams = [a_stream() for _ in range(30)]
    floor.stream = StreamRunner(projections.handler, shards=1, retries=0, bisect=False)
    floor.stream.arrive(record for stream in streams for record in floor.append(stream, 2))
    with floor.outage("all"):
        floor.stream.drain()
    assert floor.stream.destination
    told = sweep.handler({}, Context())
    assert (told["streams"], told["lagging"], told["ended"]) == (30, 30, True)
    assert [floor.at(stream) for stream in streams] == [2] * 30


def test_a_walk_goes_on_where_the_last_piece_ended_and_rests_until_the_next_day(floor: Floor) -> None:
    streams = [a_stream() for _ in range(250)]
    for stream in streams:
        floor.append(stream)
    pieces = []
    while not (told := sweep.handler({}, Context(0)))["ended"]:
        pieces.append(told["streams"])
        floor.worker.start()
    assert sum(pieces) + told["streams"] == 250
    assert len(pieces) > 10, "one chunk of a shard at a time"
    assert all(floor.at(stream) == 1 for stream in streams)

    late = a_stream()
    floor.append(late)
    assert sweep.handler({}, Context())["streams"] == 0
    assert sweep.handler({"hours": 24}, Context())["streams"] == 0
    clock = floor.worker._clock  # noqa: SLF001
    assert isinstance(clock, FixedClock)
    clock.advance(timedelta(hours=12))
    assert sweep.handler({"hours": 12}, Context())["lagging"] == 1
    assert floor.at(late) == 1


def test_of_two_walks_at_once_one_stops(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(20):
        floor.append(a_stream())
    heads = floor.worker.store.log.heads

    def another(streams: Any) -> dict[StreamId, int]:
        monkeypatch.setattr(floor.worker.store.log, "heads", heads)
        assert sweep.handler({}, Context())["ended"]
        return heads(streams)

    monkeypatch.setattr(floor.worker.store.log, "heads", another)
    assert sweep.handler({}, Context(0))["taken"]
    register = floor.worker.store.registers.read(REGISTER)
    assert register is not None
    assert b'"shard":64' in register.value


def test_a_walk_that_is_to_begin_anew_does_so_whoever_is_walking(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(20):
        floor.append(a_stream())
    worker, heads = floor.worker, floor.worker.store.log.heads
    walk = Walk(worker.store, worker.runner, runtime.delivery(), worker._clock)  # noqa: SLF001
    assert sweep.handler({}, Context())["ended"]

    def another(streams: Any) -> dict[StreamId, int]:
        monkeypatch.setattr(worker.store.log, "heads", heads)
        walk.begin()
        return heads(streams)

    walk.begin()
    monkeypatch.setattr(worker.store.log, "heads", another)
    assert sweep.handler({}, Context())["taken"]
    told = sweep.handler({}, Context())
    assert (told["streams"], told["ended"]) == (20, True)


def test_a_walk_begins_anew_although_another_keeps_its_place_in_the_same_moment(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    registers, read = floor.worker.store.registers, floor.worker.store.registers.read
    assert sweep.handler({}, Context())["ended"]
    ended = read(REGISTER)
    assert ended is not None

    def overtaken(name: str) -> Any:
        monkeypatch.setattr(registers, "read", read)
        found = read(name)
        assert registers.write(name, ended.value, ended.revision)
        return found

    monkeypatch.setattr(registers, "read", overtaken)
    worker = floor.worker
    Walk(worker.store, worker.runner, runtime.delivery(), worker._clock).begin()  # noqa: SLF001
    floor.append(a_stream())
    assert sweep.handler({}, Context())["streams"] == 1


def test_a_walk_does_not_pass_what_can_go_nowhere(floor: Floor) -> None:
    stream = a_stream()
    floor.append(stream)
    with floor.outage("all"):
        told = sweep.handler({}, Context())
        assert (told["failed"], told["ended"]) == (True, False)
    assert sweep.handler({}, Context())["ended"]
    assert floor.at(stream) == 1


@pytest.fixture
def on_dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The functions' own parts, upon DynamoDB Local, as their environment names it."""
    if (sentence := servers.missing("dynamodb")) is not None:
        (pytest.fail if servers.required() else pytest.skip)(sentence)
    environment = {
        "SYNCSTATE_DYNAMODB_ENDPOINT": servers.dynamodb(),
        "SYNCSTATE_DYNAMODB_PREFIX": f"functions{next(_tables)}-",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    runtime.settings.cache_clear()
    runtime.parts.cache_clear()
    yield
    runtime.parts().store.close()
    runtime.settings.cache_clear()
    runtime.parts.cache_clear()


@pytest.mark.usefixtures("on_dynamodb")
def test_batches_of_one_stream_at_once_on_dynamodb_count_every_event_once() -> None:
    stream, log = a_stream(), runtime.parts().store.log
    log.append([an_append(stream, an_opening(100), *(a_sale() for _ in range(39)))])
    records = records_of(log.read(stream))

    def deliver(lane: int) -> list[Any]:
        runner = StreamRunner(projections.handler, shards=1)
        runner.arrive(records[lane::4])
        runner.drain(size=10)
        return runner.destination

    assert at_once(4, deliver) == [[]] * 4
    row = runtime.parts().store.models.load(INVENTORY, [stream])[stream]
    assert row.positions == {stream: 40}
    assert numbers(InventoryProjection.decode(row.state)).physical == 61
