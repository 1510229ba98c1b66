"""The demo's day: orders of a shop, signed as Shopify signs them, and how each is delivered."""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from hmac import digest
from http.client import HTTPConnection
from random import Random
from typing import NamedTuple
from urllib.parse import urlsplit

from localstack.environment import DEMO_SECRET, DEMO_SHOP

SECONDS = 60
_AT = "2026-11-20T09:15:04Z"


class Good(NamedTuple):
    """A SKU as the demo begins it."""

    sku: str
    opening: int
    buffer: int


GOODS = (Good("TSHIRT-RED-M", 60, 5), Good("MUG-BLUE", 80, 10), Good("CAP-BLACK", 40, 2), Good("POSTER A2/MATT", 30, 0))


class Delivery(NamedTuple):
    """A body as it is posted: `forged` where its signature is wrong or missing."""

    body: bytes
    signature: str | None
    forged: bool = False


class Day(NamedTuple):
    """What is delivered, in order, and how many units of each SKU it truly sells."""

    orders: int
    deliveries: Sequence[Delivery]
    sold: Counter[str]


def a_day(orders: int, began: int, random: Random) -> Day:
    """Return a day of `orders`, with ids from `began` on: most delivered more than once, in disorder, some forged."""
    sold: Counter[str] = Counter()
    deliveries: list[Delivery] = []
    for number in range(orders):
        lines = [(good.sku, random.randint(1, 2)) for good in random.sample(GOODS, random.randint(1, 2))]
        sold.update(dict(lines))
        body = _order(began + number * 10, lines)
        deliveries += [Delivery(body, signature(body))] * random.randint(1, 4)
    forged = _order(began + orders * 10, [(GOODS[0].sku, 7)])
    deliveries += [Delivery(forged, signature(forged, "guessed"), forged=True), Delivery(forged, None, forged=True)]
    random.shuffle(deliveries)
    return Day(orders, deliveries, sold)


def signature(body: bytes, secret: str = DEMO_SECRET) -> str:
    """Return what Shopify sends in X-Shopify-Hmac-Sha256."""
    return b64encode(digest(secret.encode(), body, sha256)).decode()


def post(address: str, delivery: Delivery) -> int:
    """Post a delivery to the webhook at `address` and return the status of the answer."""
    headers = {"Content-Type": "application/json", "X-Shopify-Topic": "orders/create"}
    headers["X-Shopify-Shop-Domain"] = DEMO_SHOP
    if delivery.signature is not None:
        headers["X-Shopify-Hmac-Sha256"] = delivery.signature
    status, _ = asked("POST", address, delivery.body, headers)
    return status


def asked(
    method: str, address: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Return status and body of the answer to a request. Raises OSError where nobody answers."""
    url = urlsplit(address)
    connection = HTTPConnection(url.hostname or "", url.port, timeout=SECONDS)
    try:
        connection.request(method, f"{url.path}{'?' if url.query else ''}{url.query}", body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _order(number: int, lines: Sequence[tuple[str, int]]) -> bytes:
    items = [{"id": number + place, "sku": sku, "quantity": n} for place, (sku, n) in enumerate(lines, 1)]
    order = {"id": number, "name": f"#{number}", "created_at": _AT, "updated_at": _AT, "line_items": items}
    return json.dumps(order).encode()
