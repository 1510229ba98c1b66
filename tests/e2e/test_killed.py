"""`kill -9` under load: what was acknowledged is there, and nothing counts twice however often it is sent."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from random import Random
from threading import Lock
from typing import NamedTuple

import httpx
import pytest

from tests.e2e.serving import Server
from tests.payloads import a_line, a_simple_body, an_order_body, shopify_headers

pytestmark = pytest.mark.slow

WRITERS = 50
KILLS = 10
ORDERS_EACH = 40
SKUS = ("A", "B", "C", "D")


class Order(NamedTuple):
    """What is sent, and the fact that must come of it."""

    body: bytes
    headers: dict[str, str]
    sku: str
    tx: str


def an_order(number: int, random: Random) -> Order:
    """Return an order of one unit, every third one signed by the shop."""
    sku = random.choice(SKUS)
    if number % 3:
        return Order(a_simple_body((sku, 1), order=f"o{number}"), {}, sku, f"simple:o{number}:1")
    body = an_order_body(a_line(number * 10, sku, 1), id_=number)
    return Order(body, shopify_headers(body), sku, f"shopify:line:{number * 10}:1")


class Writers:
    """Fifty threads that send orders until the server is gone; they note what they sent and what was acknowledged."""

    def __init__(self, seed: int) -> None:
        self._random, self._lock, self._next = Random(seed), Lock(), 0
        self.sent: list[Order] = []
        self.acknowledged: list[Order] = []

    def write_until_killed(self, server: Server, after: float) -> None:
        with ThreadPoolExecutor(WRITERS) as pool:
            writing = [pool.submit(self._write, server) for _ in range(WRITERS)]
            time.sleep(after)
            server.process.kill()
            server.process.wait()
            for writer in writing:
                writer.result()
        server.http.close()

    def _write(self, server: Server) -> None:
        for _ in range(ORDERS_EACH):
            with self._lock:
                self._next += 1
                order = an_order(self._next, self._random)
                self.sent.append(order)
            try:
                answer = server.post(order.body, order.headers)
            except httpx.TransportError:
                return
            assert answer.status_code == 200, answer.text
            with self._lock:
                self.acknowledged.append(order)


def recorded(server: Server) -> Counter[tuple[str, str]]:
    """Count the facts in all ledgers by SKU and source key, the opening stock aside."""
    return Counter(
        (sku, entry["tx"]) for sku in SKUS for entry in server.ledger(sku) if entry["type"] == "SaleRecorded"
    )


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_ten_kills_under_fifty_writers_lose_nothing_and_count_nothing_twice(tmp_path: Path, stack: ExitStack) -> None:
    data, writers, pauses = tmp_path / "data", Writers(seed=7), Random(11)
    server = stack.enter_context(Server(data))
    server.post(a_simple_body(*((sku, 100_000) for sku in SKUS), order="init-1")).raise_for_status()
    for _ in range(KILLS):
        before = len(writers.acknowledged)
        writers.write_until_killed(server, after=pauses.uniform(0.15, 0.8))
        server = stack.enter_context(Server(data))
        found = recorded(server)
        assert len(writers.acknowledged) > before, "nothing was under way when the server was killed"
        lost = [order.tx for order in writers.acknowledged if found[order.sku, order.tx] != 1]
        assert lost == []
        assert set(found.values()) == {1}

    assert len(writers.sent) - len(writers.acknowledged) >= KILLS
    with ThreadPoolExecutor(WRITERS) as pool:
        again = list(pool.map(lambda order: server.post(order.body, order.headers), writers.sent))
        assert {answer.status_code for answer in again} == {200}
        assert recorded(server) == Counter((order.sku, order.tx) for order in writers.sent)
        sold = Counter(order.sku for order in writers.sent)
        for sku in SKUS:
            assert server.get(f"/api/inventory/{sku}")["physical"] == 100_000 - sold[sku]
