"""How the fields of Shopify's payloads are read: strictly what stock depends on, leniently what merely helps.

A delivery that is refused is lost once Shopify has given up repeating it, so as little as possible is a reason to.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt

from ingest.reading import Id
from processor.clock import Instant, instant
from stock.identities import MAX_QUANTITY, Sku, sku

_NUMBER = re.compile(r"[0-9]{1,40}")
_WORD = re.compile(r"[A-Za-z0-9_ -]{1,50}")
_EPOCH = 1970


def _digits(value: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise ValueError("must be a whole number")
    return value


def _reference(value: object) -> str | None:
    text = str(value) if isinstance(value, int | str) else ""
    return text if _NUMBER.fullmatch(text) else None


def _sku(value: object) -> Sku | None:
    try:
        return sku(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _word(value: object) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def moment(value: object) -> Instant | None:
    """Return the time in `value`, ISO 8601 with a zone, or None where it cannot be read."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) and value else None
        return instant(at) if at is not None and at.year >= _EPOCH else None
    except (ValueError, OverflowError):
        return None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_walk(value))


def _walk(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _walk(part.get("value") if isinstance(part, dict) else part)


def _units(value: object) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and isinstance(value, int) and 0 <= value <= MAX_QUANTITY else None


def none_is_empty(value: object) -> object:
    """Read null as an empty list."""
    return () if value is None else value


ShopifyId = Annotated[Id, AfterValidator(_digits)]
"""Shopify's ids are numbers, and pass 2^53: kept as their digits."""

Reference = Annotated[str | None, BeforeValidator(_reference)]
"""The id of something that only helps to find a SKU: a variant, an inventory item, a location."""

SkuOrNone = Annotated[Sku | None, BeforeValidator(_sku)]
"""A SKU; what is none leaves a line unmapped, and never loses the order."""

Units = Annotated[StrictInt, Field(ge=0, le=MAX_QUANTITY)]
"""So many units that stock depends on."""

UnitsOrNone = Annotated[int | None, BeforeValidator(_units)]
"""So many units, or None where that cannot be read."""

Word = Annotated[str, BeforeValidator(_word)]
"""A word of Shopify's; empty where there is none."""

Moment = Annotated[Instant | None, BeforeValidator(moment)]
"""A time; an order is not lost because its time cannot be read."""

Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
"""The texts in tags (`"a, b"`) or note attributes (`[{name, value}]`), whatever their shape."""
