"""Ways in whose table is throttled, contended, silent or gone: nothing is lost, nothing counts twice."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import pytest

from ingest.latecomers import Latecomers
from processor.adapters.dynamodb import DynamoStore
from processor.adapters.memory.queues import MemoryQueue
from processor.clock import system_clock
from processor.errors import StoreUnavailable
from processor.queues import Queue
from syncstate.lambdas import buffer
from tests.gateway import failed_in, sqs_event
from tests.integration.aws.conftest import PATIENCE
from tests.integration.aws.functions import delivered, doors_over, kinds, sold
from tests.integration.dynamodb.faults import (
    Fault,
    Faults,
    cancelled,
    half_served,
    lost_answer,
    lost_request,
    refused,
    unserved,
)
from tests.payloads import a_line, an_order_body
from tests.queues import KINDS, fresh_queue

TRANSACT = "transact_write_items"
BUSY: dict[str, Fault] = {
    "throttled": refused("ProvisionedThroughputExceededException"),
    "throttled by item": cancelled("ThrottlingError"),
    "out of throughput in a transaction": cancelled("ProvisionedThroughputExceeded"),
    "a conflict of transactions": cancelled("TransactionConflict"),
}
SILENT: dict[str, Fault] = {
    "lost before": lost_request,
    "lost after": lost_answer,
    "a fault of the server": refused("InternalServerError", 500),
}


@pytest.fixture(params=KINDS)
def queue(request: pytest.FixtureRequest) -> Iterator[Queue]:
    with fresh_queue(request.param, timedelta(seconds=1)) as queue:
        yield queue


def drained(store: DynamoStore, queue: Queue) -> int:
    """Hand the queue's messages to the buffer's function until there are none; return how many there were."""
    latecomers, count = Latecomers(store.log), 0
    while messages := queue.receive(wait=timedelta(seconds=1)):
        answer = buffer.taken(latecomers, sqs_event(*(message.body for message in messages))["Records"])
        failed = set(failed_in(answer))
        queue.delete([message for n, message in enumerate(messages) if f"m{n}" not in failed])
        count += len(messages)
    return count


@pytest.mark.parametrize("trouble", BUSY)
def test_sales_that_a_busy_table_does_not_take_wait_and_count_once(
    store: DynamoStore, faults: Faults, queue: Queue, trouble: str
) -> None:
    doors, body = doors_over(store, queue), an_order_body(a_line(1, "A", 2), a_line(2, "B", 1))
    gate: Fault = lambda call, arguments: call(**arguments)  # noqa: E731 - the order's snapshot is taken
    faults.fail(TRANSACT, gate)
    faults.keep_failing(TRANSACT, BUSY[trouble])
    assert delivered(doors, body) == 200
    faults.mend()
    assert sold(store, "A") == sold(store, "B") == 0
    assert delivered(doors, body) == 200
    assert drained(store, queue) == 1
    assert (sold(store, "A"), sold(store, "B")) == (2, 1)
    assert kinds(store, "A") == {"SaleRecorded": 1}


@pytest.mark.parametrize("trouble", BUSY)
def test_while_the_order_s_own_stream_is_refused_nothing_is_acknowledged(
    store: DynamoStore, faults: Faults, queue: Queue, trouble: str
) -> None:
    doors, body = doors_over(store, queue), an_order_body(a_line(1, "A", 2))
    faults.keep_failing(TRANSACT, BUSY[trouble])
    assert delivered(doors, body) == 503
    faults.mend()
    assert drained(store, queue) == 0
    assert delivered(doors, body) == 200
    assert sold(store, "A") == 2


@pytest.mark.parametrize("trouble", BUSY)
def test_without_a_queue_a_busy_table_s_deliveries_come_again(store: DynamoStore, faults: Faults, trouble: str) -> None:
    doors, body = doors_over(store), an_order_body(a_line(1, "A", 2))
    faults.fail(TRANSACT, lambda call, arguments: call(**arguments))
    faults.keep_failing(TRANSACT, BUSY[trouble])
    assert delivered(doors, body) == 503
    faults.mend()
    assert delivered(doors, body) == 200
    assert sold(store, "A") == 2


@pytest.mark.parametrize("trouble", SILENT)
def test_what_got_no_answer_is_sent_again_and_does_not_wait(
    store: DynamoStore, faults: Faults, queue: Queue, trouble: str
) -> None:
    doors = doors_over(store, queue)
    faults.fail(TRANSACT, SILENT[trouble], SILENT[trouble])
    assert delivered(doors, an_order_body(a_line(1, "A", 2))) == 200
    assert kinds(store, "A") == {"SaleRecorded": 1}
    assert drained(store, queue) == 0


class _Shut(MemoryQueue):
    def send(self, *_: object, **__: object) -> None:
        raise StoreUnavailable("send messages", "the queue is away too")


def test_where_the_queue_fails_too_the_delivery_comes_again(store: DynamoStore, faults: Faults) -> None:
    doors, body = doors_over(store, _Shut()), an_order_body(a_line(1, "A", 2))
    faults.fail(TRANSACT, lambda call, arguments: call(**arguments))
    faults.keep_failing(TRANSACT, BUSY["throttled"])
    assert delivered(doors, body) == 503
    faults.mend()
    assert delivered(doors_over(store, MemoryQueue()), body) == 200
    assert sold(store, "A") == 2


@pytest.mark.parametrize("seed", range(12))
def test_whatever_fails_every_order_counts_once(store: DynamoStore, faults: Faults, seed: int) -> None:
    chance, queue = Random(seed), MemoryQueue(timedelta(milliseconds=1))
    doors, latecomers = doors_over(store, queue), Latecomers(store.log)
    orders = [an_order_body(a_line(n, f"S{n % 3}", 1 + n % 2), a_line(99 + n, "HOT", 1), id_=n) for n in range(1, 13)]
    everything: list[tuple[str, Fault]] = [(TRANSACT, fault) for fault in (*BUSY.values(), *SILENT.values())]
    everything += [(TRANSACT, refused("AccessDeniedException")), ("query", refused("ThrottlingException"))]
    everything += [("query", lost_answer), ("batch_get_item", unserved), ("batch_get_item", half_served)]
    left = [*orders, *chance.sample(orders, 4)]
    chance.shuffle(left)
    for round_ in range(200):
        if not left and not len(queue):
            break
        for _ in range(chance.randrange(5) if round_ < 60 else 0):
            operation, fault = chance.choice(everything)
            faults.fail(operation, *[fault] * chance.choice([1, 1, 2, 4, 5]))
        if left and chance.random() < 0.7:
            body = left.pop(0)
            status = delivered(doors, body)
            assert status in (200, 503)
            left += [body] * (status == 503)
        elif messages := queue.receive():
            answer = buffer.taken(latecomers, sqs_event(*(message.body for message in messages))["Records"])
            failed = set(failed_in(answer))
            done = [message for n, message in enumerate(messages) if f"m{n}" not in failed]
            queue.delete(done if chance.random() < 0.8 else [])
    assert (left, len(queue)) == ([], 0)
    faults.mend()
    wanted = {f"S{part}": sum(1 + n % 2 for n in range(1, 13) if n % 3 == part) for part in range(3)} | {"HOT": 12}
    assert {name: sold(store, name) for name in wanted} == wanted
    assert kinds(store, "HOT") == {"SaleRecorded": 12}


def test_a_hot_sku_sold_by_many_functions_at_once_loses_no_sale(
    stores: Callable[[], DynamoStore], faults: Faults
) -> None:
    """As many processes as there are deliveries under way, none of which sees the others' appends."""
    queue, functions, each = MemoryQueue(timedelta(minutes=1)), 8, 12
    own = [DynamoStore(faults.as_client(), clock=system_clock, patience=PATIENCE) for _ in range(functions)]

    def sell(function: int) -> list[int]:
        doors = doors_over(own[function], queue)
        numbers = range(function * each, (function + 1) * each)
        return [delivered(doors, an_order_body(a_line(n + 1, "HOT", 1), id_=n + 1)) for n in numbers]

    with ThreadPoolExecutor(functions) as pool:
        statuses = [status for part in pool.map(sell, range(functions)) for status in part]
    assert statuses == [200] * (functions * each)
    store = stores()
    waited = functions * each - sold(store, "HOT")
    assert waited > 0, "nothing waited: this test shows nothing"
    drained(store, queue)
    assert sold(store, "HOT") == functions * each
