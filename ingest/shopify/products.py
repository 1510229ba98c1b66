"""What deliveries about products tell: which SKU each variant and each inventory item has."""

import msgspec

from ingest.outcome import Refused, Taken
from ingest.shopify.deliveries import Delivery
from ingest.shopify.histories import Histories
from ingest.shopify.links import Links
from ingest.shopify.product_payloads import ShopifyProduct
from ingest.shopify.serving import Serving
from ingest.shopify.tellings import SHOP
from processor.clock import Instant
from processor.errors import Contended
from processor.events import Event, Recorded
from processor.log import Append, Appended, Duplicate, EventLog
from processor.receipts import FactRecorder
from processor.streams import StreamId
from stock.codec import decode
from stock.events import ProductSeen, ProductUnchanged
from stock.facts import digest, fact
from stock.identities import product_stream

_RACES = 20


class Newest(msgspec.Struct, frozen=True):
    """A product's newest snapshot: version `version` of its stream, of time `since` by the shop's clock.

    `at` is the time of the newest delivery that told the same, `head` the version of that, recorded at `told_at`.
    """

    version: int
    since: Instant
    product: ProductSeen
    head: int
    at: Instant
    told_at: Instant


def newest_snapshot(log: EventLog, stream: StreamId) -> Newest | None:
    """Return the newest snapshot in a product's stream, None where there is none."""
    head = log.heads([stream])[stream]
    for last in log.read(stream, head - 1, 1) if head else ():
        told = decode(last)
        version = told.seen if isinstance(told, ProductUnchanged) else last.version
        for event in log.read(stream, version - 1, 1):
            seen = decode(event)
            if isinstance(seen, ProductSeen):
                return Newest(version, event.occurred_at, seen, last.version, last.occurred_at, last.recorded_at)
    return None


class ProductTopics:
    """Takes products/create and products/update; both bring the whole product."""

    def __init__(self, recorder: FactRecorder, log: EventLog, links: Links, histories: Histories) -> None:
        self._recorder, self._log, self._links = recorder, log, links
        self._serving = Serving(links, histories)

    def product(self, delivery: Delivery) -> Taken | Refused:
        """Take a snapshot of a product: link its SKUs, and sell the order lines that waited for one."""
        product = delivery.read(ShopifyProduct)
        if isinstance(product, Refused):
            return product
        tenant, stream = delivery.tenant, product_stream(delivery.tenant, SHOP, product.id)
        newest = self._keep(stream, product.seen, product.updated_at or delivery.at)
        for _ in range(_RACES):
            self._links.link(tenant, product.id, newest.version, newest.product.variants, newest.since)
            latest = newest_snapshot(self._log, stream)
            if latest is None or latest.version == newest.version:
                variants = [variant.variant for variant in newest.product.variants]
                named = self._links.skus(tenant, "variant", variants)  # by the shop, or by an operator
                items = tuple(served.item for served in self._serving.serve(tenant, named, newest.at))
                return Taken(tenant, f"{SHOP}:product:{product.id}", items, vendor=True)
            newest = latest
        raise Contended(str(stream), _RACES)

    def _keep(self, stream: StreamId, seen: ProductSeen, at: Instant) -> Newest:
        """Append the snapshot unless what is known is newer; return the newest. The same again is noted by its time.

        So a snapshot that comes late finds out that another one was told after its time, though that told nothing new.
        """
        for _ in range(_RACES):
            newest = newest_snapshot(self._log, stream)
            if newest is not None and (newest.at > at or (newest.at == at and newest.product == seen)):
                return newest
            [receipt] = self._recorder.record(
                [Append(stream, (_telling(newest, seen, at),), newest.head if newest else 0)]
            )
            if isinstance(receipt.outcome, Duplicate) and newest is not None:
                return newest
            if isinstance(receipt.outcome, Appended):
                return _after(newest, seen, receipt.outcome.event)
        raise Contended(str(stream), _RACES)


def _telling(newest: Newest | None, seen: ProductSeen, at: Instant) -> Event:
    if newest is not None and newest.product == seen:
        return fact(ProductUnchanged(newest.version), tx=f"same:{newest.version}:{at}", at=at, source=SHOP)
    return fact(seen, tx=f"seen:{at}:{digest(seen)}", at=at, source=SHOP)


def _after(newest: Newest | None, seen: ProductSeen, event: Recorded) -> Newest:
    """Return what is the newest once `event` tells `seen`."""
    at, told_at = event.occurred_at, event.recorded_at
    if newest is not None and newest.product == seen:
        return msgspec.structs.replace(newest, head=event.version, at=at, told_at=told_at)
    return Newest(event.version, at, seen, event.version, at, told_at)
