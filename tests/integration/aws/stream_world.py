"""Streams under traffic: writers append, the stream's function folds, and everything between goes wrong."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from random import Random
from time import monotonic, sleep
from unittest import mock

import boto3
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from processor.adapters.dynamodb import DynamoStore
from processor.adapters.dynamodb.retries import Patience, Retries
from processor.adapters.dynamodb.shards import StreamAccess
from processor.adapters.dynamodb.streams import arrived
from processor.adapters.memory.queues import MemoryQueue
from processor.delivery import Delivery
from processor.errors import StoreUnavailable
from processor.letters import streams_in
from processor.queues import NOW
from processor.streams import StreamId
from processor.walk import Walk
from syncstate.lambdas import projections, redo, runtime
from syncstate.settings import Settings
from tests import servers
from tests.integration.aws.stream_runner import QueueRunner, Record, Shard, StreamRunner, as_lambda, records_of
from tests.properties import strategies as some
from tests.properties.faults import Crash, Fault
from tests.properties.traffic import Traffic, who
from tests.properties.worker import Worker
from tests.properties.world import World

sizes = st.sampled_from([1, 3, 100, 100])
outages = st.sampled_from([None, None, None, "commit", "load", "all"])
"""What fails for as long as a step lasts, `all` with the redo queue. One fault alone is healed within the delivery."""


faults = some.faults.filter(lambda fault: fault is None or fault.kind != "torn")
"""No read may show less than what a record has told of: the log's reads are strongly consistent, and a stream brings
only what is committed. How the adapter meets holes is tested beside it."""


class RedoQueue(MemoryQueue):
    """The redo queue: down when told, on a clock that is moved."""

    def __init__(self) -> None:
        self.now = 0.0
        self.down = False
        super().__init__(monotonic=lambda: self.now)

    def send(self, bodies: Sequence[bytes], delay: timedelta = NOW) -> None:
        if self.down:
            raise StoreUnavailable("send messages", "the queue is down")
        super().send(bodies, delay)


@contextmanager
def installed(worker: Worker, queue: RedoQueue) -> Iterator[None]:
    """Let the functions stand on `worker` as their process."""
    clock = worker._clock  # noqa: SLF001 - its own
    parts = runtime.Parts(
        Settings(store="memory"), worker.store, worker.runner, worker.quarantine, clock, queue, None, None
    )
    with mock.patch.object(runtime, "parts", return_value=parts):
        yield


@contextmanager
def down(worker: Worker, queue: RedoQueue, outage: str | None) -> Iterator[None]:
    """Let a method of the worker's models fail, however often it is called; at `all` the queue fails too."""
    if outage is None:
        yield
        return
    method, before = "commit" if outage == "all" else outage, queue.down
    queue.down |= outage == "all"
    try:
        with mock.patch.object(worker.store.models, method, side_effect=StoreUnavailable(method, "an outage")):
            yield
    finally:
        queue.down = before


class MadeFeed:
    """The records that DynamoDB would make of what is in the log."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: dict[StreamId, int] = {}

    def coming(self) -> list[Record]:
        """Return what `news` will bring."""
        log = self._world.oracle.log
        return [record for stream in log for record in records_of(log[stream][self._seen.get(stream, 0) :])]

    def news(self) -> list[Record]:
        made: list[Record] = []
        for stream, events in self._world.oracle.log.items():
            made += records_of(events[self._seen.get(stream, 0) :])
            self._seen[stream] = len(events)
        return made


class ReadFeed(MadeFeed):
    """The records of DynamoDB Local's own stream."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        assert isinstance(world.store, DynamoStore)
        client = boto3.client(
            "dynamodbstreams",
            endpoint_url=servers.dynamodb(),
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - DynamoDB Local asks for some key and checks none
        )
        self._access = StreamAccess(client, world.store.log._access.table, Retries(Patience()))  # noqa: SLF001
        (self._shard,) = self._access.shards()
        self._after: str | None = None
        self._came = 0

    def news(self) -> list[Record]:
        """Return what is new; waits until every event of the log has come."""
        super().news()
        made: list[Record] = []
        wanted, deadline = sum(map(len, self._world.oracle.log.values())), monotonic() + 10
        while self._came < wanted:
            found, _ = self._access.records(self._access.iterator(self._shard, self._after))
            made += map(as_lambda, found)
            self._came += sum(record["dynamodb"]["Keys"]["sk"]["S"].startswith("e#") for record in found)
            if found:
                self._after = found[-1]["dynamodb"]["SequenceNumber"]
            else:
                assert monotonic() < deadline, "the stream does not bring what was appended"
                sleep(0.02)
        return made


