"""How a merchant's things are named, and the streams they live in."""

from typing import Literal, NewType

from processor.streams import StreamId, legible, stream_id

Sku = NewType("Sku", str)
Channel = Literal["amazon", "shopify"]
CHANNELS: tuple[Channel, ...] = ("amazon", "shopify")
Linked = Literal["variant", "item", "listing"]
"""What of a shop's leads to a SKU: a product's variant, its inventory item, or a listing of a marketplace."""

DEFAULT_TENANT = "default"
MAX_SKU_CHARS = 200
MAX_QUANTITY = 1_000_000

SKU, ORDER, CHANNEL, REVIEW = "sku", "order", "channel", "review"
PRODUCT, LINK, WAITING, FEED = "product", "link", "waiting", "feed"
"""The stream categories of this domain; the engine adds its own, `ops`."""


def sku(text: str) -> Sku:
    """Return `text`, trimmed, as a SKU: 1 to MAX_SKU_CHARS printable characters, `/ # %` and space among them.

    No-break spaces, soft hyphens and joiners within it are part of it: see `legible`.

    Raises ValueError for any other text.
    """
    trimmed = text.strip()
    if not trimmed or len(trimmed) > MAX_SKU_CHARS or not legible(trimmed):
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


def switch_stream(tenant: str, channel: Channel) -> StreamId:
    """Return the stream of what one channel of the tenant may do as a whole: its mode, its pauses."""
    return stream_id(tenant, CHANNEL, channel)


def review_stream(tenant: str, subject: str) -> StreamId:
    """Return the stream of what a person must decide about `subject`, e.g. `shopify:4501`."""
    return stream_id(tenant, REVIEW, subject)


def product_stream(tenant: str, shop: str, product: str) -> StreamId:
    """Return the stream of one product's snapshots; the newest is the last."""
    return stream_id(tenant, PRODUCT, f"{shop}:{product}")


def link_stream(tenant: str, shop: str, kind: Linked, key: str) -> StreamId:
    """Return the stream of the SKUs that one of the shop's variants, inventory items or listings had."""
    return stream_id(tenant, LINK, f"{shop}:{kind}:{key}")


def waiting_stream(tenant: str, shop: str, variant: str) -> StreamId:
    """Return the stream of the order lines that wait, or waited, for the SKU of a variant or a listing."""
    return stream_id(tenant, WAITING, f"{shop}:{variant}")


def feed_stream(tenant: str, channel: Channel, feed: str) -> StreamId:
    """Return the stream of what a channel told of one feed that was sent to it."""
    return stream_id(tenant, FEED, f"{channel}:{feed}")
