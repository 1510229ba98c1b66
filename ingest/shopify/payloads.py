"""Shopify's order payload, after the REST Admin API's Order resource: the few fields that stock depends on.

Names, addresses, prices and notes are not read at all, so none can be stored.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt

from ingest.reading import Id, Payload
from processor.clock import Instant, instant
from stock.events import OrderLine, OrderSeen
from stock.identities import MAX_QUANTITY, sku

MAX_LINES = 1000
_AMAZON_ORDER = re.compile(r"(?<![\d-])\d{3}-\d{7}-\d{7}(?![\d-])")
_NUMBER = re.compile(r"[0-9]{1,40}")
_EPOCH = 1970


def _digits(value: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise ValueError("must be a whole number")
    return value


def _variant(value: object) -> str | None:
    """Read a variant leniently: it only helps a person to find the SKU."""
    text = str(value) if isinstance(value, int | str) else ""
    return text if _NUMBER.fullmatch(text) else None


def _sku(value: object) -> str | None:
    """Read a SKU leniently: what is none leaves the line unmapped, and never loses the order."""
    try:
        return sku(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _moment(value: object) -> Instant | None:
    """Read a time leniently: an order is not lost because its time cannot be read."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return instant(at) if at is not None and at.year >= _EPOCH else None
    except (ValueError, OverflowError):
        return None


def _texts(value: object) -> tuple[str, ...]:
    """Gather the texts in tags (`"a, b"`) or note attributes (`[{name, value}]`), whatever their shape."""
    return tuple(_walk(value))


def _walk(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _walk(part.get("value") if isinstance(part, dict) else part)


ShopifyId = Annotated[Id, AfterValidator(_digits)]
"""Shopify's ids are numbers, and pass 2^53: kept as their digits."""


class ShopifyLine(Payload):
    """A line of an order. `quantity` is what was ever ordered; what was removed or refunded comes elsewhere."""

    id: ShopifyId
    quantity: Annotated[StrictInt, Field(ge=0, le=MAX_QUANTITY)]
    sku: Annotated[str | None, BeforeValidator(_sku)] = None
    variant_id: Annotated[str | None, BeforeValidator(_variant)] = None


class ShopifyOrder(Payload):
    """A snapshot of an order."""

    id: ShopifyId
    line_items: Annotated[tuple[ShopifyLine, ...], Field(max_length=MAX_LINES)]
    tags: Annotated[tuple[str, ...], BeforeValidator(_texts)] = ()
    note_attributes: Annotated[tuple[str, ...], BeforeValidator(_texts)] = ()
    created_at: Annotated[Instant | None, BeforeValidator(_moment)] = None
    updated_at: Annotated[Instant | None, BeforeValidator(_moment)] = None

    @property
    def amazon_order(self) -> str | None:
        """The Amazon order this one is a copy of, by the id that connectors leave in tags or note attributes."""
        found = (_AMAZON_ORDER.search(text) for text in (*self.tags, *self.note_attributes))
        return next((match.group() for match in found if match), None)

    @property
    def snapshot(self) -> OrderSeen:
        """The order as an event: lines, SKUs, quantities."""
        lines = (OrderLine(line.id, line.quantity, line.sku, line.variant_id) for line in self.line_items)
        return OrderSeen(tuple(lines), self.amazon_order)
