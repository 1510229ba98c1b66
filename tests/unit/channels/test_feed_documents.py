"""Documents of feeds: Amazon's form, within Amazon's bounds, nothing left out."""

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.amazon.feeds.documents import MOST_BYTES, MOST_MESSAGES, FeedDocument, FeedLine, documents

SELLER = "A1SELLER"


def lines(*listings: str) -> list[FeedLine]:
    return [FeedLine(listing, number, "SHIRT") for number, listing in enumerate(listings)]


def told(built: Iterable[FeedDocument]) -> list[tuple[str, int]]:
    """Return what documents tell, read from their bytes."""
    return [
        (message["sku"], message["patches"][0]["value"][0]["quantity"])
        for document in built
        for message in msgspec.json.decode(document.content)["messages"]
    ]


def test_a_document_is_a_listings_feed_of_merges() -> None:
    (document,) = documents(SELLER, [FeedLine("a/b", 7, "SHIRT")])
    assert msgspec.json.decode(document.content) == {
        "header": {"sellerId": SELLER, "version": "2.0", "issueLocale": "en_US"},
        "messages": [
            {
                "messageId": 1,
                "sku": "a/b",
                "operationType": "PATCH",
                "productType": "SHIRT",
                "patches": [
                    {
                        "op": "merge",
                        "path": "/attributes/fulfillment_availability",
                        "value": [{"fulfillment_channel_code": "DEFAULT", "quantity": 7}],
                    }
                ],
            }
        ],
    }


def test_no_lines_make_no_document() -> None:
    assert list(documents(SELLER, [])) == []


def test_a_listing_may_come_once_alone() -> None:
    with pytest.raises(ValueError, match="comes twice"):
        list(documents(SELLER, lines("A", "B", "A")))


def test_the_largest_feed_is_25000_messages() -> None:
    first, second = documents(SELLER, (FeedLine(f"SKU-{n}", n, "SHIRT") for n in range(MOST_MESSAGES + 1)))
    assert (len(first.lines), len(second.lines)) == (MOST_MESSAGES, 1)
    assert msgspec.json.decode(first.content)["messages"][-1]["messageId"] == MOST_MESSAGES
    assert msgspec.json.decode(second.content)["messages"][0]["messageId"] == 1


def test_long_names_make_smaller_feeds_of_ten_mebibytes() -> None:
    built = list(documents(SELLER, (FeedLine(f"{n}{'ü' * 500}", n, "SHIRT") for n in range(20_000))))
    assert len(built) > 1
    assert all(MOST_BYTES * 0.99 < len(document.content) <= MOST_BYTES for document in built[:-1])
    assert sum(len(document.lines) for document in built) == 20_000


def test_a_line_that_fits_nowhere_is_an_error() -> None:
    with pytest.raises(ValueError, match="fits into no feed"):
        list(documents(SELLER, [FeedLine("A", 1, "x" * 300)], most_bytes=400))


@given(
    st.lists(st.text(min_size=1, max_size=20), unique=True, max_size=30),
    st.integers(1, 8),
    st.integers(600, 3000),
)
def test_every_line_is_told_once_in_order_within_the_bounds(names: list[str], messages: int, size: int) -> None:
    names = [name.encode("utf-8", "replace").decode() for name in names]
    wanted = lines(*dict.fromkeys(names))
    built = list(documents(SELLER, wanted, most_messages=messages, most_bytes=size))
    assert told(built) == [(line.listing, line.quantity) for line in wanted]
    assert [line for document in built for line in document.lines] == wanted
    for document in built:
        decoded = msgspec.json.decode(document.content)["messages"]
        assert [message["messageId"] for message in decoded] == list(range(1, len(document.lines) + 1))
        assert len(decoded) <= messages
        assert len(document.content) <= size
