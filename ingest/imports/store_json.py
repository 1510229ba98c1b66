"""The older service's `store.json`: what of it becomes facts, and what stays behind, and why.

`{physical: {sku: n}, buffer: {sku: n}, broadcast: {sku: n}, transactions, lastBroadcast, returns, alerts}`. Facts of a
SKU come in this order: its returns, with their times; its buffer; and at last its count, which is absolute, so that
nothing the older service had counted in already is counted twice.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from ingest.imports.older_returns import returns_of
from ingest.imports.rows import FileFact, Row, Unreadable, Value
from stock.identities import MAX_QUANTITY, Sku, sku

_LEFT_BEHIND = {
    "transactions": "an old transaction names no SKU and no quantity, so it cannot be replayed as a sale; what it "
    "moved is in `physical` already",
    "lastBroadcast": "what Amazon shows is read from Amazon",
    "alerts": "alerts follow from facts: the returns that are carried raise theirs anew",
}
_KNOWN = ("physical", "buffer", "returns", "broadcast", *_LEFT_BEHIND)


class Left(msgspec.Struct, frozen=True):
    """An entry that is not carried. `wrong`: it should be, and cannot be read."""

    section: str
    entry: str
    reason: str
    wrong: bool = False


class Plan(msgspec.Struct, frozen=True):
    """What carrying a store over means. Every entry of the file is in `carried`, `derived`, `left` or `set_aside`.

    `carried` and `derived` count entries by section; `set_aside` counts those left by their nature, with the reason.
    `differing` names SKUs whose `broadcast` is not what `physical` less `buffer` gives.
    """

    rows: tuple[Row, ...]
    carried: Mapping[str, int]
    derived: int
    set_aside: Mapping[str, tuple[int, str]]
    left: tuple[Left, ...]
    differing: tuple[str, ...]


class StoreFile:
    """One `store.json`. Shapes are read leniently: what has no meaning here is left, with the reason."""

    def __init__(self, content: bytes) -> None:
        """Raise Unreadable where it is not the JSON object that the older service wrote."""
        try:
            found = json.loads(content.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"it is not JSON: {error}") from error
        if not isinstance(found, dict) or not isinstance(found.get("physical", {}), dict):
            raise Unreadable('it is not the older service\'s store: {"physical": {"SKU": 5}, "buffer": {...}, ...}')
        if not any(name in found for name in _KNOWN):
            raise Unreadable(f"it holds none of {', '.join(_KNOWN)}: is it the older service's store.json?")
        self._store: dict[str, Any] = found
        canonical = json.dumps(found, sort_keys=True, separators=(",", ":")).encode()
        self._digest = blake2b(canonical, digest_size=16).hexdigest()

    def plan(self) -> Plan:
        """Return what is carried, and account for every entry."""
        left: list[Left] = []
        physical = dict(self._levels("physical", left))
        buffers = dict(self._levels("buffer", left))
        returns = returns_of(self._store.get("returns"))
        left += [Left("returns", entry, reason, wrong=True) for entry, reason in returns.wrong]
        told: list[tuple[FileFact, ...]] = [(fact,) for fact in returns.facts]
        told += [self._levels_of(name, buffers.get(name), physical.get(name)) for name in {**buffers, **physical}]
        rows = tuple(Row(number, facts) for number, facts in enumerate(told, start=1))
        carried = {"physical": len(physical), "buffer": len(buffers), "returns": len(returns.facts)}
        left += self._unknown()
        shown, differing = self._compare(physical, buffers)
        return Plan(rows, carried, shown, self._set_aside(), tuple(left), differing)

    def _levels(self, section: str, left: list[Left]) -> Iterator[tuple[Sku, int]]:
        entries = self._store.get(section) or {}
        if not isinstance(entries, dict):
            left.append(Left(section, section, "it is no object of SKUs", wrong=True))
            return
        names = Counter(name.strip() for name in entries)
        for name, value in entries.items():
            try:
                if names[name.strip()] > 1:
                    raise ValueError("the same SKU stands here with other spaces around it")  # noqa: TRY301
                yield sku(name), _level(value, lowest=-MAX_QUANTITY if section == "physical" else 0)
            except ValueError as error:
                left.append(Left(section, name[:80], str(error), wrong=True))

    def _levels_of(self, name: Sku, buffer: int | None, physical: int | None) -> tuple[FileFact, ...]:
        """Return buffer and count. Stock below zero, as after too many sales, is a count of none less those."""
        facts = []
        if buffer is not None:
            facts.append(self._fact(name, "buffer", {"bufferQty": buffer}))
        if physical is not None:
            facts.append(self._fact(name, "count", {"count": max(0, physical)}))
        if physical is not None and physical < 0:
            facts.append(self._fact(name, "adjustment", {"delta": physical, "reason": "correction"}))
        return tuple(facts)

    def _fact(self, name: Sku, kind: str, fields: Mapping[str, Value]) -> FileFact:
        return FileFact(kind, name, fields, f"store-json:{self._digest}:{kind}")

    def _compare(self, physical: Mapping[Sku, int], buffers: Mapping[Sku, int]) -> tuple[int, tuple[str, ...]]:
        shown = self._store.get("broadcast")
        shown = shown if isinstance(shown, dict) else {}
        differing = []
        for name, units in shown.items():
            place = Sku(name.strip())
            expected = max(0, max(0, physical.get(place, 0)) - buffers.get(place, 0))
            if units != expected:
                differing.append(f"{name[:80]}: it says {str(units)[:40]}, physical less buffer is {expected}")
        return len(shown), tuple(differing)

    def _set_aside(self) -> dict[str, tuple[int, str]]:
        sizes = {section: _size(self._store.get(section)) for section in _LEFT_BEHIND}
        return {section: (size, _LEFT_BEHIND[section]) for section, size in sizes.items() if size}

    def _unknown(self) -> Iterable[Left]:
        return [
            Left(name[:80], name[:80], "nothing is known of this part") for name in self._store if name not in _KNOWN
        ]


def _level(value: object, lowest: int) -> int:
    """Read what JavaScript may have made of a whole number: 5, 5.0, "5"."""
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        number = None
    if number is None or not number.is_integer() or not lowest <= number <= MAX_QUANTITY:
        raise ValueError(f"a whole number from {lowest:,} to {MAX_QUANTITY:,}, not {str(value)[:40]}")
    return int(number)


def _size(section: object) -> int:
    if isinstance(section, dict | list):
        return len(section)
    return 0 if section is None else 1
