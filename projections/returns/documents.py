"""The return document: one per return received."""

from base64 import urlsafe_b64encode
from hashlib import blake2b

import msgspec

from processor.clock import Instant
from processor.models import Document, IndexKey
from stock.dispositions import Decision, Disposition, Pool

INDEXES = ("sku", "all")
BY_SKU, ALL = range(2)
_MAX_KEY = 600


class ReturnEntry(msgspec.Struct, frozen=True, gc=False):
    """What came back at event `version` of a SKU's stream, and what was decided."""

    sku: str
    version: int
    quantity: int
    pool: Pool
    disposition: Disposition
    decision: Decision
    order: str | None
    reason: str | None
    occurred_at: Instant
    recorded_at: Instant


def document(entry: ReturnEntry) -> Document:
    """Return the entry's document, in both indexes by the time it was recorded."""
    name = urlsafe_b64encode(entry.sku.encode()).decode().rstrip("=")
    if len(name) > _MAX_KEY:
        name = "~" + blake2b(entry.sku.encode(), digest_size=24).hexdigest()
    keys = (IndexKey(entry.sku, entry.recorded_at), IndexKey("all", entry.recorded_at))
    return Document(f"{entry.version}.{name}", msgspec.json.encode(entry), keys)
