"""What an order's history implies for stock. Pure: the shell in `histories` obeys.

Shopify tells an order by snapshots, refunds and edits, repeated and out of order. They are kept in the order's own
stream; what was sold and what came back is decided by that stream alone, so every worker that reads it decides the
same, and a delivery that was cut short is completed by the next one.
"""

from collections.abc import Mapping, Sequence

import msgspec

from ingest.shopify.lines import Fact, Line, Told
from ingest.shopify.tellings import SHOP, Entry
from processor.events import Event
from processor.streams import StreamId
from stock.events import LineResolved, OrderSeen, RefundSeen, ReviewRequested, ReviewSettled
from stock.facts import fact
from stock.identities import Sku, order_stream, review_stream, sku_stream


class Implied(msgspec.Struct, frozen=True):
    """A fact about one line, which `cause` led to: for the SKU's stream, or for a person where `sku` is None."""

    line: str
    sku: Sku | None
    tx: str
    fact: Fact
    cause: Entry


class Story(msgspec.Struct, frozen=True):
    """What a history comes to, by line: `skus` of those that have one, the variants of those `waiting` for one."""

    facts: Sequence[Implied]
    quantities: Mapping[str, int]
    skus: Mapping[str, Sku]
    waiting: Mapping[str, str]


def story_of(order: str, history: Sequence[Entry]) -> Story:
    """Return what an order's history, in the order of its stream, comes to.

    Sold(line) is the largest quantity seen; a line's SKU is the first one seen; units come back by refund lines alone.
    A longer history only adds facts. A copy of an Amazon order changes no stock; where that is learned late, what was
    changed is reversed.
    """
    lines: dict[str, Line] = {}
    facts: list[Implied] = []
    copy = False
    for entry in history:
        touched = _read(order, entry, lines)
        if isinstance(entry.happened, OrderSeen) and entry.happened.amazon_order is not None and not copy:
            copy = True
            facts += [implied(id_, line.sku, told) for id_, line in lines.items() for told in line.reverse(entry)]
        elif not copy:
            facts += [implied(id_, line.sku, told) for id_, line in touched.items() for told in line.tell()]
    skus = {id_: line.sku for id_, line in lines.items() if line.sku is not None}
    waiting = {} if copy else {id_: line.variant for id_, line in lines.items() if line.waits and line.variant}
    return Story(facts, {id_: line.quantity for id_, line in lines.items()}, skus, waiting)


def _read(order: str, entry: Entry, lines: dict[str, Line]) -> dict[str, Line]:
    """Read an entry into the lines it names, and return those: no other has anything new to tell."""
    touched: dict[str, Line] = {}

    def line(id_: str) -> Line:
        touched[id_] = lines.setdefault(id_, Line(order, id_))
        return touched[id_]

    match entry.happened:
        case OrderSeen(lines=stated):
            for one in stated:
                line(one.line).see(one, entry)
        case RefundSeen(lines=refunded):
            for back in refunded:
                line(back.line).take_back(back, entry)
        case LineResolved(line=id_, sku=name):
            line(id_).name(entry, name)
        case _:
            pass  # an edit: a snapshot will name what was added, a refund what was removed
    return touched


def implied(id_: str, sku: Sku | None, told: Told) -> Implied:
    """Return what a line of this SKU told as an implied fact."""
    review = isinstance(told.fact, ReviewRequested | ReviewSettled)
    return Implied(id_, None if review else sku, told.tx, told.fact, told.cause)


def append_of(tenant: str, order: str, found: Implied, shop: str = SHOP) -> tuple[StreamId, Event]:
    """Return the stream and the event of an implied fact about an order of `shop`, which names the kind of shop."""
    source = order_stream(tenant, shop, order)
    stream = review_stream(tenant, f"{shop}:{order}") if found.sku is None else sku_stream(tenant, found.sku)
    event = fact(
        found.fact,
        tx=found.tx,
        at=found.cause.at,
        source=shop,
        causation=f"{source}@{found.cause.version}",
        correlation=f"{shop}:{order}",
    )
    return stream, event
