"""`syncstate consume`: the stream, the redo queue and the walk in one process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from threading import Event
from time import monotonic, sleep

import boto3
import pytest

from processor.adapters.dynamodb import DynamoStore, client_config, tables
from processor.adapters.dynamodb.checkpoints import Checkpoints
from processor.adapters.dynamodb.following import Follower
from processor.adapters.dynamodb.reading import Reach
from processor.adapters.memory import MemoryStore
from processor.clock import moment, system_clock
from processor.crew import Crew
from processor.delivery import Delivery
from processor.generations import Generations
from processor.leases import Leases
from processor.models import Model
from processor.quarantine import Quarantine
from processor.runner import Runner
from processor.store import Store
from processor.streams import StreamId
from processor.waiting import RegisterQueue
from processor.walk import Walk
from projections import PROJECTIONS
from stock.codec import decode
from syncstate.consuming import Consumer, Lost, Take
from tests import servers
from tests.contracts.threads import begin
from tests.factories import a_sale, a_stream, an_append
from tests.integration.aws.stream_client import PlayedStream
from tests.integration.aws.stream_runner import records_of
from tests.properties.conftest import silence
from tests.properties.program import a_novelty

__all__ = ["silence"]

INVENTORY = Model("inventory", 1)
SECONDS = 30
_tables = count(1)


def at(store: Store, stream: StreamId) -> int:
    row = store.models.load(INVENTORY, [stream]).get(stream)
    return row.positions[stream] if row else 0


class Floor:
    """A played stream beside a store in memory."""

    def __init__(self) -> None:
        self.store, self.stream = MemoryStore(), PlayedStream()

    def append(self, number: int = 1, *, heard: bool = True) -> list[StreamId]:
        """Sell in so many new streams; the stream brings it, unless nobody heard."""
        made = [a_stream() for _ in range(number)]
        for stream in made:
            self.store.log.append([an_append(stream, a_sale())])
            if heard:
                self.stream.runner.arrive(records_of(self.store.log.read(stream)))
        return made

    def consumer(self) -> Consumer:
        """Return a consumer as a process of its own has it."""
        store = self.store
        runner = Runner(store.log, store.models, Generations(store.registers, system_clock), PROJECTIONS, decode)
        queue = RegisterQueue(store.registers, "redo", system_clock)
        delivery = Delivery(runner, Quarantine(store, runner, system_clock), queue)
        leases = Leases(store.registers, system_clock)

        def follow(take: Take, lost: Lost) -> Follower:
            reach = Reach(self.stream.access(), Checkpoints(store.registers), leases, take=take, lost=lost)
            return Follower(reach, Crew(leases, "events", "one"), "one")

        return Consumer(follow, delivery, queue, Walk(store, runner, delivery, system_clock))


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_once_goes_to_the_end_of_what_is_there(floor: Floor) -> None:
    streams = floor.append(30)
    done = floor.consumer().run(Event(), once=True)
    assert (done.records, done.complete, done.later, done.walked) == (60, True, 0, 0)
    assert all(at(floor.store, stream) == 1 for stream in streams)
    assert floor.consumer().run(Event(), once=True).records == 0


def test_once_follows_children_of_shards_to_their_end_too(floor: Floor) -> None:
    streams = floor.append(5)
    floor.stream.runner.split(floor.stream.runner.shards[0])
    streams += floor.append(5)
    assert floor.consumer().run(Event(), once=True).records == 20
    assert all(at(floor.store, stream) == 1 for stream in streams)


def test_records_that_vanished_are_made_good_by_a_walk_even_with_once(floor: Floor) -> None:
    floor.append(1)
    floor.consumer().run(Event(), once=True)
    lost = floor.append(20)
    floor.stream.runner.expire(floor.stream.runner.shards[0], 10**6)
    floor.append(1)
    done = floor.consumer().run(Event(), once=True)
    assert done.walked == 22
    assert all(at(floor.store, stream) == 1 for stream in lost)


def test_what_cannot_be_folded_yet_waits_in_the_store_and_holds_nobody(floor: Floor) -> None:
    (new,) = floor.append()
    floor.store.log.append([an_append(new, a_novelty("n", of_known_type=True))])
    floor.stream.runner.arrive(records_of(floor.store.log.read(new, 1)))
    others = floor.append(5)
    done = floor.consumer().run(Event(), once=True)
    assert done.complete
    assert done.later >= 1
    assert len(RegisterQueue(floor.store.registers, "redo", system_clock)) == 1
    assert all(at(floor.store, stream) == 1 for stream in [new, *others])


def test_what_waited_is_rung_again_in_its_time(floor: Floor) -> None:
    (stream,) = floor.append(heard=False)
    queue = RegisterQueue(floor.store.registers, "redo", system_clock)
    queue.send([b'{"streams":["%s"]}' % str(stream).encode()], timedelta(milliseconds=50))
    stop = Event()
    working = begin(lambda: floor.consumer().run(stop))
    until(lambda: at(floor.store, stream) == 1)
    until(lambda: len(queue) == 0)
    stop.set()
    assert working.result(SECONDS).redone == 1


def test_a_store_that_takes_nothing_is_told_and_nothing_is_passed_over(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stream,) = floor.append()
    with monkeypatch.context() as trouble:
        trouble.setattr("processor.adapters.dynamodb.reading.FIRST_PAUSE", 0.001)
        trouble.setattr(floor.store.models, "commit", refuses)
        trouble.setattr(RegisterQueue, "send", refuses)
        done = floor.consumer().run(Event(), once=True)
    assert not done.complete
    assert floor.consumer().run(Event(), once=True).records == 2
    assert at(floor.store, stream) == 1


def test_a_letter_stays_while_its_stream_can_go_nowhere(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    (stream,) = floor.append(heard=False)
    queue = RegisterQueue(floor.store.registers, "redo", system_clock)
    queue.send([b'{"streams":["%s"]}' % str(stream).encode()])
    with monkeypatch.context() as trouble:
        trouble.setattr(floor.store.models, "commit", refuses)
        trouble.setattr(RegisterQueue, "send", refuses)
        assert floor.consumer().run(Event(), once=True).redone == 0
    assert len(queue) == 1


def refuses(*_: object) -> None:
    raise ConnectionError("of a test") from None


def test_a_stream_that_nobody_heard_is_found_by_the_daily_walk(floor: Floor) -> None:
    (stream,) = floor.append(heard=False)
    stop = Event()
    working = begin(lambda: floor.consumer().run(stop))
    until(lambda: at(floor.store, stream) == 1)
    stop.set()
    assert working.result(SECONDS).walked == 1


def until(probe: Callable[[], bool]) -> None:
    deadline = monotonic() + SECONDS
    while not probe():
        assert monotonic() < deadline
        sleep(0.02)


class Local:
    """DynamoDB Local, and the command upon it."""

    def __init__(self) -> None:
        self.prefix = f"consumed{os.getpid()}x{next(_tables)}-"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SYNCSTATE_", "AWS_"))},
            "AWS_ENDPOINT_URL_DYNAMODB": servers.dynamodb(),
            "SYNCSTATE_DYNAMODB_PREFIX": self.prefix,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        client = boto3.client(
            "dynamodb",
            endpoint_url=servers.dynamodb(),
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - DynamoDB Local asks for some key and checks none
            config=client_config(),
        )
        tables.create(client, self.prefix)
        self.store = DynamoStore(client, self.prefix)
        self._started: list[subprocess.Popen[str]] = []

    def close(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()
        self.store.close()

    def working(self) -> int:
        """Return how many processes have set to work."""
        leases = Leases(self.store.registers, system_clock)
        return sum(leases.holder(f"crew/{self.prefix}events/{number}") is not None for number in range(3))

    def append(self, number: int) -> list[StreamId]:
        made = [a_stream() for _ in range(number)]
        self.store.log.append([an_append(stream, a_sale()) for stream in made])
        return made

    def start(self, *options: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "syncstate", "consume", *options]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, env=self.environment, stdout=pipe, stderr=pipe, text=True)
        self._started.append(process)
        return process

    def run(self, *options: str) -> tuple[int, str, str]:
        process = self.start(*options)
        told, errors = process.communicate(timeout=60)
        return process.returncode, told, errors


@pytest.fixture
def local() -> Iterator[Local]:
    if (sentence := servers.missing("dynamodb")) is not None:
        (pytest.fail if servers.required() else pytest.skip)(sentence)
    local = Local()
    yield local
    local.close()


def test_the_command_folds_what_is_there_and_tells_what_it_did(local: Local) -> None:
    streams = local.append(12)
    code, told, errors = local.run("--once", "--json")
    assert (code, errors) == (0, "")
    assert json.loads(told) | {"folded": 0} == {
        "records": 24,
        "folded": 0,
        "later": 0,
        "redone": 0,
        "walked": 0,
        "unread": 0,
        "shards": 1,
        "elsewhere": 0,
        "complete": True,
    }
    assert all(at(local.store, stream) == 1 for stream in streams)
    assert local.run("--once") == (0, "read 0 records, folded 0 events into read models\n", "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_with_its_places_kept_and_its_shards_free(local: Local, number: int, code: int) -> None:
    process = local.start()
    streams = local.append(5)
    until(lambda: all(at(local.store, stream) == 1 for stream in streams))
    process.send_signal(number)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == code
    assert told.splitlines()[-1].startswith("read 10 records")
    for name, register in local.store.registers.scan("lease/"):
        assert moment(json.loads(register.value)["expires"]) <= moment(system_clock()), name
    assert json.loads(local.run("--once", "--json")[1])["records"] == 0


def test_two_processes_fold_everything_between_them(local: Local) -> None:
    processes = [local.start("--json") for _ in range(2)]
    until(lambda: local.working() == 2)
    streams = local.append(40)
    until(lambda: all(at(local.store, stream) == 1 for stream in streams))
    for process in processes:
        process.send_signal(signal.SIGTERM)
    told = [json.loads(process.communicate(timeout=60)[0]) for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum(done["records"] for done in told) == 80
    assert sorted(done["shards"] for done in told) == [0, 1]


def test_a_table_that_is_not_there_is_told_in_a_sentence(local: Local) -> None:
    local.environment["SYNCSTATE_DYNAMODB_PREFIX"] = "nothing-"
    code, told, errors = local.run("--once")
    assert (code, told) == (1, "")
    assert "nothing-" in errors
    assert "syncstate tables create" in errors
    assert "Traceback" not in errors
