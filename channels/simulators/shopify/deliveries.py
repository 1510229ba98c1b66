"""Signed deliveries to whoever subscribed: late, repeated, out of order, and again where nobody said 2xx."""

from collections import Counter
from collections.abc import Mapping
from heapq import heappop, heappush
from random import Random
from threading import Condition, Thread
from time import monotonic
from typing import Any
from uuid import UUID

import httpx
import msgspec

from channels.simulators.shopify.goods import now_text
from channels.simulators.shopify.state import SimulatedShopify
from ingest.shopify.hmac import HEADER, signature

ANSWER_SECONDS = 5.0
TRIES = 9
"""The first and eight retries: "Troubleshooting webhooks"."""

FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 0.1, 60.0
API_VERSION = "2026-04"


class Manner(msgspec.Struct, frozen=True):
    """How deliveries go: up to `late` seconds after the event, and twice with the probability `repeat`."""

    late: float = 0.0
    repeat: float = 0.0


class Delivery(msgspec.Struct, frozen=True):
    """One event for one address. What is repeated keeps its id and its bytes."""

    uri: str
    topic: str
    id: str
    body: bytes
    triggered_at: str


class Courier:
    """Posts what happens in a small Shopify from one thread, in the order of what is due."""

    def __init__(self, shopify: SimulatedShopify, manner: Manner | None = None) -> None:
        self.manner = manner or Manner()
        self._shopify, self._changed = shopify, Condition()
        self._random = Random(shopify.seed)  # noqa: S311 - a simulation, to be repeated
        self._due: list[tuple[float, int, int, Delivery]] = []
        self._number, self._posting, self._stopped = 0, False, False
        self._counts: Counter[str] = Counter()
        self._thread = Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin to listen and to post."""
        self._shopify.tell = self.tell
        self._thread.start()

    def stop(self) -> None:
        """Post nothing more; what is under way is ended first."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join(ANSWER_SECONDS + 1)

    def tell(self, topic: str, body: Mapping[str, Any]) -> None:
        """Have an event delivered to all that subscribed to its topic."""
        hooks = self._shopify.hooks(topic.upper().replace("/", "_"))
        content = msgspec.json.encode(body)
        with self._changed:
            for hook in hooks:
                named = str(UUID(int=self._random.getrandbits(128), version=4))
                delivery = Delivery(hook.uri, topic, named, content, now_text())
                times = 2 if self._random.random() < self.manner.repeat else 1
                for _ in range(times):
                    self._put(delivery, self._random.uniform(0, self.manner.late), 1)
            self._changed.notify_all()

    @property
    def counts(self) -> dict[str, int]:
        """How many deliveries were `posted`, `taken` and given up as `lost`, and how many are `pending`."""
        with self._changed:
            return {**self._counts, "pending": len(self._due) + self._posting}

    def settled(self, seconds: float) -> bool:
        """Wait until nothing is pending; whether that came about in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._posting, seconds)

    def _put(self, delivery: Delivery, delay: float, attempt: int) -> None:
        self._number += 1
        heappush(self._due, (monotonic() + delay, self._number, attempt, delivery))

    def _run(self) -> None:
        with httpx.Client(trust_env=False, timeout=ANSWER_SECONDS) as http:
            while (next_ := self._next()) is not None:
                attempt, delivery = next_
                taken = self._post(http, delivery)
                with self._changed:
                    self._posting = False
                    self._counts.update(("posted", "taken") if taken else ("posted",))
                    if not taken and attempt < TRIES:
                        self._put(delivery, min(FIRST_RETRY_SECONDS * 2**attempt, LONGEST_RETRY_SECONDS), attempt + 1)
                    elif not taken:
                        self._counts["lost"] += 1
                    self._changed.notify_all()

    def _next(self) -> tuple[int, Delivery] | None:
        """Wait for the next delivery that is due, None where there will be none."""
        with self._changed:
            while not self._stopped:
                wait = self._due[0][0] - monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    _, _, attempt, delivery = heappop(self._due)
                    self._posting = True
                    return attempt, delivery
                self._changed.wait(wait)
        return None

    def _post(self, http: httpx.Client, delivery: Delivery) -> bool:
        headers = {
            "content-type": "application/json",
            "x-shopify-topic": delivery.topic,
            "x-shopify-shop-domain": self._shopify.domain,
            "x-shopify-webhook-id": delivery.id,
            "x-shopify-triggered-at": delivery.triggered_at,
            "x-shopify-api-version": API_VERSION,
            HEADER: signature(self._shopify.secret, delivery.body),
        }
        try:
            return http.post(delivery.uri, content=delivery.body, headers=headers).is_success
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
