"""Clients of AWS that take no part of an answer for the whole.

botocore looks neither at an answer's length nor, where its own retries are off, at its checksum. One that broke off on
its way is read as a success with nothing in it: an item is absent, a page is empty, no message of a batch has failed.
"""

from typing import Any, TypeVar
from zlib import crc32

LENGTH, CHECKSUM = "content-length", "x-amz-crc32"

_Client = TypeVar("_Client")


def checked(client: _Client) -> _Client:
    """Return `client`; an answer that arrived in part raises IncompleteReadError or ChecksumError from now on."""
    events: Any = client.meta.events  # type: ignore[attr-defined]
    events.register("after-call", _check, unique_id="syncstate.clients")
    return client


def _check(http_response: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
    from botocore.exceptions import ChecksumError, IncompleteReadError

    body: bytes = http_response.content
    length, checksum = http_response.headers.get(LENGTH), http_response.headers.get(CHECKSUM)
    if length is not None and int(length) != len(body):
        raise IncompleteReadError(actual_bytes=len(body), expected_bytes=int(length))
    if checksum is not None and int(checksum) != (actual := crc32(body)):
        raise ChecksumError(checksum_type="crc32", expected_checksum=checksum, actual_checksum=str(actual))
