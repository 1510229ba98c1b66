"""What happens to a SKU, in the SKU's own stream."""

from typing import Literal

from msgspec import Struct

from processor.clock import Instant
from stock.dispositions import Disposition, Pool
from stock.events.kinds import Code, Delta, Id, Level, Quantity, Shown
from stock.identities import Channel

ANY_PRODUCT = "PRODUCT"
"""Amazon's product type of a listing whose type does not matter (Listings Items API, 2021-08-01)."""

ReasonCode = Literal["opening", "correction", "damage", "loss", "found", "transfer", "other"]


class SaleRecorded(Struct, frozen=True, gc=False, omit_defaults=True):
    """Units were promised to a buyer."""

    quantity: Quantity
    order: Id | None = None
    line: Id | None = None


class SaleCancelled(Struct, frozen=True, gc=False, omit_defaults=True):
    """Units promised to a buyer are free again."""

    quantity: Quantity
    order: Id | None = None
    line: Id | None = None


class ReturnReceived(Struct, frozen=True, gc=False, omit_defaults=True):
    """Units came back, to the merchant's shelf or to Amazon's (`pool` fba)."""

    quantity: Quantity
    pool: Pool
    disposition: Disposition
    order: Id | None = None
    reason: Code | None = None


class StockAdjusted(Struct, frozen=True, gc=False, omit_defaults=True):
    """Stock was found to differ by `delta`, or opened (`reason` opening: it adds)."""

    delta: Delta
    reason: ReasonCode


class StockCounted(Struct, frozen=True, gc=False, omit_defaults=True):
    """Stock was counted: `count` units not promised to an order, absolute at this event's version."""

    count: Level


class BufferSet(Struct, frozen=True, gc=False, omit_defaults=True):
    """So many units are held back from every channel."""

    buffer: Level


class LowStockThresholdSet(Struct, frozen=True, gc=False, omit_defaults=True):
    """At or below so many physical units stock is low; None: never."""

    threshold: Level | None = None


class FbaLevelObserved(Struct, frozen=True, gc=False, omit_defaults=True):
    """Amazon was seen holding `quantity` fulfillable units of its own stock at `event_time`. Never the merchant's."""

    notification: Id
    quantity: Shown
    event_time: Instant


class ListingMapped(Struct, frozen=True, gc=False, omit_defaults=True):
    """The SKU is sold on `channel` under `listing` (Amazon: the seller SKU; Shopify: the inventory item)."""

    channel: Channel
    listing: Id
    asin: Code | None = None
    product_type: Code = ANY_PRODUCT


class ListingUnmapped(Struct, frozen=True, gc=False, omit_defaults=True):
    """The SKU is no longer sold on `channel`."""

    channel: Channel
