"""A short way to the busiest routes: past the framework's routing and injection, which cost more than the work."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from web import problems
from web.incoming import Posted


class Reply(NamedTuple):
    """A status, and JSON."""

    status: int
    body: bytes


Answering = Callable[[Posted], Awaitable[Reply]]


class Pattern:
    """What a request's scope keeps of its route, for the request log."""

    def __init__(self, path: str) -> None:
        self.path = path


class Entrance:
    """Answers POST requests to `routes`, by path, itself; passes all others on, and those of a page of another origin.

    The same routes are declared to the framework, for its description of the API: they answer alike.
    """

    def __init__(self, app: ASGIApp, routes: Mapping[str, Answering]) -> None:
        self._app = app
        self._routes = {path: (Pattern(path), answering) for path, answering in routes.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        found = self._routes.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if found is None or any(name == b"origin" for name, _ in scope["headers"]):
            await self._app(scope, receive, send)
            return
        scope["route"], answering = found
        try:
            reply = await answering(Posted(scope, receive))
        except Exception as error:  # noqa: BLE001 - every failure has its answer
            response = await problems.answered(Request(scope, receive, send), error)
            await response(scope, receive, send)
        else:
            await _send(reply, send)


async def _send(reply: Reply, send: Send) -> None:
    headers = [(b"content-length", b"%d" % len(reply.body)), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
