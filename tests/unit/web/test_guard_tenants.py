"""A key reads and changes its own tenant's data alone: asked of every route of the OpenAPI document."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import msgspec
import pytest
from fastapi.routing import APIRoute

from processor.adapters.memory import MemoryStore
from processor.arrivals import Arrival, Place
from processor.clock import system_clock
from processor.engine import Engine
from processor.log import Append
from projections import PROJECTIONS
from stock.codec import decode
from stock.identities import Sku, sku_stream
from syncstate.settings import Settings
from syncstate.wiring import services
from tests.factories import MORNING, a_sale
from tests.payloads import SECRET, SHOP, a_line, an_order_body, shopify_headers
from tests.unit.web.client import Client
from web.app import create_app
from web.guard.roles import Role
from web.services import Services

HIDDEN = "Hidden"
"""Begins whatever only the other tenant can know; it never stands in a request."""

NUMBER = 918_273
"""The other tenant's stock, too."""

SHARED = "SHARED"
"""A SKU that the other tenant has, and whose name everybody guesses."""

OPEN = {"/health", "/docs", "/docs/page.css", "/docs/page.js", "/openapi.json"}
"""What answers without a key: it holds no data."""

TOTALS = {"/health/ready", "/metrics", "/health"}
"""What tells of all tenants together, in numbers alone."""

SIGNED = "/webhook/shopify"
Operation = tuple[str, str]


