"""Documents to and from presigned addresses, which are their own authority: they get no token of ours.

Source: Feeds API 2021-06-30 use case guide, "Upload the feed data" and "Download the feed processing report".
"""

import zlib

import httpx

from channels.errors import Refused, Unreachable
from channels.http import Answer, Deadline, Request, exchange

CONTENT_TYPE = "application/json; charset=UTF-8"
"""Told to createFeedDocument and repeated with the upload: the signature covers it."""

MOST_REPORT_BYTES = 64 * 1024 * 1024
"""A processing report is no larger than this once it is unpacked."""

_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31
"""zlib's word for a gzip header and the largest window."""


def upload(http: httpx.Client, what: str, url: str, content: bytes, deadline: Deadline) -> None:
    """Put a feed's document where Amazon said. Any failure has changed nothing: no feed names the document yet."""
    request = Request(what, "PUT", url, {"content-type": CONTENT_TYPE}, content=content)
    try:
        _raise_for_status(what, exchange(http, request, deadline))
    except Unreachable as error:
        raise Unreachable(what, error.reason, sent=False) from error


def download(http: httpx.Client, what: str, url: str, deadline: Deadline, most: int = MOST_REPORT_BYTES) -> bytes:
    """Return a document, unpacked where it is packed. Raises Unreachable where it is broken or larger than `most`."""
    answer = exchange(http, Request(what, "GET", url, {}), deadline, most)
    _raise_for_status(what, answer)
    return _unpacked(what, answer.body, most) if answer.body.startswith(_GZIP) else answer.body


def _unpacked(what: str, packed: bytes, most: int) -> bytes:
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        content = unpacker.decompress(packed, most)
    except zlib.error as error:
        raise Unreachable(what, "the document cannot be unpacked", sent=True) from error
    if not unpacker.eof:
        reason = "the document is too large" if unpacker.unconsumed_tail else "the document is cut short"
        raise Unreachable(what, reason, sent=True)
    return content


def _raise_for_status(what: str, answer: Answer) -> None:
    """Raise for what is not 2xx. A refusal is the address's, which lives for five minutes: ask for another."""
    if 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's own numbers
        return
    if 400 <= answer.status < 500:  # noqa: PLR2004
        raise Refused(what, str(answer.status), "the address of the document is not taken", retry=True)
    raise Unreachable(what, f"answered {answer.status}", sent=True)
