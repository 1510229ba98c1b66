"""The real handlers, one after the other: a Kinesis batch, the log, the read models, a wake, Amazon."""

from collections.abc import Iterator, Mapping
from itertools import count
from time import time
from typing import Any

import pytest

from channels.simulators.amazon import SimulatedAmazon, Simulator, simulated_amazon
from channels.wakes import WATCH
from processor.adapters.memory.queues import MemoryQueue
from processor.source import Doorbell
from stock.identities import Sku, sku_stream
from syncstate.lambdas import dispatcher, kinesis, reconcile, runtime
from syncstate.lambdas.telemetry import ON_LAMBDA
from tests import servers
from tests.kinesis import a_sale_of, aggregate, arrival, event_of, with_a_bad_checksum
from tests.metrics import Measured, measured

_numbers = count(1)
OPENED = {"type": "adjustment", "sku": "A", "delta": 10, "reason": "opening"}
MAPPED = {"type": "mapping", "sku": "A", "listing": "A"}


class Context:
    """What Lambda tells a function of its invocation."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def amazon() -> Iterator[Simulator]:
    with simulated_amazon(SimulatedAmazon()) as simulator:
        simulator.amazon.put_listing("A", quantity=99)
        yield simulator


@pytest.fixture
def queues() -> dict[str, MemoryQueue]:
    return {"work": MemoryQueue(), "buffer": MemoryQueue()}


@pytest.fixture(autouse=True)
def _functions(amazon: Simulator, queues: dict[str, MemoryQueue], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Functions whose environment names DynamoDB Local, the queues and the small Amazon; cold at first."""
    sentence = servers.missing("dynamodb")
    if sentence is not None:
        (pytest.fail if servers.required() else pytest.skip)(sentence)
    keys = amazon.credentials
    for name, value in {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "functions",
        "AWS_SECRET_ACCESS_KEY": "local",
        "SYNCSTATE_DYNAMODB_ENDPOINT": servers.dynamodb(),
        "SYNCSTATE_DYNAMODB_PREFIX": f"functions{next(_numbers)}-",
        "SYNCSTATE_TENANT": "acme",
        "SYNCSTATE_WORK_QUEUE": "work",
        "SYNCSTATE_BUFFER_QUEUE": "buffer",
        "SYNCSTATE_AMAZON_MODE": "live",
        "SYNCSTATE_AMAZON_SELLER": amazon.seller_id,
        "SYNCSTATE_AMAZON_MARKETPLACE": amazon.marketplace,
        "SYNCSTATE_AMAZON_CLIENT_ID": keys.client_id,
        "SYNCSTATE_AMAZON_CLIENT_SECRET": keys.client_secret,
        "SYNCSTATE_AMAZON_REFRESH_TOKEN": keys.refresh_token,
        "SYNCSTATE_AMAZON_ENDPOINT": amazon.url,
        "SYNCSTATE_AMAZON_TOKEN_ENDPOINT": amazon.token_url,
        "SYNCSTATE_AMAZON_PER_SECOND": "5",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(runtime, "_queue", queues.get)
    cold()
    yield
    cold()


def cold() -> None:
    """End the process that the functions ran in; the next call begins another."""
    dispatcher.opened.close()
    if runtime.parts.cache_info().currsize:
        runtime.parts().store.close()
    for kept in (runtime.settings, runtime.parts, kinesis.intake, dispatcher.dispatching):
        kept.cache_clear()


def fold(*names: str) -> None:
    """Do as the function behind the table's stream does."""
    parts = runtime.parts()
    rung = parts.runner.ring([Doorbell(sku_stream("acme", Sku(name))) for name in names], watch=WATCH)
    assert parts.waker is not None
    parts.waker.heard(rung)


def woken(queue: MemoryQueue) -> Mapping[str, Any]:
    """Return the SQS event of what is due in the queue, which is then deleted."""
    messages = queue.receive()
    queue.delete(messages)
    return {"Records": [{"messageId": message.receipt, "body": message.body.decode()} for message in messages]}


def deliver(*records: object) -> dict[str, list[dict[str, str]]]:
    return kinesis.handler(event_of([arrival(record, number) for number, record in enumerate(records, 1)]), Context())


def test_a_batch_of_facts_comes_to_amazon(amazon: Simulator, queues: dict[str, MemoryQueue]) -> None:
    facts = aggregate([OPENED, MAPPED, a_sale_of("A", 2)])
    assert deliver(facts, with_a_bad_checksum([a_sale_of("A")]), a_sale_of("A")) == {"batchItemFailures": []}
    cold()
    assert deliver(facts, with_a_bad_checksum([a_sale_of("A")]), a_sale_of("A")) == {"batchItemFailures": []}
    fold("A")
    assert dispatcher.handler(woken(queues["work"]), Context()) == {"batchItemFailures": []}
    assert amazon.amazon.quantity("A") == 7
    assert reconcile.handler({"look": "due"}, None) == {"woken": []}
    assert reconcile.handler({}, None) == {"woken": []}


def test_each_function_measures_its_part(
    queues: dict[str, MemoryQueue], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ON_LAMBDA, "a-function")

    def seen(service: str, *names: str) -> Measured:
        found = measured(capsys.readouterr().out, service)
        return {name: found[name] for name in names}

    counted = ("BatchSize", "Appended", "Duplicates", "Quarantined", "Retries", "Buffered")
    records = (aggregate([OPENED, MAPPED]), with_a_bad_checksum([a_sale_of("A")]))
    deliver(*records)
    assert tuple(seen("kinesis", *counted).values()) == (2, 2, 0, 1, 0, 0)
    deliver(*records)
    assert tuple(seen("kinesis", *counted).values()) == (2, 0, 2, 1, 0, 0)
    monkeypatch.setattr(kinesis, "RESERVED_SECONDS", 61)
    deliver(*records)
    assert seen("kinesis", "BatchSize", "Retries") == {"BatchSize": 2, "Retries": 2}

    fold("A")
    event = woken(queues["work"])
    assert reconcile.handler({"look": "due"}, None) == {"woken": ["acme"]}
    assert seen("reconcile", "Woken") == {"Woken": 1}
    dispatcher.handler({"Records": [*event["Records"], {"messageId": "x", "body": "{}"}]}, Context())
    wanted = {"BatchSize": 2, "Retries": 1, "Accepted": 1, "Rejected": 0}
    assert seen("dispatcher", *wanted) == wanted


def test_old_records_are_told_by_the_oldest_that_was_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ON_LAMBDA, "kinesis")
    event = event_of([arrival(a_sale_of("A", tx=f"t{number}"), number) for number in (1, 2)])
    for record, seconds in zip(event["Records"], (90, 5), strict=True):
        record["kinesis"]["approximateArrivalTimestamp"] = time() - seconds
    kinesis.handler(event, Context())
    assert 90_000 <= measured(capsys.readouterr().out, "kinesis")["Lag"] < 120_000


def test_a_wake_that_was_lost_is_found_on_schedule(amazon: Simulator, queues: dict[str, MemoryQueue]) -> None:
    deliver(aggregate([OPENED, MAPPED]))
    fold("A")
    woken(queues["work"])
    assert reconcile.handler({"look": "due"}, None) == {"woken": ["acme"]}
    dispatcher.handler(woken(queues["work"]), Context())
    assert amazon.amazon.quantity("A") == 10
