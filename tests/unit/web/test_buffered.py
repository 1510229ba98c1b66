"""What a client is told of facts that wait because the store is busy."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from processor.adapters.memory.queues import MemoryQueue
from processor.buffering import Buffering
from processor.clock import system_clock
from processor.engine import Engine
from projections import PROJECTIONS
from stock.codec import decode
from stock.waiting import may_wait
from syncstate.settings import Settings
from syncstate.wiring import services
from tests.payloads import SECRET, SHOP, a_line, a_simple_body, an_order_body, shopify_headers
from tests.unit.ingest.flaky import FlakyStore
from tests.unit.web.client import Client
from web.app import create_app


@pytest.fixture
def store() -> FlakyStore:
    return FlakyStore()


@pytest.fixture
def client(store: FlakyStore) -> Iterator[Client]:
    append = Buffering(store.log, MemoryQueue(), may_wait).append
    with closing(Engine(store, PROJECTIONS, decode, watch="inventory", append=append)) as engine:
        settings = Settings(store="memory", shopify_secrets={SHOP: (SECRET,)})
        yield Client(create_app(services(settings, engine, system_clock)))


def test_an_order_that_waits_is_taken_and_its_numbers_are_pending(store: FlakyStore, client: Client) -> None:
    store.log.meet(["busy"])
    answer = client.post("/webhook/shopify", a_simple_body(("A", 1), order="o1"))
    told = answer.json()
    assert (answer.status_code, told["ok"], told["queued"], told["duplicates"]) == (200, True, 1, 0)
    assert (told["pending"], told["inventoryAfter"]) == (True, {"A": None})


def test_a_delivery_whose_sales_wait_is_acknowledged(store: FlakyStore, client: Client) -> None:
    body = an_order_body(a_line(1, "A", 2), a_line(2, "B", 1))
    store.log.meet(["works", "busy"])
    answer = client.post("/webhook/shopify", body, shopify_headers(body))
    assert (answer.status_code, answer.json()["pending"], answer.json()["duplicates"]) == (200, True, 0)


def test_a_batch_tells_which_facts_wait(store: FlakyStore, client: Client) -> None:
    store.log.meet(["busy"])
    sale, count = {"type": "sale", "quantity": 1, "tx": "s"}, {"type": "count", "count": 5, "tx": "c"}
    told = client.post("/api/batch", {"facts": [{**sale, "sku": "A"}, {**count, "sku": "B"}]}).json()
    assert [result["status"] for result in told["results"]] == ["buffered", "recorded"]
    assert [result["version"] for result in told["results"]] == [None, 1]
    assert (told["ok"], told["recorded"], told["buffered"]) == (True, 1, 1)


def test_a_return_that_waits_is_processed_and_pending(store: FlakyStore, client: Client) -> None:
    store.log.meet(["busy"])
    body = {"sku": "A", "quantity": 1, "disposition": "DAMAGED", "tx": "r1"}
    told = client.post("/webhook/amazon/return", body).json()
    assert (told["processed"], told["pending"], told["inventoryAfter"], told["alert"]) == (True, True, None, None)
    assert (told["action"], told["version"]) == ("alert_only", None)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/adjustments", {"sku": "A", "count": 5}),
        ("/api/adjustments", {"sku": "A", "delta": 5, "reason": "found"}),
        ("/api/buffer/A", {"bufferQty": 5}),
        ("/api/mapping", {"sku": "A", "asin": "B000000001"}),
    ],
)
def test_what_a_person_states_does_not_wait(
    store: FlakyStore, client: Client, path: str, body: dict[str, object]
) -> None:
    store.log.meet(["busy"])
    assert client.post(path, body).status_code == 503
    assert client.post(path, body).status_code == 200
