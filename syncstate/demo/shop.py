"""The demo's Shopify: orders, signed as Shopify signs them, posted over HTTP, now and then twice."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import uuid4

import httpx

from ingest.shopify.hmac import HEADER, signature
from stock.identities import Sku

DOMAIN = "demo-shop.myshopify.com"
_FIRST_NUMBER = 1001


class DemoShop:
    """One shop that posts orders to a server and can deliver its last one again."""

    def __init__(self, url: str, secret: str, token: str, random: Random) -> None:
        """Take the `secret` to sign orders with, and the operator's `token` to look at what became of them."""
        asking = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url, headers=asking, timeout=30, trust_env=False)
        self._secret, self._random = secret, random
        self._began = int(time.time() * 1000) * 1000
        self._orders = 0
        self._last = b""

    @property
    def order_name(self) -> str:
        """The name of the last order, as a merchant reads it."""
        return f"#{_FIRST_NUMBER - 1 + self._orders}"

    def sell(self, skus: Sequence[Sku]) -> tuple[list[tuple[Sku, int]], dict[str, Any]]:
        """Post an order of one or two of `skus`; return its lines and the server's answer."""
        self._orders += 1
        chosen = self._random.sample(skus, self._random.choice((1, 1, 1, 2)))
        lines = [(sku, self._random.choice((1, 1, 1, 2, 2, 3))) for sku in chosen]
        self._last = json.dumps(self._order(lines)).encode()
        return lines, self._post()

    def deliver_again(self) -> dict[str, Any]:
        """Post the last order once more, as Shopify does when an answer came late; return the server's answer."""
        return self._post()

    def ask(self, path: str) -> dict[str, Any]:
        """Return what the server answers to a GET."""
        answer: dict[str, Any] = self._http.get(path).raise_for_status().json()
        return answer

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def _order(self, lines: Sequence[tuple[Sku, int]]) -> dict[str, Any]:
        """Ids begin with the time, so that a demo on its old data goes on with new orders."""
        order = self._began + self._orders * 10
        now = datetime.now(UTC).isoformat(timespec="seconds")
        items = [{"id": order + place, "sku": sku, "quantity": n} for place, (sku, n) in enumerate(lines, 1)]
        return {"id": order, "name": self.order_name, "created_at": now, "updated_at": now, "line_items": items}

    def _post(self) -> dict[str, Any]:
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": "orders/create",
            "X-Shopify-Shop-Domain": DOMAIN,
            "X-Shopify-Webhook-Id": str(uuid4()),
            HEADER: signature(self._secret, self._last),
        }
        posted = self._http.post("/webhook/shopify", content=self._last, headers=headers).raise_for_status()
        answer: dict[str, Any] = posted.json()
        return answer
