"""What a shop shows for an inventory item: noted beside the SKU's channel, never stock."""

from ingest.outcome import Ignored, Refused, Taken
from ingest.recording import record
from ingest.shopify.deliveries import Delivery
from ingest.shopify.links import Links
from ingest.shopify.product_payloads import ShopifyLevel
from ingest.shopify.tellings import SHOP
from processor.logs import Logger
from processor.receipts import FactRecorder
from stock.events import ChannelQuantityObserved
from stock.facts import fact
from stock.identities import channel_stream

_log = Logger("ingest.shopify")


class LevelTopics:
    """Takes inventory_levels/update."""

    def __init__(self, recorder: FactRecorder, links: Links) -> None:
        self._recorder, self._links = recorder, links

    def level(self, delivery: Delivery) -> Taken | Ignored | Refused:
        """Note what the shop shows. An item that leads to no SKU, or that is not tracked, is of no interest."""
        level = delivery.read(ShopifyLevel)
        if isinstance(level, Refused):
            return level
        item, at = level.inventory_item_id, level.updated_at or delivery.at
        sku = self._links.skus(delivery.tenant, "item", [item]).get(item)
        if sku is None or level.available is None:
            _log.info("shopify.level_ignored", shop=delivery.domain, item=item, known=sku is not None)
            return Ignored(delivery.topic)
        tx = f"level:{item}:{level.location_id or 'unknown'}:{at}:{level.available}"
        seen = fact(ChannelQuantityObserved(tx, level.available, at), tx=tx, at=at, source=SHOP)
        record(self._recorder, [(channel_stream(delivery.tenant, SHOP, sku), seen)])
        return Taken(delivery.tenant, f"{SHOP}:{tx}", (), vendor=True)
