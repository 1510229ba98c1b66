"""The one door for orders: signed deliveries and simple payloads come to the same address."""

from collections.abc import Mapping

from ingest.operators.simple import SimpleDoor
from ingest.outcome import Outcome, Refused
from ingest.prepared import Prepared
from ingest.shopify.hmac import HEADER
from ingest.shopify.webhook import TOPIC, ShopifyDoor

LIMIT = 256 * 1024
"""A body's bytes at most."""

SIGNED_LIMIT = 4 * 1024 * 1024
"""A shop's order of 500 lines passes 1 MiB; refusing it would lose it."""


class OrderDoor:
    """Tells what is signed from what is not, and a delivery of Shopify's from a simple payload."""

    def __init__(self, shopify: ShopifyDoor, simple: SimpleDoor) -> None:
        self._shopify, self._simple = shopify, simple

    def receive(self, tenant: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Take one request; an unsigned one is of `tenant`, which its caller vouches for. `headers` in lower case.

        Raises Retryable where the store failed.
        """
        if TOPIC in headers:
            shopify = self._shopify
            return shopify.receive(headers, body) if signed(headers) else shopify.accept(tenant, headers, body)
        whose = self._whose(tenant, headers, body)
        return whose if isinstance(whose, Refused) else self._simple.receive(whose, body)

    def prepare(
        self, tenant: str, headers: Mapping[str, str], body: bytes
    ) -> Prepared[Outcome | None] | Outcome | None:
        """Read one request as `receive` does, without waiting for the store, and return what to record.

        Where nothing is to be recorded the outcome; None, from here or once it is recorded, where `receive` must tell.
        """
        if TOPIC in headers:
            return self._shopify.prepare(headers, body) if signed(headers) else None
        whose = self._whose(tenant, headers, body)
        return whose if isinstance(whose, Refused) else self._simple.prepare(whose, body)

    def _whose(self, tenant: str, headers: Mapping[str, str], body: bytes) -> str | Refused:
        """Return whose simple payload it is: the signing shop's tenant's, where a shop's secret signed it."""
        if not signed(headers):
            return tenant
        shop = self._shopify.signer(headers, body)
        return shop if isinstance(shop, Refused) else shop.tenant


def signed(headers: Mapping[str, str]) -> bool:
    """Tell whether a request says that a shop signed it."""
    return HEADER in headers
