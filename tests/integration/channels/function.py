"""The dispatcher as a function: processes that come and go over one queue of wakes, and whoever sends them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from channels.modes import Mode
from channels.offers import Offers
from channels.sellers import Rates
from channels.wakes import WATCH, Wake, Waker
from processor.adapters.memory.queues import MemoryQueue
from processor.queues import Message
from processor.source import Doorbell
from stock.identities import channel_stream, sku, sku_stream
from syncstate.lambdas.dispatcher import Dispatching
from syncstate.lambdas.reconcile import reconcile
from tests.integration.channels.shop import FAST, TENANT, Shop

HIDDEN = timedelta(seconds=90)
SELLER = Wake(TENANT, "amazon")


class Stream:
    """Whoever brings the read models up to the log: each `ring` is a batch of the log's changes."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.queue = MemoryQueue(HIDDEN, shop.time.monotonic)
        self.waker = Waker(self.queue, shop.time.monotonic)

    def ring(self, *names: str, wakes: bool = True) -> None:
        streams = [sku_stream(TENANT, sku(name)) for name in names]
        streams += [channel_stream(TENANT, "amazon", sku(name)) for name in names]
        rung = self.shop.engine.runner.ring(map(Doorbell, streams), watch=WATCH)
        if wakes:
            self.waker.heard(rung)

    def sell(self, name: str, quantity: int = 1, *, wakes: bool = True) -> None:
        self.shop.sell(name, quantity)
        self.ring(name, wakes=wakes)

    def process(
        self, holder: str = "one", client: Offers | None = None, *, mode: Mode = Mode.LIVE, rates: Rates = FAST
    ) -> Dispatching:
        shop = self.shop
        return Dispatching(
            shop.engine,
            [shop.seller(client, mode, rates)],
            self.queue,
            holder=holder,
            clock=shop.clock,
            monotonic=shop.time.monotonic,
            sleep=lambda seconds: shop.time.pass_(timedelta(seconds=seconds)),
        )

    def invoke(self, process: Dispatching, seconds: float = 60) -> list[Message]:
        """Deliver what is due, as the mapping does; return what was delivered. Nothing is deleted by a crash."""
        messages = self.queue.receive(10)
        if messages:
            end = self.shop.time.monotonic() + seconds
            answer = process.answer(event_of(messages), lambda: timedelta(seconds=end - self.shop.time.monotonic()))
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            self.queue.delete([message for message in messages if message.receipt not in failed])
        return messages

    def run(self, process: Dispatching, minutes: float = 10) -> int:
        """Invoke until no wake is left; return how often. Fails where that takes too long."""
        invocations = 0
        end = self.shop.time.monotonic() + minutes * 60
        while len(self.queue):
            assert self.shop.time.monotonic() < end, "there is no end of it"
            invocations += bool(self.invoke(process))
            self.shop.time.pass_(timedelta(seconds=1))
        return invocations

    def look(self, *, doubts: bool = True) -> list[Wake]:
        """Reconcile, as on schedule."""
        shop = self.shop
        return reconcile(shop.store, shop.engine.generations, self.queue, [SELLER], shop.clock, doubts=doubts)


def event_of(messages: list[Message]) -> Mapping[str, Any]:
    records = [{"messageId": message.receipt, "body": message.body.decode()} for message in messages]
    return {"Records": records}
