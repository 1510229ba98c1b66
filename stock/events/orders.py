"""What shops tell of their orders. Sales follow in the SKUs' streams."""

from msgspec import Struct

from stock.events.kinds import Code, Id, Level, SkuText


class OrderLine(Struct, frozen=True, gc=False, omit_defaults=True):
    """One line of an order: `quantity` as the shop states it; `sku` None where none is known yet.

    `removed` is how many of them have left the line, by an edit, a refund or a cancellation, and `refunded` how many
    the shop's own list of refunds names. Neither changes stock.
    """

    line: Id
    quantity: Level
    sku: SkuText | None = None
    variant: Code | None = None
    removed: Level = 0
    refunded: Level = 0


class OrderSeen(Struct, frozen=True, gc=False, omit_defaults=True):
    """A shop's snapshot of an order. `amazon_order` is set where it is a copy of an Amazon order."""

    lines: tuple[OrderLine, ...]
    amazon_order: Code | None = None


class RefundLine(Struct, frozen=True, gc=False, omit_defaults=True):
    """Units of order line `line` that a refund names, once more under an identity of their own, `id`.

    `restock` is the shop's word for what became of them; empty where it told none.
    """

    id: Id
    line: Id
    quantity: Level
    restock: Code = ""
    sku: SkuText | None = None
    variant: Code | None = None


class RefundSeen(Struct, frozen=True, gc=False, omit_defaults=True):
    """A shop refunded units of an order. What that means for stock follows in the SKUs' streams."""

    refund: Id
    lines: tuple[RefundLine, ...] = ()


class LineDelta(Struct, frozen=True, gc=False, omit_defaults=True):
    """So many units more, or fewer, of an order's line."""

    line: Id
    delta: Level


class OrderEdited(Struct, frozen=True, gc=False, omit_defaults=True):
    """A shop's order was edited. Never stock by itself: snapshots and refunds tell the same units."""

    edit: Id
    additions: tuple[LineDelta, ...] = ()
    removals: tuple[LineDelta, ...] = ()


class LineResolved(Struct, frozen=True, gc=False, omit_defaults=True):
    """The SKU of an order's line became known by the line's variant. It is fixed by that."""

    line: Id
    sku: SkuText


class LineWaiting(Struct, frozen=True, gc=False, omit_defaults=True):
    """A line of an order waits for the SKU of its variant."""

    order: Id
    line: Id


class LineServed(Struct, frozen=True, gc=False, omit_defaults=True):
    """A line of an order waits no longer."""

    order: Id
    line: Id


class AmazonOrderLine(Struct, frozen=True, gc=False, omit_defaults=True):
    """One item of an Amazon order: `quantity` as Amazon states it now, `shipped` of them on their way.

    `listing` is the seller SKU it was bought under, None where none is told.
    """

    line: Id
    quantity: Level
    listing: Id | None = None
    shipped: Level = 0


class AmazonOrderSeen(Struct, frozen=True, gc=False, omit_defaults=True):
    """Amazon told of an order that the merchant fulfils: items of it, perhaps not all, and the order's status."""

    status: Code
    lines: tuple[AmazonOrderLine, ...] = ()

    @property
    def cancelled(self) -> bool:
        """Whether the order is off: nothing of it will be shipped any more."""
        return self.status.lower() in _CANCELLED


_CANCELLED = frozenset({"canceled", "cancelled"})
