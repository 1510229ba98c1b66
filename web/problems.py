"""Every way a request can fail, answered in one form."""

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from processor.errors import ProcessorError, Retryable
from web.answers import ErrorAnswer

RETRY_AFTER_SECONDS = 1

ANSWERS: dict[int | str, dict[str, Any]] = {"default": {"model": ErrorAnswer, "description": "What went wrong"}}
"""How routes declare their errors. It also keeps FastAPI from declaring a 422, which is never answered."""

_CODES = {404: "not_found", 405: "method_not_allowed"}
_log = structlog.get_logger("web")


class Problem(Exception):
    """A request that is answered with an error."""

    def __init__(
        self, status: int, code: str, message: str, *, field: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.answer = ErrorAnswer(error=message, code=code, field=field, hint=hint)


def invalid(field: str, error: ValueError) -> Problem:
    """Return the answer to a parameter that cannot be read."""
    return Problem(HTTPStatus.BAD_REQUEST, "invalid", str(error), field=field)


def install(app: FastAPI) -> None:
    """Answer each kind of failure in `ErrorAnswer`'s form."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(Retryable, _retryable)
    app.add_exception_handler(ProcessorError, _failed)
    app.add_exception_handler(Exception, _unexpected)


def _respond(status: int, answer: ErrorAnswer, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(answer.model_dump(exclude_none=True), status, headers)


async def _problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101 - how Starlette's signature is narrowed
    return _respond(error.status, error.answer)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    code = _CODES.get(error.status_code, "refused")
    message = f"there is no {request.method} {request.url.path}" if code in _CODES.values() else str(error.detail)
    return _respond(error.status_code, ErrorAnswer(error=message, code=code), dict(error.headers or {}))


async def _validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    first = error.errors()[0]
    field = str(first["loc"][-1])
    return _respond(400, ErrorAnswer(error=f"{field}: {first['msg']}", code="invalid", field=field))


async def _retryable(_: Request, error: Exception) -> JSONResponse:
    """Say that sending it again is right: what was written is found to be a duplicate."""
    _log.warning("http.unavailable", reason=str(error))
    answer = ErrorAnswer(error=str(error), code="unavailable", hint="send the same request again in a moment")
    return _respond(503, answer, {"Retry-After": str(RETRY_AFTER_SECONDS)})


async def _failed(_: Request, error: Exception) -> JSONResponse:
    """Say what the engine says: that the store is damaged, say, which no repetition mends."""
    _log.error("http.failed", error=type(error).__name__, exc_info=error)
    return _respond(500, ErrorAnswer(error=str(error), code="internal", hint="the log has the details"))


async def _unexpected(_: Request, error: Exception) -> JSONResponse:
    _log.error("http.failed", error=type(error).__name__, exc_info=error)
    answer = ErrorAnswer(error="something went wrong here; the log has the details", code="internal")
    return _respond(500, answer)
