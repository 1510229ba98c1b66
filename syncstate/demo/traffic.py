"""The demo's day: orders come in, some twice, shelves are filled up, and Amazon is watched."""

import time
from collections.abc import Callable
from contextlib import closing
from random import Random
from threading import Event, Thread
from typing import Any
from urllib.parse import quote

import httpx

from processor.clock import system_clock
from projections.inventory.documents import Numbers
from stock.identities import Sku
from syncstate.demo import story
from syncstate.demo.merchant import GOODS, Good
from syncstate.demo.shop import DemoShop

REDELIVERED = 0.25
_PATIENCE = 8.0
_LOOK = 0.05


class Traffic:
    """A thread of orders, one every `every` seconds on average, until `end`."""

    def __init__(
        self,
        shop: DemoShop,
        restock: Callable[[Good], Numbers | None],
        every: float,
        random: Random,
        unheard: Callable[[], None],
    ) -> None:
        """Take `unheard`, which is called once nobody reads what is told any more."""
        self._shop, self._restock, self._every, self._random = shop, restock, every, random
        self._unheard = unheard
        self._looked = system_clock()
        self._stop = Event()
        self._thread = Thread(target=self._run, name="demo", daemon=True)

    def start(self) -> None:
        """Let the orders come."""
        self._thread.start()

    def end(self) -> None:
        """Let no more orders come. The one under way is finished; nobody need wait for it."""
        self._stop.set()

    def _run(self) -> None:
        with closing(self._shop):
            while not self._stop.wait(self._every * self._random.uniform(0.5, 1.5)):
                try:
                    self._try()
                except BrokenPipeError:
                    self._stop.set()
                    self._unheard()

    def _try(self) -> None:
        try:
            self._happen()
        except httpx.HTTPError as error:
            if not self._stop.is_set():
                story.tell_trouble(f"the server does not answer ({error})")

    def _happen(self) -> None:
        lines, answer = self._shop.sell([good.sku for good in GOODS])
        began = time.monotonic()
        for sku, quantity in lines:
            shown = self._amazon(sku, answer["broadcastAfter"].get(sku), began)
            story.tell_sale(self._shop.order_name, sku, quantity, answer["inventoryAfter"].get(sku), shown)
        if self._random.random() < REDELIVERED:
            story.tell_redelivery(self._shop.order_name, self._shop.deliver_again()["duplicates"])
        for sku, _ in lines:
            self._fill_up(next(good for good in GOODS if good.sku == sku), answer)
        self._tell_alerts()

    def _tell_alerts(self) -> None:
        """Tell the alerts since the last look, oldest first."""
        for alert in reversed(self._shop.ask("/api/alerts/unread?limit=5")["alerts"]):
            if alert["timestamp"] > self._looked:
                self._looked = alert["timestamp"]
                story.tell_alert(alert["message"])

    def _fill_up(self, good: Good, answer: dict[str, Any]) -> None:
        left = answer["inventoryAfter"].get(good.sku)
        if left is not None and left <= good.threshold // 2:
            after = self._restock(good)
            shown = self._amazon(good.sku, after.broadcast if after else None, time.monotonic())
            story.tell_delivery(good.sku, good.opening, after.physical if after else None, shown)

    def _amazon(self, sku: Sku, wanted: int | None, began: float) -> str:
        """Wait until Amazon was told `wanted`; say so, with the seconds since `began`."""
        if any(good.sku == sku and good.asin is None for good in GOODS):
            return "not sold on Amazon"
        while wanted is not None and time.monotonic() < began + _PATIENCE and not self._stop.is_set():
            told = self._shop.ask(f"/api/inventory/{quote(sku, safe='')}")["lastBroadcast"]
            if told == wanted:
                return f"Amazon was told {told} after {time.monotonic() - began:.1f} s"
            time.sleep(_LOOK)
        return "Amazon will be told"
