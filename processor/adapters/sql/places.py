"""Places in an index as one text each, whose order by code point is the index's order.

model, tenant, partition, sort, id, and the category of a row's stream (nothing for a document), with a control
character in between that none of them holds and that sorts before all they hold. No two are equal.
"""

from typing import NamedTuple

from processor.models import MAX_INDEXES, IndexKey, Keys

_BETWEEN = "\x1f"
_BEHIND = "\x20"
"""The next character: what begins with a text and `_BETWEEN` sorts before the text and `_BEHIND`."""

NOWHERE: tuple[None, ...] = (None,) * MAX_INDEXES

Places = tuple[str | None, ...]
"""One per index: `k1` to `k4`."""


class Range(NamedTuple):
    """Places after `first` and before `end`."""

    first: str
    end: str


def places(model: int, tenant: str, keys: Keys, id_: str, category: str = "") -> Places:
    """Return where a document or a row stands in each index."""
    if not keys:
        return NOWHERE
    before = f"{model}{_BETWEEN}{tenant}"
    standing = (
        None if key is None else _BETWEEN.join((before, key.partition, key.sort, id_, category)) for key in keys
    )
    return (*standing, *NOWHERE[len(keys) :])


def keys_of(standing: Places) -> Keys:
    """Return the keys that `places` read, without what trails behind them."""
    last = max((number for number, place in enumerate(standing, 1) if place is not None), default=0)
    return tuple(place if place is None else _key(place) for place in standing[:last])


def _key(place: str) -> IndexKey:
    _, _, partition, sort, _ = place.split(_BETWEEN, 4)
    return IndexKey(partition, sort)


def id_of(place: str) -> str:
    """Return the id of what stands there."""
    return place.rsplit(_BETWEEN, 2)[1]


def partition_of(model: int, tenant: str, partition: str) -> Range:
    """Return the range of a partition's places."""
    before = _BETWEEN.join((str(model), tenant, partition))
    return Range(before + _BETWEEN, before + _BEHIND)


def within(whole: Range, cursor: str | None, *, newest_first: bool) -> Range:
    """Return what of a partition comes after `cursor`."""
    if cursor is None:
        return whole
    place = whole.first + cursor
    return Range(whole.first, place) if newest_first else Range(place, whole.end)


def cursor_of(whole: Range, place: str) -> str:
    """Return the cursor that continues after `place`."""
    return place.removeprefix(whole.first)
