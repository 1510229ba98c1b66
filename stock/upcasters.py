"""Older schemas of events, lifted one schema at a time when they are read. The log itself is never rewritten."""

from collections.abc import Callable
from typing import Any

Fields = dict[str, Any]
Upcaster = Callable[[Fields], Fields]


def _return_gains_a_pool(fields: Fields) -> Fields:
    """Lift schema 1, which knew the merchant's shelf alone."""
    return {**fields, "pool": "merchant"}


def _review_gains_a_reason(fields: Fields) -> Fields:
    """Lift schema 1, which did not know `over_refunded`."""
    return fields


def _observation_gains_a_listing(fields: Fields) -> Fields:
    """Lift schema 1, which knew what channels told and not what we looked at."""
    return fields


UPCASTERS: dict[tuple[str, int], Upcaster] = {
    ("ReturnReceived", 1): _return_gains_a_pool,
    ("ReviewRequested", 1): _review_gains_a_reason,
    ("ChannelQuantityObserved", 1): _observation_gains_a_listing,
}
"""By (event type, schema): the fields one schema newer."""
