"""Amazon's orders, however they are told: by a notification, or by whoever asks Amazon for them."""

from collections.abc import Collection

from ingest.amazon.listings import Listings
from ingest.amazon.orders import AMAZON, story_of
from ingest.shopify.histories import Histories, Seen
from ingest.shopify.tellings import telling_of_snapshot
from processor.clock import Instant
from processor.log import EventLog
from processor.receipts import FactRecorder
from stock.events import AmazonOrderSeen


class AmazonOrders:
    """Takes orders that the merchant fulfils. Those that Amazon fulfils from its own stock must not come here."""

    def __init__(self, recorder: FactRecorder, log: EventLog) -> None:
        self._histories = Histories(recorder, log, Listings(recorder, log), AMAZON, story_of)

    def take(self, tenant: str, order: str, seen: AmazonOrderSeen, at: Instant) -> bool:
        """Take an order as it stood `at`, by Amazon's clock; answer whether that was news.

        Whatever is told again, late, by another way or of a few items alone comes to the same stock. All of it is
        durable then. Raises Retryable where the store failed: take it again.
        """
        return self._histories.take(tenant, order, [telling_of_snapshot(order, seen, at)]).news

    def seen(self, tenant: str, orders: Collection[str]) -> dict[str, Seen]:
        """Return what was told of each of `orders`; one of which nothing was is absent."""
        return self._histories.seen(tenant, orders)
