"""How a merchant's things are named, and the streams they live in."""

import pytest

from processor.streams import StreamId
from stock.identities import (
    MAX_SKU_CHARS,
    Sku,
    channel_stream,
    feed_stream,
    link_stream,
    order_stream,
    product_stream,
    review_stream,
    sku,
    sku_stream,
    waiting_stream,
)
from tests.factories import NASTY_KEYS

PRINTABLE = [key for key in NASTY_KEYS if key == key.strip() and len(key) <= MAX_SKU_CHARS]


@pytest.mark.parametrize("text", PRINTABLE)
def test_a_sku_may_hold_any_printable_character(text: str) -> None:
    assert sku(text) == text


@pytest.mark.parametrize("text", ["  T-1", "T-1  ", "\tT-1\r\n", "\u00a0T-1\u3000"])
def test_space_around_a_sku_is_not_part_of_it(text: str) -> None:
    assert sku(text) == "T-1"


def test_space_within_a_sku_is_part_of_it() -> None:
    assert sku(" 100%  wool ") == "100%  wool"


NO_SKUS = [
    "", " ", "\n", "a\nb", "a\x00b", "a\x1fb", "a\x85b", "a\u2028b", "a\u2029b", "\u200b", "\u200b \u00ad", "\ud800",
    "a\ud800", "x" * (MAX_SKU_CHARS + 1),
]  # fmt: skip


@pytest.mark.parametrize("text", ["A\u00a0B", "SOFT\u00adHYPHEN", "A\u200cB", "A\u200dB", "\u2009A\u2009B\u2009"])
def test_what_joins_and_parts_characters_is_part_of_a_sku(text: str) -> None:
    assert sku(text) == text.strip()


@pytest.mark.parametrize("text", NO_SKUS)
def test_what_is_empty_unprintable_or_too_long_is_no_sku(text: str) -> None:
    with pytest.raises(ValueError, match="a SKU is 1 to 200 printable characters"):
        sku(text)


def test_the_longest_sku_fits_its_streams_whatever_its_characters() -> None:
    longest = sku("\N{GRINNING FACE}" * MAX_SKU_CHARS)

    assert sku_stream("acme", longest).key == longest
    assert channel_stream("acme", "shopify", longest).key == f"shopify:{longest}"


def test_each_thing_has_its_stream() -> None:
    assert str(sku_stream("acme", Sku("TSHIRT-RED-M"))) == "acme/sku/TSHIRT-RED-M"
    assert str(order_stream("acme", "shopify", "4501")) == "acme/order/shopify:4501"
    assert str(channel_stream("acme", "amazon", Sku("TSHIRT-RED-M"))) == "acme/channel/amazon:TSHIRT-RED-M"
    assert str(review_stream("acme", "shopify:4501")) == "acme/review/shopify:4501"
    assert str(product_stream("acme", "shopify", "600")) == "acme/product/shopify:600"
    assert str(link_stream("acme", "shopify", "variant", "77")) == "acme/link/shopify:variant:77"
    assert str(link_stream("acme", "shopify", "item", "77")) == "acme/link/shopify:item:77"
    assert str(link_stream("acme", "amazon", "listing", "T/RED #1")) == "acme/link/amazon:listing:T/RED #1"
    assert str(waiting_stream("acme", "shopify", "77")) == "acme/waiting/shopify:77"
    assert str(feed_stream("acme", "amazon", "99")) == "acme/feed/amazon:99"


@pytest.mark.parametrize("key", NASTY_KEYS)
def test_a_stream_is_read_back_from_its_text(key: str) -> None:
    stream = StreamId("acme", "sku", key)

    assert StreamId.parse(str(stream)) == stream


@pytest.mark.parametrize("tenant", ["", "Acme", "a_b", "a/b", "a b", "\u00e4", "x" * 41, "acme\n"])
def test_a_tenant_is_a_slug(tenant: str) -> None:
    with pytest.raises(ValueError, match="a tenant is"):
        sku_stream(tenant, Sku("T"))


@pytest.mark.parametrize("key", ["", "a\nb", "x" * 1001])
def test_a_stream_s_key_is_checked_though_its_sku_was_not(key: str) -> None:
    with pytest.raises(ValueError, match="a stream's key is"):
        sku_stream("acme", Sku(key))
