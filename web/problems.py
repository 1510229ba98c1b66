"""Every way a request can fail, answered in one form."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from msgspec import MsgspecError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from processor.errors import ProcessorError, Retryable
from web.answers import ErrorAnswer
from web.guard.roles import KEYLESS, Caller
from web.incoming import CALLER

RETRY_AFTER_SECONDS = 1

ANSWERS: dict[int | str, dict[str, Any]] = {"default": {"model": ErrorAnswer, "description": "What went wrong"}}
"""How routes declare their errors. It also keeps FastAPI from declaring a 422, which is never answered."""

_LOOK = "/docs shows what each address takes"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_CODES = {404: "not_found", 405: "method_not_allowed"}
_log = structlog.get_logger("web")


class Problem(Exception):
    """A request that is answered with an error."""

    def __init__(  # noqa: PLR0913 - the parts of an answer
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.headers = status, dict(headers or {})
        self.answer = ErrorAnswer(error=message, code=code, field=field, hint=hint)


def invalid(field: str, error: ValueError) -> Problem:
    """Return the answer to a parameter that cannot be read."""
    return Problem(HTTPStatus.BAD_REQUEST, "invalid", str(error), field=field, hint=getattr(error, "hint", _LOOK))


def install(app: FastAPI) -> None:
    """Answer each kind of failure in `ErrorAnswer`'s form."""
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    app.add_exception_handler(Exception, _unexpected)


async def answered(request: Request, error: Exception) -> Response:
    """Return the answer to a failure, as the application gives it."""
    handler = next((handler for kind, handler in _HANDLERS.items() if isinstance(error, kind)), _unexpected)
    return await handler(request, error)


def _respond(status: int, answer: ErrorAnswer, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(answer.model_dump(exclude_none=True), status, headers)


async def _problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101 - how Starlette's signature is narrowed
    if error.status == HTTPStatus.UNAUTHORIZED:
        error.headers.setdefault("WWW-Authenticate", 'Bearer realm="syncstate"')
    return _respond(error.status, error.answer, error.headers)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    code = _CODES.get(error.status_code, "refused")
    message = f"there is no {request.method} {request.url.path}" if code in _CODES.values() else str(error.detail)
    headers, hint = dict(error.headers or {}), _LOOK
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(filter(partial(_takes, request), _METHODS))
        hint = f"this address takes {headers['Allow']}"
    return _respond(error.status_code, ErrorAnswer(error=message, code=code, hint=hint), headers)


def _takes(request: Request, method: str) -> bool:
    """Tell whether any route answers `method` at the request's path: the router looks at the first one alone."""
    scope = dict(request.scope, method=method)
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)


async def _validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    first = error.errors()[0]
    field = str(first["loc"][-1])
    return _respond(400, ErrorAnswer(error=f"{field}: {first['msg']}", code="invalid", field=field, hint=_LOOK))


async def _retryable(request: Request, error: Exception) -> JSONResponse:
    """Say that sending it again is right: what was written is found to be a duplicate."""
    _log.warning("http.unavailable", reason=str(error))
    told = str(error) if _may_know(request) else "the store does not answer at the moment"
    answer = ErrorAnswer(error=told, code="unavailable", hint="send the same request again in a moment")
    return _respond(503, answer, {"Retry-After": str(RETRY_AFTER_SECONDS)})


async def _failed(request: Request, error: Exception) -> JSONResponse:
    """Say what the engine says: that the store is damaged, say, which no repetition mends."""
    _log.error("http.failed", error=type(error).__name__, exc_info=error)
    told = str(error) if _may_know(request) else "the store failed in a way that no repetition mends"
    return _respond(500, ErrorAnswer(error=told, code="internal", hint="the log has the details"))


def _may_know(request: Request) -> bool:
    """Tell whether the caller runs this machine: the store's reasons name its hosts, users and files."""
    caller = request.scope.get(CALLER)
    return isinstance(caller, Caller) and (caller.operator or caller.name == KEYLESS)


async def _unreadable(_: Request, error: Exception) -> JSONResponse:
    """Say that what is stored cannot be read: the read models have stopped before it, and the quarantine names it."""
    _log.error("http.unreadable", error=type(error).__name__, exc_info=error)
    hint = "`syncstate quarantine list` names the event, `syncstate verify` all that is damaged"
    return _respond(500, ErrorAnswer(error="a stored event cannot be read", code="unreadable", hint=hint))


async def _unexpected(_: Request, error: Exception) -> JSONResponse:
    _log.error("http.failed", error=type(error).__name__, exc_info=error)
    answer = ErrorAnswer(error="something went wrong here", code="internal", hint="the log has the details")
    return _respond(500, answer)


_HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[JSONResponse]]] = {
    Problem: _problem,
    HTTPException: _http,
    RequestValidationError: _validation,
    Retryable: _retryable,
    ProcessorError: _failed,
    MsgspecError: _unreadable,
}
"""The special before the general."""
