"""How a merchant's things are named, and the streams they live in."""

from typing import Literal, NewType

from processor.streams import StreamId, stream_id

Sku = NewType("Sku", str)
Channel = Literal["amazon", "shopify"]
CHANNELS: tuple[Channel, ...] = ("amazon", "shopify")

DEFAULT_TENANT = "default"
MAX_SKU_CHARS = 200
MAX_QUANTITY = 1_000_000

SKU, ORDER, CHANNEL, REVIEW = "sku", "order", "channel", "review"
"""The stream categories of this domain; the engine adds its own, `ops`."""


def sku(text: str) -> Sku:
    """Return `text`, trimmed, as a SKU: 1 to MAX_SKU_CHARS printable characters, `/ # %` and space among them.

    Raises ValueError for any other text.
    """
    trimmed = text.strip()
    if not trimmed or len(trimmed) > MAX_SKU_CHARS or not trimmed.isprintable():
        raise ValueError(f"a SKU is 1 to {MAX_SKU_CHARS} printable characters, not {text[:80]!r}")
    return Sku(trimmed)


def sku_stream(tenant: str, key: Sku) -> StreamId:
    """Return the stream of all that happens to one SKU's stock."""
    return stream_id(tenant, SKU, key)


def order_stream(tenant: str, shop: str, order: str) -> StreamId:
    """Return the stream of one order's snapshots; `shop` names the kind of shop, e.g. `shopify`."""
    return stream_id(tenant, ORDER, f"{shop}:{order}")


def channel_stream(tenant: str, channel: Channel, key: Sku) -> StreamId:
    """Return the stream of what was sent to, and seen on, one channel for one SKU."""
    return stream_id(tenant, CHANNEL, f"{channel}:{key}")


def review_stream(tenant: str, subject: str) -> StreamId:
    """Return the stream of what a person must decide about `subject`, e.g. `shopify:4501`."""
    return stream_id(tenant, REVIEW, subject)
