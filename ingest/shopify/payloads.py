"""Shopify's payloads about orders, after the REST Admin API's Order and Refund resources and the webhook reference.

Only the few fields that stock depends on: names, addresses, prices and notes are not read at all, so none can be
stored.
"""

import re
from collections import Counter
from typing import Annotated

from pydantic import BeforeValidator, Field

from ingest.reading import Payload
from ingest.shopify.fields import (
    Moment,
    Reference,
    ShopifyId,
    SkuOrNone,
    Texts,
    Units,
    UnitsOrNone,
    Word,
    none_is_empty,
)
from ingest.shopify.tellings import Telling, telling_of_edit, telling_of_refund, telling_of_snapshot
from processor.clock import Instant
from stock.events import LineDelta, OrderEdited, OrderLine, OrderSeen, RefundLine, RefundSeen
from stock.identities import MAX_QUANTITY

MAX_LINES = 1000
_AMAZON_ORDER = re.compile(r"(?<![\d-])\d{3}-\d{7}-\d{7}(?![\d-])")


class ShopifyLine(Payload):
    """A line of an order. `quantity` is what was ever ordered; what was removed or refunded comes elsewhere."""

    id: ShopifyId
    quantity: Units
    current_quantity: UnitsOrNone = None
    sku: SkuOrNone = None
    variant_id: Reference = None

    def stated(self, refunded: int) -> OrderLine:
        """Return the line as an event holds it; `refunded` of its units are in the order's list of refunds."""
        current = self.quantity if self.current_quantity is None else self.current_quantity
        removed = max(0, self.quantity - current)
        return OrderLine(self.id, self.quantity, self.sku, self.variant_id, removed, min(refunded, MAX_QUANTITY))


class RefundedLine(Payload):
    """What a refund says of the order line it names."""

    sku: SkuOrNone = None
    variant_id: Reference = None


class ShopifyRefundLine(Payload):
    """Units of one order line that were refunded. `restock_type` tells what became of them."""

    id: ShopifyId
    line_item_id: ShopifyId
    quantity: Units
    restock_type: Word = ""
    line_item: RefundedLine | None = None

    @property
    def stated(self) -> RefundLine:
        """The line as an event holds it."""
        named = self.line_item or RefundedLine()
        return RefundLine(self.id, self.line_item_id, self.quantity, self.restock_type, named.sku, named.variant_id)


RefundLines = Annotated[tuple[ShopifyRefundLine, ...], BeforeValidator(none_is_empty), Field(max_length=MAX_LINES)]


class ShopifyRefund(Payload):
    """A refund within an order."""

    id: ShopifyId
    refund_line_items: RefundLines = ()
    created_at: Moment = None

    def telling(self, received: Instant) -> Telling:
        """Return what the refund tells of its order; `received` stands for a time it does not bear."""
        lines = tuple(line.stated for line in self.refund_line_items)
        return telling_of_refund(RefundSeen(self.id, lines), self.created_at or received)


Refunds = Annotated[tuple[ShopifyRefund, ...], BeforeValidator(none_is_empty), Field(max_length=MAX_LINES)]


class ShopifyRefundAlone(ShopifyRefund):
    """A refund as it comes by itself, on refunds/create."""

    order_id: ShopifyId


class ShopifyOrder(Payload):
    """A snapshot of an order, its refunds included: a refunds/create that was lost is made up for."""

    id: ShopifyId
    line_items: Annotated[tuple[ShopifyLine, ...], Field(max_length=MAX_LINES)]
    refunds: Refunds = ()
    tags: Texts = ()
    note_attributes: Texts = ()
    created_at: Moment = None
    updated_at: Moment = None

    @property
    def amazon_order(self) -> str | None:
        """The Amazon order this one is a copy of, by the id that connectors leave in tags or note attributes."""
        found = (_AMAZON_ORDER.search(text) for text in (*self.tags, *self.note_attributes))
        return next((match.group() for match in found if match), None)

    def tellings(self, received: Instant) -> list[Telling]:
        """Return what the snapshot tells: what was ordered, then its refunds."""
        at = self.updated_at or self.created_at or received
        refunded: Counter[str] = Counter()
        for refund in self.refunds:
            for line in refund.refund_line_items:
                refunded[line.line_item_id] += line.quantity
        lines = tuple(line.stated(refunded[line.id]) for line in self.line_items)
        snapshot = telling_of_snapshot(self.id, OrderSeen(lines, self.amazon_order), at)
        return [snapshot, *(refund.telling(at) for refund in self.refunds)]


class ShopifyDelta(Payload):
    """So many units more, or fewer, of one line."""

    id: ShopifyId
    delta: Units

    @property
    def stated(self) -> LineDelta:
        """The change as an event holds it."""
        return LineDelta(self.id, self.delta)


Deltas = Annotated[tuple[ShopifyDelta, ...], BeforeValidator(none_is_empty), Field(max_length=MAX_LINES)]


class ShopifyDeltas(Payload):
    """The lines that an edit changed."""

    additions: Deltas = ()
    removals: Deltas = ()


class ShopifyEdit(Payload):
    """An edit of an order. It names lines and no SKU."""

    id: ShopifyId
    order_id: ShopifyId
    line_items: ShopifyDeltas = ShopifyDeltas()
    created_at: Moment = None

    def telling(self, received: Instant) -> Telling:
        """Return what the edit tells of its order; `received` stands for a time it does not bear."""
        additions = tuple(delta.stated for delta in self.line_items.additions)
        removals = tuple(delta.stated for delta in self.line_items.removals)
        return telling_of_edit(OrderEdited(self.id, additions, removals), self.created_at or received)


class ShopifyOrderEdited(Payload):
    """The body of orders/edited."""

    order_edit: ShopifyEdit
