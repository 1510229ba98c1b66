"""Lines that wait for their variant's SKU: what is asked, what waits and what is applied, in memory and on both SQL."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from processor.clock import system_clock
from processor.engine import Engine
from processor.models import Entry, Model
from syncstate.settings import Settings
from syncstate.wiring import services
from tests.payloads import SECRET, SHOP, a_line, a_product_body, an_order_body, shopify_headers
from tests.unit.web.client import Client
from web.app import create_app

pytestmark = pytest.mark.parametrize("kind", ["memory", "sqlite", "postgres"], indirect=True)

Told = tuple[str, bytes]
ORDER: Told = ("orders/create", an_order_body(a_line(1, None, 2), a_line(2, "MUG")))
PRODUCT: Told = ("products/update", a_product_body({77: "SHIRT"}))
OWN: Told = ("orders/updated", an_order_body(a_line(1, "SHIRT", 2), a_line(2, "MUG")))
COPY: Told = ("orders/updated", an_order_body(a_line(1, None, 2), tags="123-1234567-1234567"))


@pytest.fixture
def client(engine: Engine) -> Client:
    return Client(create_app(services(Settings(shopify_secrets={SHOP: (SECRET,)}), engine, system_clock)))


def told(client: Client, *deliveries: Told) -> None:
    for topic, body in deliveries:
        answer = client.post("/webhook/shopify", body, shopify_headers(body, topic=topic))
        assert answer.status_code == 200, answer.text


def unread(client: Client) -> list[str]:
    return [alert["type"] for alert in client.get("/api/alerts/unread").json()["alerts"]]


def alerts_in(engine: Engine, model: Model) -> dict[str, tuple[Entry, ...]]:
    """Return a model's documents by partition, those of the default tenant."""
    places: Sequence[tuple[int, str]] = ((0, "unread"), (1, "warning"), (3, "all"), (3, "unmapped"))
    query = engine.store.models.query
    return {partition: query(model, "default", index, partition).items for index, partition in places}


@pytest.mark.parametrize("answer", [PRODUCT, OWN, COPY])
def test_the_alert_of_a_line_is_read_once_the_line_is_settled_and_a_rebuild_tells_the_same(
    client: Client, engine: Engine, answer: Told
) -> None:
    told(client, ORDER)
    assert unread(client) == ["manual_review"]
    told(client, answer, answer)
    engine.sweeper.sweep()
    assert unread(client) == []
    [alert] = client.get("/api/alerts").json()["alerts"]
    assert (alert["type"], alert["read"]) == ("manual_review", True)
    assert [len(documents) for documents in alerts_in(engine, rebuilt(engine)).values()] == [0, 1, 1, 0]


def rebuilt(engine: Engine) -> Model:
    """Return a model of alerts built from the log, which equals the live one."""
    live, model = engine.live("alerts"), engine.rebuild.register("alerts")
    for _ in engine.rebuild.fill(model):
        pass
    assert alerts_in(engine, model) == alerts_in(engine, live)
    return model


def linked(client: Client, variant: int = 77, sku: str = "SHIRT") -> dict[str, Any]:
    answer = client.post("/api/mapping", {"variantId": variant, "sku": sku})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_line_waits_until_an_operator_links_its_variant(client: Client, engine: Engine) -> None:
    told(client, ORDER, ORDER)
    [order] = client.get("/api/mapping/unmapped").json()["unmapped"]
    assert order["lines"] == [{"lineId": "1", "variantId": "77", "listing": None, "quantity": 2}]
    assert [len(documents) for documents in alerts_in(engine, rebuilt(engine)).values()] == [1, 1, 1, 1]
    assert [line["status"] for line in linked(client)["applied"]] == ["recorded"]
    assert linked(client)["duplicate"] is True
    told(client, ORDER)
    engine.sweeper.sweep()
    assert client.get("/api/inventory/SHIRT").json()["version"] == 1
    assert unread(client) == []
    assert client.get("/api/mapping/unmapped").json()["count"] == 0


def test_the_later_word_counts_for_later_lines(client: Client) -> None:
    linked(client)
    told(client, ("products/update", a_product_body({77: "OTHER"}, at="2016-11-20T10:00:00Z")))
    told(client, ("orders/create", an_order_body(a_line(1, None), id_=1)))
    told(client, ("products/update", a_product_body({77: "OTHER"}, at="2036-11-20T10:00:00Z")))
    told(client, ("orders/create", an_order_body(a_line(2, None), id_=2)))
    told(client, ("products/update", a_product_body({77: "NEW"}, at="2036-11-20T11:00:00Z")))
    told(client, ("orders/create", an_order_body(a_line(3, None), id_=3)))
    assert [client.get(f"/api/inventory/{sku}").status_code for sku in ("SHIRT", "OTHER", "NEW")] == [200, 404, 200]
    assert client.get("/api/inventory/SHIRT").json()["version"] == 2


def test_links_orders_and_products_at_once_apply_every_line_once(client: Client, engine: Engine) -> None:
    told_ = [("orders/create", an_order_body(a_line(n, None) | {"variant_id": n % 4}, id_=n)) for n in range(1, 25)]
    told_ += [("products/update", a_product_body({n: f"SKU-{n}"}, id_=n)) for n in range(2)]
    asked: list[Callable[[], object]] = [partial(told, client, one) for one in told_ * 2]
    asked += [partial(linked, client, n, f"SKU-{n}") for n in (2, 3)] * 2
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(one) for one in sorted(asked, key=hash)]:
            done.result()
    engine.sweeper.sweep()
    assert [client.get(f"/api/inventory/SKU-{n}").json()["version"] for n in range(4)] == [6, 6, 6, 6]
    assert client.get("/api/mapping/unmapped").json()["count"] == 0
    assert unread(client) == []
