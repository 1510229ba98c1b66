"""A signed delivery from Shopify: checked, kept in the order's stream, then told to the SKUs' streams."""

from collections.abc import Mapping, Sequence

import structlog

from ingest.outcome import Ignored, Item, Outcome, Refused, Taken
from ingest.reading import read
from ingest.recording import record
from ingest.shopify import hmac
from ingest.shopify.orders import SHOP, Implied, Known, Seen, append_of, content_tx, decide, implied
from ingest.shopify.payloads import ShopifyOrder
from processor.clock import Clock
from processor.errors import Contended
from processor.log import Append, Appended, Conflict, EventLog
from processor.recorder import Receipt, Recorder
from stock.codec import decode
from stock.events import OrderSeen, ReviewRequested
from stock.facts import fact
from stock.identities import Sku, order_stream, review_stream

SNAPSHOTS = frozenset({"orders/create", "orders/paid", "orders/updated", "orders/cancelled"})
"""The topics whose body is a snapshot of an order."""

_RACES = 20
_log = structlog.get_logger("ingest.shopify")


class ShopifyDoor:
    """Takes Shopify's deliveries for the registered shops, by their domains."""

    def __init__(self, recorder: Recorder, log: EventLog, shops: Mapping[str, hmac.Shop], clock: Clock) -> None:
        self._recorder, self._log, self._shops, self._clock = recorder, log, shops, clock

    def receive(self, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Take one delivery; names of `headers` in lower case. Taken means: acknowledge, all facts are durable.

        Raises Retryable where the store failed: do not acknowledge, Shopify will deliver again.
        """
        shop = self._signer(headers, body)
        if isinstance(shop, Refused):
            return shop
        topic = headers.get("x-shopify-topic", "").strip()
        if not topic:
            return Refused("invalid", "the header X-Shopify-Topic is missing", "X-Shopify-Topic")
        if topic not in SNAPSHOTS:
            _log.info("shopify.ignored", topic=topic[:100], shop=shop.domain)
            return Ignored(topic)
        order = read(ShopifyOrder, body)
        if isinstance(order, Refused):
            _log.warning("shopify.unreadable", topic=topic, shop=shop.domain, code=order.code, field=order.field)
            return order
        return self._take(shop.tenant, order)

    def _signer(self, headers: Mapping[str, str], body: bytes) -> hmac.Shop | Refused:
        """Return the shop that signed. Its domain is not signed, so only that shop's own secrets may vouch for it."""
        domain = headers.get("x-shopify-shop-domain", "").strip().lower()
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

    def _take(self, tenant: str, order: ShopifyOrder) -> Taken:
        history = self._keep(tenant, order)
        facts = implied(order.id, history)
        receipts = record(self._recorder, [append_of(tenant, order.id, found) for found in facts])
        told = list(zip(facts, receipts, strict=True))
        self._review_conflicts(tenant, order.id, told)
        return Taken(tenant, f"{SHOP}:{order.id}", tuple(_items(order, told)), vendor=True)

    def _keep(self, tenant: str, order: ShopifyOrder) -> list[Seen]:
        """Append the snapshot unless the order's stream holds it; return the history, the snapshot included."""
        stream, arriving = order_stream(tenant, SHOP, order.id), order.snapshot
        at = order.updated_at or order.created_at or self._clock()
        event = fact(arriving, tx=content_tx(arriving), at=at, source=SHOP, correlation=f"{SHOP}:{order.id}")
        for _ in range(_RACES):
            head, history = 0, []
            for recorded in self._log.read(stream):
                head, happened = recorded.version, decode(recorded)
                if isinstance(happened, OrderSeen):
                    history.append(Seen(head, recorded.occurred_at, happened))
            decision = decide(history, head, arriving)
            if isinstance(decision, Known):
                return history
            [receipt] = self._recorder.record([Append(stream, (event,), decision.expected)])
            if isinstance(receipt.outcome, Appended):
                return [*history, Seen(receipt.outcome.version, at, arriving)]
        raise Contended(str(stream), _RACES)

    def _review_conflicts(self, tenant: str, order: str, told: Sequence[tuple[Implied, Receipt]]) -> None:
        """Ask a person where a line was told before with another quantity: the vendor could not mend it."""
        stream = review_stream(tenant, f"{SHOP}:{order}")
        conflicts = [found for found, receipt in told if isinstance(receipt.outcome, Conflict)]
        record(
            self._recorder,
            [(stream, fact(_review(order, c), tx=f"conflict:{c.tx}", at=c.seen.at, source=SHOP)) for c in conflicts],
        )


def _review(order: str, found: Implied) -> ReviewRequested:
    return ReviewRequested("conflict", f"{SHOP}:{order}", f"line {found.line} of {found.sku}")


def _items(order: ShopifyOrder, told: Sequence[tuple[Implied, Receipt]]) -> list[Item]:
    """Return the snapshot's lines, each with the SKU that was fixed for it and the receipts of its facts."""
    skus: dict[str, Sku] = {found.line: found.sku for found, _ in told if found.sku is not None}
    receipts: dict[str, list[Receipt]] = {}
    for found, receipt in told:
        if found.sku is not None:
            receipts.setdefault(found.line, []).append(receipt)
    return [Item(skus.get(line.id), line.quantity, tuple(receipts.get(line.id, ()))) for line in order.line_items]


def _unknown(domain: str, *, registered: bool) -> Refused:
    if not registered:
        message = "no shop is registered, so a signed delivery cannot be verified"
    else:
        message = f"the shop {domain!r} is not registered" if domain else "the header X-Shopify-Shop-Domain is missing"
    example = '{"your-shop.myshopify.com": ["its webhook secret"]}'
    return Refused("unauthorized", message, hint=f"set SYNCSTATE_SHOPIFY_SECRETS, for example {example}")
