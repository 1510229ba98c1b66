"""What a shop's variants are: links that an operator states, and the order lines that wait for one."""

import re
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from ingest.amazon.orders import AMAZON
from ingest.outcome import Refused
from ingest.shopify.histories import Seen
from ingest.shopify.lines import unmapped_tx
from ingest.shopify.linking import Link, LinkTold
from ingest.shopify.serving import Served
from ingest.shopify.tellings import SHOP
from processor.clock import Instant
from projections.alerts.queries import Unmapped
from web.answers import Answer
from web.body import refusal
from web.callers import Reader
from web.paging import Cursor, Limit, cursor, position
from web.problems import ANSWERS, Problem, invalid
from web.services import Services, Use

router = APIRouter(tags=["mapping"], responses=ANSWERS)

SCHEMA: dict[str, Any] = Link.model_json_schema()
MOST_NAMED = 100
_NUMBER = re.compile(r"[0-9]{1,40}")


class AppliedLine(Answer):
    """A line that waited, and what became of it: `nothing` where it leaves stock as it is."""

    order_id: str
    line_id: str
    sku: str | None
    quantity: int
    status: Literal["recorded", "duplicate", "conflict", "nothing"]


class LinkedAnswer(Answer):
    """Which SKU the variant, or the item, has now, since `linkedAt`; null where nobody names one. With what it applied.

    `duplicate`: the same was said before, and still counts.
    """

    ok: bool = True
    success: bool = True
    variant_id: str | None
    inventory_item_id: str | None
    sku: str | None
    linked_at: Instant | None
    duplicate: bool
    applied: tuple[AppliedLine, ...]


class WaitingLine(Answer):
    """A line that names no known SKU: `quantity` units of a Shopify variant, or of an Amazon listing.

    Both are null where not even that is named.
    """

    line_id: str
    variant_id: str | None
    listing: str | None
    quantity: int


class WaitingOrder(Answer):
    """An order with lines that wait, first told of at `seenAt` by the clock of its `shop`."""

    shop: str
    order_id: str
    seen_at: Instant
    lines: tuple[WaitingLine, ...]


class WaitingAnswer(Answer):
    """A page of orders whose lines wait, in the order of their ids as text; `nextCursor` continues it, null at the end.

    `count` is how many orders the page holds, `lineCount` how many lines: perhaps none, before the end.
    """

    count: int
    line_count: int
    unmapped: tuple[WaitingOrder, ...]
    next_cursor: str | None


class NamedThing(Answer):
    """A variant, or an inventory item, and the SKU it has: `shop` says the one, `operator` the other, `sku` counts."""

    kind: Literal["variant", "item"]
    id: str
    sku: str | None
    shop: str | None
    operator: str | None


class NamedAnswer(Answer):
    """What is known of the variants and items that were asked for; one of which nothing was ever said is absent."""

    links: tuple[NamedThing, ...]


_Ids = Annotated[list[str] | None, Query(max_length=MOST_NAMED, description="the shop's numbers, up to 100")]


@router.get("/api/links")
def list_links(services: Use, caller: Reader, *, variant: _Ids = None, item: _Ids = None) -> NamedAnswer:
    """Return which SKUs variants and inventory items have: up to 100 of each, by the shop's numbers."""
    asked: tuple[tuple[Literal["variant", "item"], list[str]], ...] = (("variant", variant or []), ("item", item or []))
    for kind, ids in asked:
        if wrong := [one for one in ids if not _NUMBER.fullmatch(one)]:
            raise invalid(kind, ValueError(f"{kind} is a number of the shop's, not {wrong[0][:40]!r}"))
    return NamedAnswer(
        links=tuple(
            NamedThing(kind=kind, id=key, sku=names.sku, shop=names.shop.sku, operator=names.operator.sku)
            for kind, ids in asked
            for key, names in services.links.names(caller.tenant, kind, ids).items()
        )
    )


@router.get("/api/mapping/unmapped")
def list_unmapped(
    services: Use,
    caller: Reader,
    *,
    cursor_: Annotated[Cursor, Query(alias="cursor", description="`nextCursor` of the page before")] = None,
    limit: Limit = 100,
) -> WaitingAnswer:
    """Return the order lines that wait for a SKU, a page of `limit` orders at a time.

    A line with a variant is applied as soon as that is linked: `POST /api/mapping` with `variantId` and `sku`; one
    with a listing as soon as that is mapped: `POST /api/mapping` with `listing` and `sku`.
    """
    shown, after = waiting(services, caller.tenant, position(cursor_), limit)
    lines = sum(len(order.lines) for order in shown)
    return WaitingAnswer(count=len(shown), line_count=lines, unmapped=shown, next_cursor=cursor(after))


def waiting(
    services: Services, tenant: str, after: str | None, limit: int
) -> tuple[tuple[WaitingOrder, ...], str | None]:
    """Return a page of orders with lines that wait for a SKU, and what continues it (None: the end)."""
    found, after = services.alerts.unmapped(tenant, after, limit)
    seen = {
        SHOP: services.links.orders(tenant, [one.order for one in found if one.shop == SHOP]),
        AMAZON: services.notifications.orders(tenant, [one.order for one in found if one.shop == AMAZON]),
    }
    told = [(one, seen.get(one.shop, {}).get(one.order)) for one in found]
    orders = [_order(one, order) for one, order in told if order is not None]
    return tuple(order for order in orders if order.lines), after


def linked(services: Services, tenant: str, body: bytes) -> LinkedAnswer | None:
    """Take the link in `body`; None where it is none. Raises Problem: 400, or 409 for a `tx` of another link."""
    told = services.links.receive(tenant, body)
    if isinstance(told, Refused):
        raise refusal(told)
    return None if told is None else _linked(told)


def _linked(told: LinkTold) -> LinkedAnswer:
    link = told.link
    if told.status == "conflict":
        message = f"{link.tx} linked it before, to another SKU"
        hint = "a tx names one link for ever: send another under a new one"
        raise Problem(HTTPStatus.CONFLICT, "conflict", message, field="tx", hint=hint)
    return LinkedAnswer(
        variant_id=link.variant,
        inventory_item_id=link.item,
        sku=told.now.sku,
        linked_at=told.now.at or None,
        duplicate=told.status == "duplicate",
        applied=tuple(map(_applied, told.served)),
    )


def _applied(served: Served) -> AppliedLine:
    item = served.item
    return AppliedLine(
        order_id=served.order, line_id=served.line, sku=item.sku, quantity=item.quantity, status=item.status
    )


def _order(asked: Unmapped, seen: Seen) -> WaitingOrder:
    """Return the lines that wait still: the read model may trail the order by a moment."""
    story, of_amazon = seen.story, asked.shop == AMAZON
    lines = (
        WaitingLine(
            line_id=line,
            variant_id=None if of_amazon else story.waiting.get(line),
            listing=story.waiting.get(line) if of_amazon else None,
            quantity=quantity,
        )
        for line, quantity in story.quantities.items()
        if _asked(line, asked) and line not in story.skus
    )
    return WaitingOrder(shop=asked.shop, order_id=asked.order, seen_at=seen.at, lines=tuple(lines))


def _asked(line: str, asked: Unmapped) -> bool:
    """Tell whether a line's SKU is asked for, at first or once more."""
    first = unmapped_tx(line)
    return any(question == first or question.startswith(f"{first}:") for question in asked.questions)
