"""What the fields of operators' payloads may hold. Every mistake says what would be right."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, get_args

from pydantic import BeforeValidator, WithJsonSchema

from ingest.reading import MAX_ID_CHARS, Mistake
from processor.clock import Instant, instant
from processor.streams import legible
from stock.dispositions import WORDS, Disposition, disposition
from stock.events import ReasonCode
from stock.identities import MAX_QUANTITY, MAX_SKU_CHARS, Sku, sku

_DECIMAL = re.compile(r"[0-9]{1,7}")
_SIGNED = re.compile(r"-?[0-9]{1,7}")
_ASIN = re.compile(r"[A-Za-z0-9]{10}")
_EPOCH = 1970
_PLAIN = 'write 3 or "3": digits alone, without a fraction, an exponent or spaces'


def _whole(low: int) -> Callable[[object], int]:
    decimal = _SIGNED if low < 0 else _DECIMAL

    def read(value: object) -> int:
        if isinstance(value, str) and decimal.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= MAX_QUANTITY:
            raise Mistake(f"must be an integer from {low:,} to {MAX_QUANTITY:,}, or its decimal string", _PLAIN)
        return value

    return read


def _delta(value: object) -> int:
    delta = _whole(-MAX_QUANTITY)(value)
    if delta == 0:
        raise Mistake("must not be 0", "a delta of 0 changes nothing; to state that there is none, send a count of 0")
    return delta


def _sku(value: object) -> Sku:
    if not isinstance(value, str):
        raise ValueError("must be a string")  # noqa: TRY004 - pydantic reads ValueError as the sender's mistake
    return sku(value)


def _disposition(value: object) -> Disposition:
    if not isinstance(value, str):
        raise ValueError(f"must be one of {', '.join(WORDS)}")  # noqa: TRY004
    return disposition(value)


def _text(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > MAX_ID_CHARS or not legible(text):
        raise ValueError(f"must be 1 to {MAX_ID_CHARS} printable characters")
    return text


def up_to(most: int, what: str) -> BeforeValidator:
    """Return the check that a list holds 1 to `most` of `what`."""

    def check(value: object) -> object:
        if not isinstance(value, list | tuple) or not 1 <= len(value) <= most:
            raise Mistake(f"must be a list of 1 to {most:,} {what}", "send more in several requests")
        return value

    return BeforeValidator(check)


def _optional_text(value: object) -> str | None:
    blank = value is None or (isinstance(value, str) and not value.strip())
    return None if blank else _text(value)


def asin(text: str) -> str:
    """Return Amazon's identity of a product, in capitals. Raises Mistake for what is none."""
    if not _ASIN.fullmatch(text):
        raise Mistake(f"must be 10 letters and digits, not {text[:40]!r}", "it stands on the product's page at Amazon")
    return text.upper()


def _optional_asin(value: object) -> str | None:
    text = _optional_text(value)
    return None if text is None else asin(text)


def _reason(value: object) -> str:
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in get_args(ReasonCode):
        raise ValueError(f"must be one of {', '.join(get_args(ReasonCode))}")
    return word


def _moment(value: object) -> Instant:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is not None and at.year >= _EPOCH:
            return instant(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        pass
    raise Mistake("must be a time in ISO 8601", "write 2026-11-20T10:00:00Z; a time without a zone is read as UTC")


def _integer(low: int, pattern: str) -> WithJsonSchema:
    number = {"type": "integer", "minimum": low, "maximum": MAX_QUANTITY}
    return WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": pattern}]})


SkuText = Annotated[
    Sku, BeforeValidator(_sku), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_SKU_CHARS})
]
"""A SKU, trimmed."""

Quantity = Annotated[int, BeforeValidator(_whole(1)), _integer(1, "^[0-9]{1,7}$")]
"""Units: 1 to MAX_QUANTITY, an integer or its decimal string."""

Level = Annotated[int, BeforeValidator(_whole(0)), _integer(0, "^[0-9]{1,7}$")]
"""Units, none included: 0 to MAX_QUANTITY."""

Delta = Annotated[int, BeforeValidator(_delta), _integer(-MAX_QUANTITY, "^-?[0-9]{1,7}$")]
"""A difference in units, up to MAX_QUANTITY either way, never 0."""

DispositionWord = Annotated[
    Disposition, BeforeValidator(_disposition), WithJsonSchema({"type": "string", "enum": list(WORDS)})
]
"""The state of a returned unit, whatever its case, spaces or underscores."""

ReasonWord = Annotated[ReasonCode, BeforeValidator(_reason)]
"""Why stock is adjusted."""

Moment = Annotated[Instant, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
"""A time in ISO 8601, from 1970 on; one without a zone is in UTC."""

Text = Annotated[str, BeforeValidator(_text)]
"""1 to MAX_ID_CHARS printable characters, trimmed."""

OptionalText = Annotated[str | None, BeforeValidator(_optional_text)]
"""The same, or nothing: null or blank."""

OptionalAsin = Annotated[
    str | None,
    BeforeValidator(_optional_asin),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^\s*([A-Za-z0-9]{10})?\s*$"}, {"type": "null"}]}),
]
"""Amazon's identity of a product, in capitals; or nothing."""
