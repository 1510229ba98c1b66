"""The ways in over a store, as functions have them."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ingest.shopify.hmac import Shop
from processor.appending import Appender
from processor.buffering import Buffering
from processor.clock import system_clock
from processor.queues import Queue
from processor.store import Store
from stock.codec import decode
from stock.events import SaleRecorded
from stock.identities import sku, sku_stream
from stock.waiting import may_wait
from syncstate.lambdas.doors import Doors
from syncstate.lambdas.gateway import request_of
from syncstate.notifications import door_over
from tests.gateway import http_event
from tests.payloads import SECRET, SHOP, shopify_headers
from tests.payloads.amazon import SELLER
from web.guard.keys import KeyBook

TENANT = "acme"


def doors_over(store: Store, queue: Queue | None = None, shops: Mapping[str, Shop] | None = None) -> Doors:
    """Return the ways in of the webhook's function; facts may wait in `queue`."""
    append = None if queue is None else Buffering(store.log, queue, may_wait).append
    return Doors(
        Appender(store.log, append),
        store.log,
        {SHOP: Shop(SHOP, TENANT, [SECRET])} if shops is None else shops,
        system_clock,
        keys=lambda: KeyBook(store.registers, system_clock),
        tenant="default",
        renew=lambda: False,
        notifications=lambda: door_over(Appender(store.log, append), store, {SELLER: TENANT}, system_clock),
    )


def delivered(doors: Doors, body: bytes, topic: str = "orders/create") -> int:
    """Deliver as Shopify does; return the status of the answer."""
    event = http_event(body=body, headers=shopify_headers(body, topic=topic))
    status: int = doors.take(request_of(event))["statusCode"]
    return status


def sold(store: Store, name: str, tenant: str = TENANT) -> int:
    """Return how many units of a SKU the log says were sold."""
    facts = [decode(entry) for entry in store.log.read(sku_stream(tenant, sku(name)))]
    return sum(fact.quantity for fact in facts if isinstance(fact, SaleRecorded))


def kinds(store: Store, name: str, tenant: str = TENANT) -> Counter[str]:
    """Count the events of a SKU by their type."""
    return Counter(entry.type for entry in store.log.read(sku_stream(tenant, sku(name))))


def header(answer: Mapping[str, Any], name: str) -> str | None:
    """Return one of the answer's headers, whatever the case of its name."""
    found = {key.lower(): value for key, value in answer["headers"].items()}
    value: str | None = found.get(name)
    return value
