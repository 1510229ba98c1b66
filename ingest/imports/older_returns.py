"""The older service's audit trail of returns, in its `store.json`.

`{sku: [{quantity, disposition, timestamp, orderId}]}`, or a list of the same with a `sku` in each.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import msgspec

from ingest.imports.rows import FileFact, Value, Wrong
from ingest.imports.times import read_time
from processor.clock import Instant, instant
from stock.dispositions import Disposition, disposition
from stock.identities import MAX_QUANTITY, sku

_MAX_ORDER = 100
_MILLISECONDS = 1e11
"""JavaScript counts milliseconds: a greater number is not of seconds."""


class OlderReturns(msgspec.Struct, frozen=True):
    """The returns as facts, and those that are wrong: (which entry, why)."""

    facts: tuple[FileFact, ...]
    wrong: tuple[tuple[str, str], ...]


def returns_of(section: object) -> OlderReturns:
    """Return what the part `returns` of a store tells.

    A return is known by its content and its place among equals, so a newer copy of the same store tells it again
    under the same identity.
    """
    facts: list[FileFact] = []
    wrong: list[tuple[str, str]] = []
    equals: Counter[str] = Counter()
    for place, name, entry in _entries(section):
        try:
            facts.append(_fact(name, entry, equals))
        except ValueError as error:
            wrong.append((place, str(error)))
    return OlderReturns(tuple(facts), tuple(wrong))


def _entries(section: object) -> Iterator[tuple[str, object, object]]:
    """Yield (where it stands, its SKU, the entry) for each."""
    if isinstance(section, dict):
        for name, entries in section.items():
            listed = entries if isinstance(entries, list) else [entries]
            for number, entry in enumerate(listed):
                yield f"{name[:80]}[{number}]", name, entry
    elif isinstance(section, list):
        for number, entry in enumerate(section):
            yield f"[{number}]", entry.get("sku") if isinstance(entry, dict) else None, entry
    elif section is not None:
        yield "returns", None, section


def _fact(name: object, entry: object, equals: Counter[str]) -> FileFact:
    if not isinstance(entry, dict) or not isinstance(name, str):
        raise Wrong("it is no return of a SKU: {sku, quantity, disposition, timestamp, orderId}")
    of = sku(name)
    fields: dict[str, Value] = {
        "quantity": _quantity(entry.get("quantity")),
        "disposition": _disposition(entry.get("disposition")),
        "pool": "merchant",
    }
    order = entry.get("orderId") or entry.get("returnOrderId")
    if isinstance(order, str | int) and not isinstance(order, bool):
        fields["orderId"] = str(order).strip()[:_MAX_ORDER]
    at = _time(entry.get("timestamp") or entry.get("returnedAt"))
    key = blake2b(json.dumps([of, fields, at]).encode(), digest_size=16).hexdigest()
    equals[key] += 1
    return FileFact("return", of, fields, f"store-json:{key}:{equals[key]}", at)


def _quantity(value: Any) -> int:  # noqa: ANN401 - whatever a stranger's JSON holds
    text = str(value).removesuffix(".0")
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= MAX_QUANTITY:
        raise Wrong(f"quantity: a whole number from 1 to {MAX_QUANTITY:,}, not {str(value)[:40]}")
    return int(text)


def _disposition(word: object) -> str:
    try:
        return disposition(str(word)).value
    except ValueError:
        return Disposition.UNKNOWN.value


def _time(value: object) -> Instant | None:
    """Return when it was, None where that cannot be read: the return itself is not lost."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if value > _MILLISECONDS else value
            return instant(datetime.fromtimestamp(seconds, UTC))
        return read_time(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
