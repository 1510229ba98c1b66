"""What deliveries about a shop itself ask: that an operator acts, or nothing."""

from ingest.outcome import Ignored, Taken
from ingest.recording import record
from ingest.shopify.deliveries import Delivery
from ingest.shopify.tellings import SHOP
from processor.logs import Logger
from processor.receipts import FactRecorder
from stock.events import ReviewReason, ReviewRequested
from stock.facts import fact
from stock.identities import review_stream

MAX_DOMAIN = 150

_log = Logger("ingest.shopify")


class ShopTopics:
    """Takes app/uninstalled and the mandatory privacy topics. No body is read: what matters is in the headers."""

    def __init__(self, recorder: FactRecorder) -> None:
        self._recorder = recorder

    def uninstalled(self, delivery: Delivery) -> Taken:
        """Tell an operator that the shop will send nothing more."""
        return self._ask(delivery, "app_uninstalled")

    def redact(self, delivery: Delivery) -> Taken:
        """Tell an operator that the shop asks for the erasure of its data."""
        return self._ask(delivery, "shop_redact")

    def customer(self, delivery: Delivery) -> Ignored:
        """Acknowledge a request about a customer: no event holds anything of one."""
        _log.info("shopify.privacy", topic=delivery.topic, shop=delivery.domain)
        return Ignored(delivery.topic)

    def _ask(self, delivery: Delivery, reason: ReviewReason) -> Taken:
        subject = f"{SHOP}:{delivery.domain[:MAX_DOMAIN] or 'a shop without name'}"
        asked = fact(ReviewRequested(reason, subject), tx=f"{reason}:{delivery.id}", at=delivery.at, source=SHOP)
        record(self._recorder, [(review_stream(delivery.tenant, subject), asked)])
        return Taken(delivery.tenant, subject, (), vendor=True)
