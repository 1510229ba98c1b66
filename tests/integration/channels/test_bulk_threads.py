"""Eight workers in their threads, in real time: the feed that one began is ended by another."""

from contextlib import ExitStack
from datetime import timedelta

import httpx
import msgspec
import pytest

from channels.bulk.records import Feedbook, Record
from channels.dispatcher import Dispatcher
from channels.limits import Rate
from channels.sellers import Rates
from channels.simulators.amazon import SimulatedAmazon, simulated_amazon
from channels.simulators.amazon.feeds import FeedPace
from channels.simulators.amazon.limits import Limit
from tests.integration.channels.conftest import UNLIMITED, UNLIMITED_OTHERS
from tests.integration.channels.shop import SECOND, TENANT, Shop
from tests.integration.channels.test_dispatcher_threads import until

RATES = Rates(Rate(10, 5), Rate(10, 10), create_feed=Rate(1, 3))
MANY = [f"SKU-{number:02}" for number in range(80)]


@pytest.mark.slow
def test_eight_workers_keep_to_the_limits_while_the_feed_changes_hands(http: httpx.Client) -> None:
    amazon = SimulatedAmazon(rates=UNLIMITED, other_rates=UNLIMITED_OTHERS)
    amazon.feeds.pace = FeedPace(SECOND / 2, SECOND)
    with simulated_amazon(amazon) as sim, ExitStack() as stack:
        shop = Shop(sim, http, live=True)
        stack.callback(shop.close)
        for name in MANY:
            shop.stock(name, 9, shown=9)
        opening = shop.dispatcher("opening", poll=SECOND / 100)
        opening.start()
        until(lambda: not shop.due(), 20)
        opening.stop()
        limits = {"patch": RATES.set_quantity, "get": RATES.listing, "createFeed": RATES.create_feed}
        amazon.limits.update({operation: Limit(rate) for operation, rate in limits.items()})  # type: ignore[misc]
        book = Feedbook(shop.store.registers, TENANT, "amazon")
        assert book.write(Record(took=1.5), book.read()[1])
        seller = msgspec.structs.replace(shop.seller(rates=RATES), feeds=shop.client().feeds, zeroing=1.0)
        workers = [
            Dispatcher(shop.engine, [seller], holder=f"worker-{number}", poll=SECOND / 20) for number in range(8)
        ]
        shop.listeners.extend(workers)
        for name in MANY:
            shop.sell(name, 9)
        for worker in workers:
            stack.callback(worker.stop)
            worker.start()
        until(lambda: book.read()[0].state in ("created", "carried"), 20)
        holder = shop.engine.leases.holder(f"dispatch/amazon/{sim.seller_id}")
        assert holder is not None
        workers[int(holder.removeprefix("worker-"))].stop()
        until(lambda: not shop.due() and book.read()[0].state == "idle", 60)
        assert [shop.shown(name) for name in MANY] == [0] * len(MANY)
        assert (amazon.refused, len(amazon.feeds.all())) == ({}, 1)
        assert max(shop.delivery(name).fence for name in MANY) > min(shop.delivery(name).fence for name in MANY)
        assert not list(shop.attempts.doubtful(TENANT))
        assert timedelta(seconds=book.read()[0].took) < timedelta(minutes=1)