@pytest.fixture(scope="module")
def parts() -> Iterator[Services]:
    shops = {SHOP: {"tenant": "theirs", "secrets": [SECRET]}}
    with closing(Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory")) as engine:
        yield services(Settings(store="memory", shopify_secrets=shops, rate_burst=100_000), engine, system_clock)


@pytest.fixture(scope="module")
def client(parts: Services) -> Client:
    client = Client(create_app(parts))
    for path, body in _their_past():
        answer = client.post(path, body, key_of(parts, "admin", "theirs"))
        assert answer.status_code in {200, 201}, (path, answer.text)
    damaged = msgspec.structs.replace(a_sale(), data=b'{"quantity":-1}', tx_id="damaged")
    parts.engine.store.log.append([Append(sku_stream("theirs", Sku(f"{HIDDEN}-BAD")), (a_sale(), damaged))])
    for _ in range(4):
        parts.engine.sweeper.sweep()
    record = Arrival(Place("kinesis", "orders", "shardId-0", "1", 0), f"{HIDDEN} data".encode(), MORNING)
    parts.letters.letters.keep("theirs", record, f"{HIDDEN} error")
    order = an_order_body(a_line(1, SHARED, 2), a_line(2, None, 1, variant_id=77), id_=4501, tags=HIDDEN)
    assert client.post(SIGNED, order, shopify_headers(order)).status_code == 200
    return client


def _their_past() -> list[tuple[str, dict[str, Any]]]:
    """Return what happened at the other tenant, something of each kind."""
    return [
        (SIGNED, {"orderId": f"init-{HIDDEN}", "items": [{"sku": SHARED, "quantity": NUMBER}]}),
        (SIGNED, {"orderId": f"{HIDDEN}-o", "items": [{"sku": f"{HIDDEN}-SKU", "quantity": 7}]}),
        ("/webhook/amazon/return", _a_return(f"{HIDDEN}-r")),
        (f"/api/buffer/{SHARED}", {"bufferQty": 3}),
        ("/api/mapping", {"sku": SHARED, "asin": "B00HIDDEN0", "channel": "amazon", "listing": f"{HIDDEN}-L"}),
        ("/api/mapping", {"variantId": 78, "sku": f"{HIDDEN}-V"}),
        ("/api/keys", {"role": "read", "name": f"{HIDDEN}-key"}),
    ]


def _a_return(order: str) -> dict[str, Any]:
    return {"sku": SHARED, "quantity": 1, "disposition": "DEFECTIVE", "returnOrderId": order, "reason": "defect"}


def key_of(parts: Services, role: Role, tenant: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {parts.guard.keys.create(tenant, role, 'a key')[1]}"}


def operations(parts: Services) -> list[Operation]:
    """Return every method and path: those of the OpenAPI document, and those that it leaves out."""
    app = create_app(parts)
    documented = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}
    inside = [getattr(route, "original_router", app).routes for route in app.routes]
    every = {
        (method, route.path.replace(":path}", "}"))
        for routes in inside
        for route in routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert documented < every
    return sorted(every)


def guesses(parts: Services, path: str) -> str:
    """Return the path with whatever of the other tenant's somebody could guess in the place of its parameters."""
    [alert, *_] = parts.alerts.all("theirs")[0]
    [key] = [key for key in parts.guard.keys.every("theirs") if key.name.startswith(HIDDEN)]
    given = {"sku": SHARED, "tx": "shopify:4501", "alert_id": alert.id, "id": key.id, "level": "high"}
    more = {"product_id": "77", "projection": "inventory", "stream": f"theirs/sku/{SHARED}"}
    more |= {"record": "kinesis:orders:shardId-0:1:0", "channel": "amazon"}
    for name, value in {**given, **more}.items():
        path = path.replace(f"{{{name}}}", value).replace(f"{{{name}:path}}", value)
    assert "{" not in path, f"say what the parameters of {path} are"
    return path


BODY = {
    "tenant": "theirs",
    "sku": SHARED,
    "quantity": 1,
    "items": [{"sku": SHARED, "quantity": 1}],
    "facts": [{"type": "sale", "sku": SHARED, "quantity": 1, "tx": "t"}, {"type": "count", "sku": SHARED, "count": 1}],
    "disposition": "SELLABLE",
    "returnOrderId": "r",
    "bufferQty": 1,
    "threshold": 1,
    "delta": 1,
    "reason": "found",
    "asin": "B000000001",
    "listing": "L",
    "channel": "amazon",
    "role": "read",
    "projection": "inventory",
    "stream": f"theirs/sku/{SHARED}",
}
"""A body that every route finds its fields in, one way or the other."""


def ask(client: Client, operation: Operation, path: str, headers: dict[str, str], **more: Any) -> httpx.Response:
    method, _ = operation
    content = {} if method in {"GET", "HEAD", "DELETE"} else {"content": json.dumps(more.pop("body", BODY)).encode()}
    sent = {"Content-Type": "application/json", **headers}
    query = {"sku": SHARED, "tx": "shopify:4501"}
    return client.ask(method, path, headers=sent, params=query, **content)


def stored(parts: Services, tenant: str) -> dict[str, list[object]]:
    log = parts.engine.store.log
    return {str(stream): list(log.read(stream)) for stream in log.streams(tenant)}


def test_every_route_but_health_wants_a_key_as_soon_as_there_is_one(parts: Services, client: Client) -> None:
    found = operations(parts)
    assert len(found) > 20
    assert {("GET", "/docs"), ("GET", "/openapi.json")} <= set(found)
    for operation in found:
        answer = ask(client, operation, guesses(parts, operation[1]), {})
        assert answer.status_code == (200 if operation[1] in OPEN else 401), operation
        assert operation[0] == "HEAD" or operation[1] in OPEN or answer.json()["code"] == "unauthorized", operation


def test_a_reading_key_changes_nothing_by_any_route(parts: Services, client: Client) -> None:
    shown, before = key_of(parts, "read", "theirs"), stored(parts, "theirs")
    for operation in operations(parts):
        if operation[0] not in {"GET", "HEAD"}:
            answer = ask(client, operation, guesses(parts, operation[1]), shown)
            assert answer.status_code == 403, operation
            assert answer.json()["code"] == "forbidden", operation
    assert stored(parts, "theirs") == before


def test_a_key_of_one_tenant_learns_nothing_of_another_by_any_route(parts: Services, client: Client) -> None:
    """It asks for what it can guess; whatever else comes back is a leak."""
    theirs, keys = stored(parts, "theirs"), parts.guard.keys.every("theirs")
    alerts = [alert.id for alert in parts.alerts.all("theirs")[0]]
    mine = key_of(parts, "admin", "mine")
    answers: dict[Operation, httpx.Response] = {}
    for operation in operations(parts):
        path = guesses(parts, operation[1])
        answers[operation] = answer = ask(client, operation, path, mine)
        assert answer.status_code < 500 or operation[1] in TOTALS, (operation, answer.text)
        for told in (HIDDEN, str(NUMBER), str(NUMBER - 3), str(NUMBER - 2), "B00HIDDEN0", "theirs/"):
            assert told not in answer.text.replace(f"theirs/sku/{SHARED}", ""), (operation, answer.text)
        for alert in alerts:
            assert alert not in answer.text or alert in path, operation
    assert client.ask("GET", "/api/keys", params={"every": "true"}, headers=mine).status_code == 403
    assert answers["POST", "/api/keys"].status_code == 403
    assert answers["POST", "/api/keys/{id}/revoke"].status_code == 404
    assert answers["GET", "/api/transactions/{tx}"].status_code == 404
    assert stored(parts, "theirs") == theirs
    assert parts.guard.keys.every("theirs") == keys
    assert parts.guard.keys.every("mine")[0].tenant == "mine"


def test_the_other_tenant_is_really_there(parts: Services, client: Client) -> None:
    """What the tests above look for in vain is found with its own key."""
    shown = key_of(parts, "admin", "theirs")
    answers = "".join(
        ask(client, operation, guesses(parts, operation[1]), shown).text
        for operation in operations(parts)
        if operation[0] == "GET"
    )
    for told in (HIDDEN, str(NUMBER - 2), "B00HIDDEN0"):
        assert told in answers


def test_a_signed_order_is_of_its_shops_tenant_whatever_the_headers_say(parts: Services, client: Client) -> None:
    before = stored(parts, "mine")
    order = an_order_body(a_line(5, SHARED, 1), id_=4502)
    headers = {**shopify_headers(order), **key_of(parts, "admin", "mine"), "X-SyncState-Tenant": "mine"}
    assert client.post(SIGNED, order, headers).status_code == 200
    assert stored(parts, "mine") == before
    assert "theirs/order/shopify:4502" in stored(parts, "theirs")
