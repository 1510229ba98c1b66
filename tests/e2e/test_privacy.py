"""What nobody is to read later: secrets and customers' data, sent in every way to every route of a real server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.serving import Server, command, environment
from tests.payloads import SECRET, a_line, an_order_body, shopify_headers

pytestmark = pytest.mark.slow

PRIVATE = {
    "name": "Zebulon Quibblethwaite",
    "email": "zebulon@quibble.example",
    "phone": "+44 7700 900461",
    "address": "12 Gallowglass Mews",
    "city": "Nether Wallop",
    "note": "leave it with the neighbour, Mrs Umberbatch",
    "ip": "198.51.100.73",
    "cookie": "session-4f9d2c7711aa",
    "key": "sks_0123456789ab_Qm9ndXNTZWNyZXRUaGF0Tm9ib2R5SGFz",
    "query": "tok-9c1e55d0b7",
    "hmac": "Zm9yZ2VkU2lnbmF0dXJlT2ZOb2JvZHk=",
    "agent": "BrowserOfZebulon/7.1",
    "path": "reset-5d41402abc4b",
}
"""Each is found by searching for it: none is part of anything else."""

PERSON = {
    "name": PRIVATE["name"],
    "email": PRIVATE["email"],
    "phone": PRIVATE["phone"],
    "address1": PRIVATE["address"],
    "city": PRIVATE["city"],
}

ABOUT: dict[str, Any] = {
    "customer": {**PERSON, "default_address": PERSON},
    "billing_address": PERSON,
    "shipping_address": PERSON,
    "contact_email": PRIVATE["email"],
    "email": PRIVATE["email"],
    "phone": PRIVATE["phone"],
    "note": PRIVATE["note"],
    "note_attributes": [{"name": "gift for", "value": PRIVATE["name"]}],
    "tags": PRIVATE["name"],
    "browser_ip": PRIVATE["ip"],
    "client_details": {"browser_ip": PRIVATE["ip"], "user_agent": PRIVATE["agent"]},
    "comments": PRIVATE["note"],
    "customer-comments": PRIVATE["note"],
    "token": PRIVATE["query"],
}

GOOD = {
    "sku": "A",
    "quantity": 1,
    "orderId": "o1",
    "items": [{"sku": "A", "quantity": 1, "properties": [PERSON]}],
    "facts": [{"type": "sale", "sku": "A", "quantity": 1, "tx": "t1", "customer": PERSON}],
    "disposition": "SELLABLE",
    "returnOrderId": "r1",
    "bufferQty": 1,
    "threshold": 1,
    "delta": 1,
    "reason": "found",
    "asin": "B000000001",
    "listing": "L",
    "channel": "amazon",
    "role": "read",
}

BAD: list[bytes] = [
    json.dumps(dict.fromkeys(GOOD, PRIVATE["email"])).encode(),
    json.dumps(dict.fromkeys(GOOD, PERSON)).encode(),
    json.dumps([PERSON]).encode(),
    json.dumps({**GOOD, **ABOUT, "items": [{"sku": PERSON, "quantity": PRIVATE["phone"]}]}).encode(),
    f'{{"email": "{PRIVATE["email"]}", "items": '.encode(),
    f"email={PRIVATE['email']}&name={PRIVATE['name']}".encode(),
    PRIVATE["email"].encode("utf-16"),
]

HEADERS = {
    "Cookie": PRIVATE["cookie"],
    "User-Agent": PRIVATE["agent"],
    "Referer": f"https://mail.example/?to={PRIVATE['email']}",
}

TOPICS = (
    "orders/create",
    "orders/paid",
    "orders/updated",
    "orders/cancelled",
    "orders/edited",
    "refunds/create",
    "inventory_levels/update",
    "products/update",
    "app/uninstalled",
    "customers/data_request",
    "customers/redact",
    "shop/redact",
    "carts/update",
)


KEEPS = "/webhook/amazon/notification"
"""Whoever has a key has kept there what nobody can read, as it came, until it is taken again or discarded."""


def everything(server: Server, shown: dict[str, str], *, keeps: bool = False) -> Iterator[httpx.Response]:
    """Send good and bad things to every route, as one who is known, one who is not, and one who forges.

    But for KEEPS; with `keeps`, to that route alone.
    """
    paths: dict[str, Any] = server.http.get("/openapi.json", headers=shown).raise_for_status().json()["paths"]
    assert len(paths) > 15
    callers: tuple[dict[str, str], ...] = (
        shown,
        {"Authorization": f"Bearer {PRIVATE['key']}"},
        {"X-Api-Key": PRIVATE["key"]},
        {},
    )
    query = {"token": PRIVATE["query"], "email": PRIVATE["email"], "cursor": PRIVATE["query"]}
    for path, methods in paths.items():
        for method in methods if (path == KEEPS) is keeps else ():
            for body in (json.dumps({**GOOD, **ABOUT}).encode(), *BAD) if method == "post" else (b"",):
                for caller in callers:
                    filled = path.replace("{sku}", "A").replace("{", "").replace("}", "")
                    sent = {"Content-Type": "application/json", **HEADERS, **caller}
                    yield server.http.request(method, filled, params=query, content=body, headers=sent)
    yield server.http.get(f"/{PRIVATE['path']}/{PRIVATE['email']}", params=query, headers=shown)
    yield server.http.request("ZEBULON", "/health", headers=HEADERS)


def deliveries(server: Server, shown: dict[str, str]) -> Iterator[httpx.Response]:
    """Deliver all that a shop may send: signed, forged, and by a program that has a key."""
    line = a_line(1, "A", 1, name=PRIVATE["name"], properties=[PERSON])
    bodies = [
        an_order_body(line, **ABOUT),
        an_order_body(line, **ABOUT, order_id=4501, refund_line_items=[{"id": 1, "note": PRIVATE["note"]}]),
        *BAD,
    ]
    for topic in TOPICS:
        for body in bodies:
            signed = shopify_headers(body, topic=topic)
            yield server.post(body, {**HEADERS, **signed})
            yield server.post(body, {**HEADERS, **signed, "x-shopify-hmac-sha256": PRIVATE["hmac"]})
            strange = {**signed, "x-shopify-shop-domain": PRIVATE["email"]}
            yield server.post(body, {**HEADERS, **strange})
            del strange["x-shopify-hmac-sha256"]
            yield server.post(body, {**HEADERS, **strange, **shown})
            yield server.post(body, {**HEADERS, **strange, **shown, "x-shopify-topic": PRIVATE["email"]})


def test_what_is_kept_because_nobody_can_read_it_is_not_logged(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = json.loads(command("keys", "create", "--role", "admin", "--json", "--data", str(data)).stdout)
    shown = {"Authorization": f"Bearer {made['key']}"}
    env = environment(SYNCSTATE_LOG_LEVEL="debug", SYNCSTATE_LOG_FORMAT="json", SYNCSTATE_RATE_BURST="100000")
    with Server(data, env=env) as server:
        statuses = {answer.status_code for answer in everything(server, shown, keeps=True)}
        logged = server.told()
    assert statuses == {200, 400, 401, 404}
    for what, private in {**PRIVATE, "webhook secret": SECRET, "admin key": made["key"]}.items():
        assert private not in logged, what


def test_nothing_private_is_logged_stored_or_told(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = json.loads(command("keys", "create", "--role", "admin", "--json", "--data", str(data)).stdout)
    shown = {"Authorization": f"Bearer {made['key']}"}
    env = environment(SYNCSTATE_LOG_LEVEL="debug", SYNCSTATE_LOG_FORMAT="json", SYNCSTATE_RATE_BURST="100000")
    with Server(data, env=env) as server:
        token = json.loads((data / "server.json").read_text())["token"]
        statuses = set()
        for answer in (*everything(server, shown), *deliveries(server, shown)):
            statuses.add(answer.status_code)
            assert answer.status_code < 500, (answer.request.url, answer.request.content, answer.text)
            sent = f"{answer.request.url} {answer.request.content!r} {answer.request.headers.raw!r}"
            for ours in (SECRET, token, made["key"].split("_", 2)[2], str(data)):
                assert ours not in answer.text or ours in sent
        assert {200, 201, 400, 401, 404} <= statuses
        logged = server.told()
    assert logged.count("http.request") > 300
    stored = b"".join(file.read_bytes() for file in data.iterdir() if file.is_file())
    assert b"SaleRecorded" in stored
    for what, private in {**PRIVATE, "webhook secret": SECRET, "token": token, "admin key": made["key"]}.items():
        assert private not in logged, what
        assert what == "webhook secret" or private.encode() not in stored, what
