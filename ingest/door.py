"""The one door for orders: signed deliveries and simple payloads come to the same address."""

from collections.abc import Mapping

from ingest.operators.simple import SimpleDoor
from ingest.outcome import Outcome, Refused
from ingest.shopify.hmac import HEADER
from ingest.shopify.webhook import ShopifyDoor


class OrderDoor:
    """Tells what is signed from what is not."""

    def __init__(self, shopify: ShopifyDoor, simple: SimpleDoor, *, signed_only: bool = False) -> None:
        """Take `signed_only`: refuse what carries no signature."""
        self._shopify, self._simple, self._signed_only = shopify, simple, signed_only

    def receive(self, tenant: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Take one request; an unsigned one is of `tenant`. Names of `headers` are in lower case.

        Raises Retryable where the store failed.
        """
        if HEADER in headers:
            return self._shopify.receive(headers, body)
        if self._signed_only:
            return Refused(
                "unauthorized",
                "an order must be signed: the header X-Shopify-Hmac-Sha256 is missing",
                hint="unsigned orders are taken only where SYNCSTATE_SIGNED_ONLY is false",
            )
        return self._simple.receive(tenant, body)
