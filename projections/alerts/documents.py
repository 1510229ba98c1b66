"""The alert document: one per thing a person should know."""

from base64 import urlsafe_b64encode
from hashlib import blake2b
from typing import Literal

import msgspec

from processor.clock import Instant
from processor.models import Document, IndexKey
from processor.streams import StreamId
from stock.dispositions import Severity

AlertType = Literal[
    "return_damaged",
    "return_unsellable",
    "stock_low",
    "oversold",
    "sync_failed",
    "drift",
    "manual_review",
    "projection_quarantined",
]

INDEXES = ("unread", "severity", "sku", "all")
UNREAD, SEVERITY, BY_SKU, ALL = range(4)
UNMAPPED = "unmapped"
"""In index ALL, the partition of the rows whose question for a line's SKU is open, in the order of their streams."""

_MAX_KEY = 600


class Alert(msgspec.Struct, frozen=True, gc=False):
    """Something that happened at event `version` of `stream`. `sku` is empty where no SKU is meant."""

    id: str
    type: AlertType
    severity: Severity
    sku: str
    message: str
    quantity: int
    timestamp: Instant
    stream: str
    version: int
    read: bool = False


def alert_id(stream: StreamId, version: int, type_: AlertType) -> str:
    """Return the alert's id: URL-safe, made of its stream, version and type alone."""
    return f"{type_}.{version}.{stream_name(stream)}"


def stream_name(stream: StreamId) -> str:
    """Return how ids name a stream: all alerts of one stream end alike."""
    place = f"{stream.category}/{stream.key}".encode()
    name = urlsafe_b64encode(place).decode().rstrip("=")
    return name if len(name) <= _MAX_KEY else "~" + blake2b(place, digest_size=24).hexdigest()


def document(alert: Alert) -> Document:
    """Return the document of a new, unread alert, in every index."""
    keys = (
        IndexKey("unread", alert.timestamp),
        IndexKey(alert.severity, alert.timestamp),
        IndexKey(alert.sku, alert.timestamp) if alert.sku else None,
        IndexKey("all", alert.timestamp),
    )
    return Document(alert.id, msgspec.json.encode(alert), keys)
