"""A signed delivery from Shopify: checked, then taken by whoever knows its topic."""

import re
from collections.abc import Callable, Mapping

from ingest.outcome import Ignored, Outcome, Refused
from ingest.prepared import Prepared
from ingest.shopify import hmac
from ingest.shopify.deliveries import Delivery
from ingest.shopify.fields import moment
from ingest.shopify.histories import Histories
from ingest.shopify.levels import LevelTopics
from ingest.shopify.links import Links
from ingest.shopify.order_topics import OrderTopics
from ingest.shopify.products import ProductTopics
from ingest.shopify.shop_topics import ShopTopics
from ingest.shopify.shops import domain_of
from processor.clock import Clock
from processor.log import EventLog
from processor.logs import Logger
from processor.receipts import FactRecorder

TOPIC, SHOP_DOMAIN = "x-shopify-topic", "x-shopify-shop-domain"

SNAPSHOTS = ("orders/create", "orders/paid", "orders/updated", "orders/cancelled")
"""The topics whose body is a snapshot of an order."""

_READABLE = re.compile(r"[a-z_]{1,50}/[a-z_]{1,50}")
"""Shopify's topics; whatever else stands in the header may be somebody's secret, and is not logged."""

_log = Logger("ingest.shopify")

Taker = Callable[[Delivery], Outcome]


class ShopifyDoor:
    """Takes Shopify's deliveries for the registered shops, by their domains."""

    def __init__(
        self,
        recorder: FactRecorder,
        log: EventLog,
        shops: Mapping[str, hmac.Shop],
        clock: Clock,
        renew: Callable[[], bool] = lambda: False,
    ) -> None:
        """`renew` reads the shops anew where a signature is not right, and tells whether it did: it is asked once."""
        self._shops, self._clock, self._renew = shops, clock, renew
        links = Links(recorder, log)
        histories = Histories(recorder, log, links)
        self._orders = OrderTopics(histories)
        self._topics = _topics(recorder, log, links, histories, self._orders)

    def receive(self, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Take one delivery; names of `headers` in lower case. Taken means: acknowledge, all facts are durable.

        Raises Retryable where the store failed: do not acknowledge, Shopify will deliver again.
        """
        shop = self.signer(headers, body)
        return shop if isinstance(shop, Refused) else self._take(shop.tenant, shop.domain, headers, body)

    def prepare(self, headers: Mapping[str, str], body: bytes) -> Prepared[Outcome | None] | Outcome | None:
        """Read a delivery, and return what to record if it is the first of its order.

        Nothing of the store is read. None, from here or once it is recorded: `receive` must tell.
        """
        if headers.get(TOPIC, "").strip() not in SNAPSHOTS:
            return None
        shop = self.signer(headers, body)
        if isinstance(shop, Refused):
            return shop
        return self._orders.prepare(self._delivery(shop.tenant, shop.domain, headers, body))

    def accept(self, tenant: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Take one delivery as `receive` does, that is not signed: its caller vouches for it, and for `tenant`."""
        return self._take(tenant, domain_of(headers.get(SHOP_DOMAIN, "")), headers, body)

    def _take(self, tenant: str, domain: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        topic = headers.get(TOPIC, "").strip()
        if not topic:
            return Refused("invalid", "the header X-Shopify-Topic is missing", "X-Shopify-Topic")
        take = self._topics.get(topic)
        if take is None:
            _log.info("shopify.ignored", topic=topic if _READABLE.fullmatch(topic) else "unreadable", shop=domain)
            return Ignored(topic)
        return take(self._delivery(tenant, domain, headers, body))

    def _delivery(self, tenant: str, domain: str, headers: Mapping[str, str], body: bytes) -> Delivery:
        triggered = headers.get("x-shopify-triggered-at", "").strip()
        named = headers.get("x-shopify-webhook-id", "").strip() or triggered
        id_ = named if named.isprintable() and named else "unnamed"
        at = moment(triggered) or self._clock()
        return Delivery(tenant, domain, headers.get(TOPIC, "").strip(), id_, at, body)

    def signer(self, headers: Mapping[str, str], body: bytes) -> hmac.Shop | Refused:
        """Return the shop that signed `body`.

        Its domain is not signed, so only that shop's own secrets may vouch for it.
        """
        signer = self._judged(headers, body)
        return self._judged(headers, body) if isinstance(signer, Refused) and self._renew() else signer

    def _judged(self, headers: Mapping[str, str], body: bytes) -> hmac.Shop | Refused:
        domain = headers.get(SHOP_DOMAIN, "").strip().lower()
        shop = self._shops.get(domain)
        if shop is None:
            return _unknown(domain, registered=bool(self._shops))
        if not hmac.is_signed(shop, body, headers.get(hmac.HEADER, "").strip()):
            _log.warning("shopify.bad_signature", shop=domain)
            return Refused(
                "unauthorized",
                "the signature in X-Shopify-Hmac-Sha256 is not by a secret of this shop",
                hint="after a rotation, register the new and the old secret together in SYNCSTATE_SHOPIFY_SECRETS",
            )
        return shop


def _topics(
    recorder: FactRecorder, log: EventLog, links: Links, histories: Histories, orders: OrderTopics
) -> Mapping[str, Taker]:
    shop, products = ShopTopics(recorder), ProductTopics(recorder, log, links, histories)
    return {
        **dict.fromkeys(SNAPSHOTS, orders.snapshot),
        "orders/edited": orders.edit,
        "refunds/create": orders.refund,
        "products/create": products.product,
        "products/update": products.product,
        "inventory_levels/update": LevelTopics(recorder, links).level,
        "app/uninstalled": shop.uninstalled,
        "shop/redact": shop.redact,
        "customers/data_request": shop.customer,
        "customers/redact": shop.customer,
    }


def _unknown(domain: str, *, registered: bool) -> Refused:
    if not registered:
        message = "no shop is registered, so a signed delivery cannot be verified"
    else:
        message = f"the shop {domain!r} is not registered" if domain else "the header X-Shopify-Shop-Domain is missing"
    example = '{"your-shop.myshopify.com": ["its webhook secret"]}'
    return Refused("unauthorized", message, hint=f"set SYNCSTATE_SHOPIFY_SECRETS, for example {example}")
