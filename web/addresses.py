"""Addresses as they came: a slash too many is forgiven, an encoding that is none is not."""

from collections.abc import Set as AbstractSet
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from web import problems
from web.problems import Problem

_REPLACED = "\ufffd"
"""What the server puts in place of bytes that are no UTF-8: different SKUs would become one."""


class Addresses:
    """Passes requests on, with `/api/alerts/` as `/api/alerts`; those whose address is not UTF-8 are refused.

    Only the `fixed` paths have a slash to spare: at the end of another one it may belong to a SKU.
    """

    def __init__(self, app: ASGIApp, fixed: AbstractSet[str]) -> None:
        self._app, self._fixed = app, fixed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http":
            path = scope["path"]
            if not _is_readable(path, scope.get("raw_path", b""), scope["query_string"]):
                response = await problems.answered(Request(scope, receive, send), _UNREADABLE)
                await response(scope, receive, send)
                return
            if path[-1:] == "/" and path[:-1] in self._fixed:
                scope["path"] = path[:-1]
        await self._app(scope, receive, send)


def _is_readable(path: str, encoded: bytes, query: bytes) -> bool:
    """Tell whether all of an address is text; nearly always a glance shows it."""
    return (_REPLACED not in path or _is_text(encoded)) and (b"%" not in query or _is_text(query))


def _is_text(encoded: bytes) -> bool:
    try:
        unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        return False
    return True


_UNREADABLE = Problem(
    HTTPStatus.BAD_REQUEST,
    "invalid",
    "the address is not UTF-8",
    hint="percent-encode the UTF-8 bytes of a SKU: é is %C3%A9",
)
