"""One log line per request."""

from collections.abc import Callable
from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.guard.guard import SHOP
from web.guard.roles import Caller
from web.incoming import CALLER

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
Answered = Callable[[str, str, int, float], None]


class RequestLog:
    """Logs each request's method, route, status, milliseconds, and whose key sent it.

    No body, header or query, and of the path only the route's pattern: all of them may hold what is nobody's business.
    """

    def __init__(self, app: ASGIApp, answered: Answered) -> None:
        """Take `answered`, which is told of each request too: method, route, status, seconds."""
        self._app, self._answered = app, answered
        self._log = structlog.get_logger("web").bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and log it once it is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), 500

        async def heard(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, heard)
        finally:
            seconds, method, route = perf_counter() - began, _method(scope), _route(scope)
            self._answered(method, route, status, seconds)
            took = round(seconds * 1000, 1)
            self._log.info("http.request", method=method, route=route, status=status, ms=took, **_who(scope))


def _method(scope: Scope) -> str:
    """Return the method where it is one: a stranger may send any word."""
    return scope["method"] if scope["method"] in _METHODS else "other"


def _route(scope: Scope) -> str:
    """Return the pattern of the route that answered, `none` where there is none."""
    return getattr(scope.get("route"), "path", "none")


def _who(scope: Scope) -> dict[str, str]:
    """Return the caller and the tenant; a shop's is known to its door alone, once the signature is verified."""
    caller = scope.get(CALLER)
    if not isinstance(caller, Caller):
        return {}
    return {"caller": caller.name} if caller.name == SHOP else {"caller": caller.name, "tenant": caller.tenant}
