"""What deliveries about products tell: which SKU each variant and each inventory item has."""

import msgspec

from ingest.outcome import Item, Refused, Taken
from ingest.shopify.deliveries import Delivery
from ingest.shopify.histories import Histories
from ingest.shopify.links import Links
from ingest.shopify.product_payloads import ShopifyProduct
from ingest.shopify.tellings import SHOP
from processor.clock import Instant
from processor.errors import Contended
from processor.log import Append, Appended, Duplicate, EventLog
from processor.receipts import FactRecorder
from processor.streams import StreamId
from stock.codec import decode
from stock.events import ProductSeen
from stock.facts import digest, fact
from stock.identities import product_stream

_RACES = 20


class _Newest(msgspec.Struct, frozen=True):
    version: int
    at: Instant
    product: ProductSeen


class ProductTopics:
    """Takes products/create and products/update; both bring the whole product."""

    def __init__(self, recorder: FactRecorder, log: EventLog, links: Links, histories: Histories) -> None:
        self._recorder, self._log, self._links, self._histories = recorder, log, links, histories

    def product(self, delivery: Delivery) -> Taken | Refused:
        """Take a snapshot of a product: link its SKUs, and sell the order lines that waited for one."""
        product = delivery.read(ShopifyProduct)
        if isinstance(product, Refused):
            return product
        tenant, stream = delivery.tenant, product_stream(delivery.tenant, SHOP, product.id)
        newest = self._keep(stream, product.seen, product.updated_at or delivery.at)
        for _ in range(_RACES):
            self._links.link(tenant, product.id, newest.version, newest.product.variants, newest.at)
            latest = self._newest(stream)
            if latest is None or latest.version == newest.version:
                items = self._serve(tenant, newest)
                return Taken(tenant, f"{SHOP}:product:{product.id}", tuple(items), vendor=True)
            newest = latest
        raise Contended(str(stream), _RACES)

    def _keep(self, stream: StreamId, seen: ProductSeen, at: Instant) -> _Newest:
        """Append the snapshot unless the newest one is the same, or is newer; return the newest."""
        event = fact(seen, tx=f"seen:{at}:{digest(seen)}", at=at, source=SHOP)
        for _ in range(_RACES):
            newest = self._newest(stream)
            if newest is not None and (newest.product == seen or newest.at > at):
                return newest
            [receipt] = self._recorder.record([Append(stream, (event,), newest.version if newest else 0)])
            if isinstance(receipt.outcome, Appended):
                return _Newest(receipt.outcome.version, at, seen)
            if isinstance(receipt.outcome, Duplicate) and newest is not None:
                return newest
        raise Contended(str(stream), _RACES)

    def _newest(self, stream: StreamId) -> _Newest | None:
        head = self._log.heads([stream])[stream]
        for event in self._log.read(stream, head - 1) if head else ():
            found = decode(event)
            if isinstance(found, ProductSeen):
                return _Newest(event.version, event.occurred_at, found)
        return None

    def _serve(self, tenant: str, newest: _Newest) -> list[Item]:
        """Complete the orders whose lines wait for one of the product's SKUs; return those lines."""
        named = [variant.variant for variant in newest.product.variants if variant.sku is not None]
        items: list[Item] = []
        for order, lines in self._links.waiting(tenant, named).items():
            account = self._histories.complete(tenant, order, newest.at)
            story = account.story
            served = {line: variant for line, variant in lines.items() if line not in story.waiting}
            self._links.serve(tenant, order, served, newest.at)
            items += [
                Item(story.skus.get(line), story.quantities.get(line, 0), account.of_line(line)) for line in served
            ]
        return items
