"""Reading a request's body, as far as it may be long."""

from http import HTTPStatus

from fastapi import Request
from starlette.requests import ClientDisconnect

from web.problems import Problem

LIMIT = 1024 * 1024
SIGNED_LIMIT = 4 * 1024 * 1024
"""A shop's order of 500 lines passes 1 MiB; refusing it would lose it."""


async def read_body(request: Request, limit: int) -> bytes:
    """Return the raw body of at most `limit` bytes.

    Raises Problem: 413 for a longer one, without reading it all, and 400 where the client left before its end.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_long(limit)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise _too_long(limit)
    except ClientDisconnect as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "incomplete", "the connection ended before the body did") from error
    return bytes(body)


def _too_long(limit: int) -> Problem:
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"a body is at most {limit:,} bytes")