class StreamTraffic(Traffic):
    """Only the functions fold, and nothing heals but the stream, the redo queue, and a walk where records expired."""

    ring = sweep = settle = record = redrive = None  # type: ignore[assignment]  # rules that would heal, taken out

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.queue = RedoQueue()
        self.stream = StreamRunner(projections.handler, shards=1)
        self.redo = QueueRunner(redo.handler, self.queue)
        self._feed = MadeFeed(self.world) if kind == "memory" else ReadFeed(self.world)
        self._expired: set[StreamId] = set()

    @invariant()
    def all_holds(self) -> None:
        super().all_holds()
        self.nothing_is_forgotten()

    def nothing_is_forgotten(self) -> None:
        """A stream is at its head, or stopped, unless something will yet ring it: a record to come, or a letter."""
        waiting = self._expired | streams_of(self._feed.coming())
        for shard in self.stream.shards:
            waiting |= streams_of(shard.records[shard.taken :])
        for kept in self.queue._kept:  # noqa: SLF001 - its own, due or not
            waiting |= set(streams_in(kept.body))
        for pair in self._pairs(self.world.workers[0]):
            if pair[1] not in waiting and pair not in self.world.held:
                head = self.world.oracle.head(pair[1])
                assert self.world.positions.get(pair, 0) == head, f"{pair} is behind, and nothing will ring it"

    @rule(seed=st.integers(0, 10**6))
    def records_arrive(self, seed: int) -> None:
        self.world.check_log()
        self.stream.arrive(self._feed.news(), Random(seed))

    @rule(who=who, nth=st.integers(0, 5), size=sizes, parallel=st.integers(1, 3), fault=faults, outage=outages)
    def a_batch_is_delivered(
        self, who: int, nth: int, size: int, *, parallel: int, fault: Fault | None, outage: str | None
    ) -> None:
        """Where a fault lets something happen meanwhile, another batch of the same shard is under way elsewhere."""
        self.records_arrive(nth)
        worker, shard = self._worker(who), self._shard(nth)
        other = self.world.workers[(who + 1) % len(self.world.workers)]
        before, calls = shard.left, self.stream.calls

        def deliver() -> None:
            with installed(worker, self.queue), down(worker, self.queue, outage):
                self.stream.deliver(shard, size, parallel=parallel)

        def meanwhile() -> None:
            overlapping = shard.records[shard.taken : shard.taken + size]
            if overlapping:
                with installed(other, self.queue):
                    self.stream.invoke(overlapping)

        with suppress(Crash):
            worker.attempt(deliver, fault, meanwhile)
        if fault is None and self.stream.calls > calls and not self.queue.down and outage != "all":
            assert shard.left < before, "what fails waits in the redo queue and does not hold its shard"

    @rule(who=who, outage=outages)
    def every_shard_is_delivered(self, who: int, outage: str | None) -> None:
        worker = self._worker(who)
        self.records_arrive(0)
        for shard in self.stream.shards:
            with installed(worker, self.queue), down(worker, self.queue, outage):
                self.stream.deliver(shard, 10**6)

    @rule(who=who, minutes=st.sampled_from([0, 1, 20]), fault=faults, outage=outages)
    def the_redo_queue_is_served(self, who: int, minutes: int, fault: Fault | None, outage: str | None) -> None:
        worker = self._worker(who)
        self.queue.now += minutes * 60

        def deliver() -> None:
            with installed(worker, self.queue), down(worker, self.queue, outage):
                self.redo.deliver()

        worker.attempt(deliver, fault)

    @rule(down=st.booleans())
    def the_redo_queue_fails_or_is_back(self, down: bool) -> None:  # noqa: FBT001 - drawn
        self.queue.down = down

    @rule(nth=st.integers(0, 5))
    def a_shard_splits(self, nth: int) -> None:
        if len(self.stream.shards) < 12:
            self.stream.split(self.stream.open[nth % len(self.stream.open)])

    @rule(nth=st.integers(0, 20), number=st.sampled_from([1, 3, 10**6]))
    def records_come_again(self, nth: int, number: int) -> None:
        """Up to all of them: what a day's stream holds."""
        self.stream.again(self.stream.shards[nth % len(self.stream.shards)], number)

    @rule(nth=st.integers(0, 5), number=st.integers(1, 5))
    def records_expire(self, nth: int, number: int) -> None:
        self._expired |= streams_of(self.stream.expire(self._shard(nth), number))

    def _shard(self, nth: int) -> Shard:
        readable = [shard for shard in self.stream.shards if shard.readable]
        return readable[nth % len(readable)]

    def _settle(self, worker: Worker) -> None:
        """Deliver all there is, and serve the redo queue until it is empty or only holds what must wait."""
        self.queue.down = False
        self.records_arrive(0)
        with installed(worker, self.queue):
            self._drain(worker)
        self._expired.clear()
        self.nothing_is_forgotten()

    def _drain(self, worker: Worker) -> None:
        if self._expired:
            self.world.tick()
            _walk_all(worker, self.queue)
        for _ in range(60):
            self.world.tick()
            self.stream.drain()
            self.queue.now += 1000
            while self.redo.deliver():
                pass
            self.world.check_log()
            self.stream.arrive(self._feed.news())  # what the engine told of poison
            self.world.check_models()
            if not self.stream.left and not len(self.queue):
                break


def streams_of(records: Iterable[Record]) -> set[StreamId]:
    """Return the streams that records ring."""
    return {bell.stream for bell in arrived(records).bells}


def _walk_all(worker: Worker, queue: RedoQueue) -> None:
    delivery = Delivery(worker.runner, worker.quarantine, queue)
    walk = Walk(worker.store, worker.runner, delivery, worker._clock, pace=10**6)  # noqa: SLF001
    walk.begin()
    while not walk.go_on(monotonic() + 60).ended:
        pass
