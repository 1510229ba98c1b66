"""What Amazon was told of a SKU, in words."""

from processor.clock import Instant
from projections.broadcasts.documents import Broadcasts

_MINUTE = len("2026-11-20T10:00")


def amazon(row: Broadcasts | None) -> str:
    """Return one sentence: what Amazon was last told and when, and what it is to be told."""
    listing = row.channels.get("amazon") if row is not None else None
    if row is None or listing is None or listing.listing is None:
        return "It is not mapped to a listing on Amazon."
    if listing.accepted is None or listing.accepted_at is None:
        told = "Amazon was told nothing yet"
    else:
        told = f"Amazon was last told {listing.accepted} at {_minute(listing.accepted_at)} UTC"
    if listing.refused is not None and listing.refused_at is not None:
        told += f", refused {listing.refused} at {_minute(listing.refused_at)} UTC"
    if row.due("amazon"):
        told += f", and is to be told {row.wanted('amazon')}"
    return f"{told}."


def _minute(at: Instant) -> str:
    return at[:_MINUTE].replace("T", " ")
