"""Quantities as the documents of feeds: JSON_LISTINGS_FEED 2.0, within Amazon's bounds.

Source: "Listings Feed Type Values", JSON_LISTINGS_FEED: 25,000 messages, 10 MiB. Amazon takes no compressed uploads.
"""

from collections.abc import Iterable, Iterator

import msgspec

from channels.amazon.patches import quantity_patch

MOST_MESSAGES = 25_000
MOST_BYTES = 10 * 1024 * 1024

_TAIL = b"]}"


class FeedLine(msgspec.Struct, frozen=True):
    """A quantity to tell: absolute, 0 or more, of a listing that is known to be the merchant's."""

    listing: str
    quantity: int
    product_type: str


class FeedDocument(msgspec.Struct, frozen=True):
    """The bytes to upload. Message n, counted from 1, tells of `lines[n - 1]`."""

    content: bytes
    lines: tuple[FeedLine, ...]


def documents(
    seller_id: str, lines: Iterable[FeedLine], *, most_messages: int = MOST_MESSAGES, most_bytes: int = MOST_BYTES
) -> Iterator[FeedDocument]:
    """Yield `lines` as documents, in order, each as large as Amazon allows; none for no lines.

    One document is in memory at a time. Raises ValueError for a listing that comes twice, since messages of a feed
    have no order among them, and for a line that fits into no document.
    """
    head = _head(seller_id)
    most = most_bytes - len(head) - len(_TAIL)
    seen: set[str] = set()
    messages: list[bytes] = []
    taken: list[FeedLine] = []
    size = 0
    for line in lines:
        if line.listing in seen:
            raise ValueError(f"{line.listing!r} comes twice: a feed keeps no order between its messages")
        seen.add(line.listing)
        message = _message(len(taken) + 1, line)
        if len(taken) == most_messages or size + len(message) + 1 > most:
            if taken:
                yield _document(head, messages, taken)
            messages, taken, size = [], [], 0
            message = _message(1, line)
            if len(message) + 1 > most:
                raise ValueError(f"{line.listing[:40]!r}... fits into no feed of {most_bytes} bytes")
        messages.append(message)
        taken.append(line)
        size += len(message) + 1
    if taken:
        yield _document(head, messages, taken)


def _head(seller_id: str) -> bytes:
    header = {"sellerId": seller_id, "version": "2.0", "issueLocale": "en_US"}
    return b'{"header":' + msgspec.json.encode(header) + b',"messages":['


def _message(number: int, line: FeedLine) -> bytes:
    return msgspec.json.encode(
        {
            "messageId": number,
            "sku": line.listing,
            "operationType": "PATCH",
            "productType": line.product_type,
            "patches": [quantity_patch(line.quantity)],
        }
    )


def _document(head: bytes, messages: list[bytes], taken: list[FeedLine]) -> FeedDocument:
    return FeedDocument(head + b",".join(messages) + _TAIL, tuple(taken))
