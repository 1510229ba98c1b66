"""The one door for orders: signed deliveries and simple payloads come to the same address."""

from collections.abc import Mapping

from ingest.operators.simple import SimpleDoor
from ingest.outcome import Outcome
from ingest.prepared import Prepared
from ingest.shopify.hmac import HEADER
from ingest.shopify.webhook import TOPIC, ShopifyDoor


class OrderDoor:
    """Tells what is signed from what is not, and a delivery of Shopify's from a simple payload."""

    def __init__(self, shopify: ShopifyDoor, simple: SimpleDoor) -> None:
        self._shopify, self._simple = shopify, simple

    def receive(self, tenant: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Take one request; an unsigned one is of `tenant`, which its caller vouches for. `headers` in lower case.

        Raises Retryable where the store failed.
        """
        if HEADER in headers:
            return self._shopify.receive(headers, body)
        if TOPIC in headers:
            return self._shopify.accept(tenant, headers, body)
        return self._simple.receive(tenant, body)

    def prepare(
        self, tenant: str, headers: Mapping[str, str], body: bytes
    ) -> Prepared[Outcome | None] | Outcome | None:
        """Read one request as `receive` does, without waiting for the store, and return what to record.

        Where nothing is to be recorded the outcome; None, from here or once it is recorded, where `receive` must tell.
        """
        if HEADER in headers:
            return self._shopify.prepare(headers, body)
        return None if TOPIC in headers else self._simple.prepare(tenant, body)
