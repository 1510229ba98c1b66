"""What an order's history implies for stock. Pure: the shell in `webhook` obeys.

Shopify sends snapshots of an order, repeated and out of order. They are kept in the order's own stream; what was sold
is decided by that stream alone, so every worker that reads it decides the same, and a delivery that was cut short is
completed by the next one.
"""

from collections.abc import Iterator, Sequence

import msgspec

from processor.clock import Instant
from processor.events import Event
from processor.streams import StreamId
from stock.events import OrderLine, OrderSeen, ReviewRequested, SaleCancelled, SaleRecorded
from stock.facts import digest, fact
from stock.identities import Sku, order_stream, review_stream, sku_stream

SHOP = "shopify"


class Seen(msgspec.Struct, frozen=True):
    """A snapshot at its place in the order's stream."""

    version: int
    at: Instant
    order: OrderSeen


class Implied(msgspec.Struct, frozen=True):
    """A fact about one line: for the SKU's stream, or for a person where the line has no SKU."""

    line: str
    sku: Sku | None
    tx: str
    fact: SaleRecorded | SaleCancelled | ReviewRequested
    seen: Seen


class Known(msgspec.Struct, frozen=True):
    """The history holds the snapshot already."""


class Unseen(msgspec.Struct, frozen=True):
    """The snapshot belongs at the end of the history, which ends at version `expected`."""

    expected: int


def content_tx(order: OrderSeen) -> str:
    """Return the identity of a snapshot: its content. The same content twice tells nothing new."""
    return f"seen:{digest(order)}"


def decide(history: Sequence[Seen], head: int, arriving: OrderSeen) -> Known | Unseen:
    """Tell whether `arriving` must be appended to an order whose stream ends at version `head`.

    Snapshots are the same where their identities are: the log would take no second one, in whatever order its lines.
    """
    tx = content_tx(arriving)
    return Known() if any(content_tx(seen.order) == tx for seen in history) else Unseen(head)


def implied(order: str, history: Sequence[Seen]) -> list[Implied]:
    """Return every fact that an order's snapshots, in the order of its stream, lead to.

    Sold(line) is the largest quantity seen; a line's SKU is the first one seen. A longer history only adds facts. A
    copy of an Amazon order sells nothing; where that is learned late, what was sold is cancelled.
    """
    lines: dict[str, _Line] = {}
    facts: list[Implied] = []
    copy = False
    for seen in history:
        for stated in seen.order.lines:
            lines.setdefault(stated.line, _Line()).see(stated)
        if copy or seen.order.amazon_order is not None:
            told = () if copy else lines.items()
            facts += [_cancelled(order, id_, line, seen) for id_, line in told if line.sold]
            copy = True
        else:
            facts += [found for id_, line in lines.items() for found in line.tell(order, id_, seen)]
    return facts


class _Line:
    """One line as far as it was seen, and as far as facts were told of it."""

    __slots__ = ("asked", "quantity", "sku", "sold", "variant")

    def __init__(self) -> None:
        self.sku: Sku | None = None
        self.variant: str | None = None
        self.quantity = self.sold = 0
        self.asked = False

    def see(self, stated: OrderLine) -> None:
        self.quantity = max(self.quantity, stated.quantity)
        self.variant = self.variant or stated.variant
        if self.sku is None and stated.sku is not None:
            self.sku = Sku(stated.sku)

    def tell(self, order: str, id_: str, seen: Seen) -> Iterator[Implied]:
        if not self.quantity:
            return
        if self.sku is None:
            if not self.asked:
                self.asked = True
                detail = f"line {id_}, variant {self.variant or 'unknown'}, {self.quantity} sold"
                review = ReviewRequested("unmapped_line", f"{SHOP}:{order}", detail)
                yield Implied(id_, None, f"unmapped:{id_}", review, seen)
        elif self.quantity > self.sold:
            sale = SaleRecorded(self.quantity - self.sold, order, id_)
            self.sold = self.quantity
            yield Implied(id_, self.sku, f"{SHOP}:line:{id_}:{self.quantity}", sale, seen)


def _cancelled(order: str, id_: str, line: _Line, seen: Seen) -> Implied:
    return Implied(id_, line.sku, f"{SHOP}:line:{id_}:copy", SaleCancelled(line.sold, order, id_), seen)


def append_of(tenant: str, order: str, found: Implied) -> tuple[StreamId, Event]:
    """Return the stream and the event of an implied fact."""
    source = order_stream(tenant, SHOP, order)
    stream = review_stream(tenant, f"{SHOP}:{order}") if found.sku is None else sku_stream(tenant, found.sku)
    event = fact(
        found.fact,
        tx=found.tx,
        at=found.seen.at,
        source=SHOP,
        causation=f"{source}@{found.seen.version}",
        correlation=f"{SHOP}:{order}",
    )
    return stream, event
