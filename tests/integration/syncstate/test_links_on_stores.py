"""Lines that wait for their variant's SKU: what is asked, what waits and what is applied, in memory and on both SQL."""

from collections.abc import Sequence

import pytest

from processor.clock import system_clock
from processor.engine import Engine
from processor.models import Document, Model
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


def alerts_in(engine: Engine, model: Model) -> dict[str, tuple[Document, ...]]:
    """Return a model's documents by partition, those of the default tenant."""
    places: Sequence[tuple[int, str]] = ((0, "unread"), (1, "warning"), (3, "all"))
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
    live, rebuilt = engine.live("alerts"), engine.rebuild.register("alerts")
    for _ in engine.rebuild.fill(rebuilt):
        pass
    assert alerts_in(engine, rebuilt) == alerts_in(engine, live)
    assert [len(documents) for documents in alerts_in(engine, rebuilt).values()] == [0, 1, 1]
