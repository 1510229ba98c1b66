"""One SKU that everybody buys at once: `python -m benchmarks.hot_sku`.

Functions, each with a store of its own as a process has it, append sales of one SKU; what loses three races waits in a
queue, and is then appended fifty at a time.
"""

import logging
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from time import perf_counter
from typing import TYPE_CHECKING

import structlog

from benchmarks.metering import Meter
from benchmarks.places import dynamodb_client
from ingest.latecomers import Latecomers
from localstack.dynamodb import missing
from processor.adapters.dynamodb import DynamoStore, tables
from processor.adapters.dynamodb.retries import Patience
from processor.adapters.memory.queues import MemoryQueue
from processor.appending import Appender
from processor.buffering import Buffering
from processor.clock import system_clock
from processor.letters import facts_in
from processor.log import Append
from processor.receipts import Buffered
from processor.streams import StreamId
from stock.events import SaleRecorded
from stock.facts import fact
from stock.identities import sku, sku_stream
from stock.waiting import may_wait
from syncstate.stores import RACES

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

SALES = 400
FUNCTIONS = (1, 2, 4, 8, 16)


def main() -> int:
    """Measure and print a line per number of functions; answer the exit code."""
    absent = missing()
    if absent is not None:
        print(absent)
        return 1
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with ExitStack() as stack:
        client = dynamodb_client(stack, max(FUNCTIONS))
        tables.create(client)
        meter = Meter(client)
        for functions in FUNCTIONS:
            print(_measured(client, meter, functions))
    return 0


def _measured(client: "DynamoDBClient", meter: Meter, functions: int) -> str:
    name, queue = f"HOT-{functions}", MemoryQueue(timedelta(minutes=10))
    meter.clear()
    began = perf_counter()
    with ThreadPoolExecutor(functions) as pool:
        parts = pool.map(
            lambda function: _sold(client, queue, name, range(function, SALES, functions)), range(functions)
        )
        waited = sum(parts)
    selling = perf_counter() - began
    began = perf_counter()
    store = DynamoStore(client)
    _drain(Latecomers(store.log), queue)
    assert store.log.heads([_stream(name)])[_stream(name)] == SALES, "a sale is missing"
    draining, bill = perf_counter() - began, meter.bill
    drained = f", drained at {waited / draining:,.0f}/s" if waited else ""
    return (
        f"{functions:3} functions: {SALES / selling:5,.0f} sales/s acknowledged, {waited / SALES:4.0%} by the queue"
        f"{drained}; {bill.requests / SALES:.1f} requests, {bill.written / SALES:.1f} write units a sale"
    )


def _sold(client: "DynamoDBClient", queue: MemoryQueue, name: str, numbers: Sequence[int]) -> int:
    """Sell as one function, one sale after another; return how many of them wait."""
    patience = Patience(races=RACES)
    store = DynamoStore(client, clock=system_clock, patience=patience)  # closing it would close the client
    appender = Appender(store.log, Buffering(store.log, queue, may_wait).append)
    receipts = [appender.record([_sale(name, number)]) for number in numbers]
    return sum(isinstance(receipt.outcome, Buffered) for [receipt] in receipts)


def _drain(latecomers: Latecomers, queue: MemoryQueue) -> None:
    while messages := queue.receive():
        latecomers.take([facts_in(message.body) for message in messages])
        queue.delete(messages)


def _stream(name: str) -> StreamId:
    return sku_stream("bench", sku(name))


def _sale(name: str, number: int) -> Append:
    sale = fact(SaleRecorded(1), tx=f"shopify:line:{number}:1", at=system_clock(), source="shopify")
    return Append(_stream(name), (sale,))


if __name__ == "__main__":
    sys.exit(main())
