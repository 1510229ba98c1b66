"""Reading a request's body, as far as it may be long."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Request

from ingest.door import LIMIT
from ingest.outcome import Refused
from web.incoming import Incoming
from web.problems import Problem

BATCH_LIMIT = 4 * 1024 * 1024


async def read_body(request: Incoming, limit: int) -> bytes:
    """Return the raw body of at most `limit` bytes.

    Raises Problem: 413 for a longer one, without reading it all, and 400 where the client left before its end.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_long(limit)
    parts: list[bytes] = []
    length, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise Problem(HTTPStatus.BAD_REQUEST, "incomplete", "the connection ended before the body did")
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > limit:
            raise _too_long(limit)
        more = message.get("more_body", False)
    return b"".join(parts)


async def _body(request: Request) -> bytes:
    return await read_body(request, LIMIT)


async def _batch_body(request: Request) -> bytes:
    return await read_body(request, BATCH_LIMIT)


Body = Annotated[bytes, Depends(_body)]
"""A route's parameter: the raw body, of LIMIT bytes at most. It comes after the caller, who is asked for first."""

BatchBody = Annotated[bytes, Depends(_batch_body)]
"""The same, of BATCH_LIMIT bytes at most."""


def takes(schema: dict[str, Any]) -> dict[str, Any]:
    """Return `openapi_extra` for a route that reads a JSON body of `schema` itself."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def refusal(refused: Refused) -> Problem:
    """Return the answer to a body that was refused."""
    status = HTTPStatus.UNAUTHORIZED if refused.code == "unauthorized" else HTTPStatus.BAD_REQUEST
    return Problem(status, refused.code, refused.message, field=refused.field, hint=refused.hint)


def _too_long(limit: int) -> Problem:
    message, hint = f"a body is at most {limit:,} bytes", "send it in several parts: /api/batch takes up to 4 MiB"
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", message, hint=hint)
