"""The HTTP API's function: the application of every other mode, over DynamoDB.

It stands behind an HTTP API of API Gateway or a function URL (payload format 2.0). Nobody is local here: every caller
needs a key, whatever address the event tells.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import structlog
from mangum import Mangum

from processor.clock import system_clock
from processor.errors import ProcessorError
from processor.receipts import Settled
from syncstate.lambdas import telemetry
from syncstate.lambdas.gateway import Event, UnknownFormat, path_of, problem
from syncstate.lambdas.runtime import settings
from syncstate.wiring import served
from web.app import create_app

if TYPE_CHECKING:
    from fastapi import FastAPI

    from syncstate.settings import Settings

T = TypeVar("T")

NOWHERE = "aws-lambda"
"""The host that the guard is told: none on which callers without a key are admitted."""

_log = structlog.get_logger("syncstate.api")


@telemetry.observed("api")
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's
    """Answer one request: 503 where the store cannot be opened, which a later request may find open."""
    try:
        told = _function()(event, context)
    except UnknownFormat as error:
        _log.error("api.misconfigured", reason=str(error))
        told = problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", str(error))
    except ProcessorError as error:
        _log.error("api.unavailable", reason=str(error))
        hint = "send the same request again in a moment"
        message = "the store cannot be reached"
        told = problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", message, hint=hint, Retry_After="1")
    meter = telemetry.meter()
    meter.answered(told["statusCode"])
    meter.appended(_settled)
    _settled.clear()
    return told


_settled: list[Settled] = []
"""What became of the facts of the request under way: the recorder appends them in threads of its own."""


@cache
def _function() -> "Function":
    return Function(application(settings(), _settled.extend))


def application(found: "Settings", settled: Callable[[Iterable[Settled]], object] = lambda _: None) -> "FastAPI":
    """Return the application over the store that the settings name; `settled` hears what became of facts.

    Raises as `served` does.
    """
    return create_app(served(found.model_copy(update={"host": NOWHERE}), system_clock, settled))


class Function:
    """An application as a function: begun once, at the first request, and frozen with its process.

    For one request at a time, as Lambda has it.
    """

    def __init__(self, app: "FastAPI") -> None:
        self._loop = asyncio.new_event_loop()
        self._within(lambda: self._loop.run_until_complete(self._begin(app)))
        self._ask = self._within(lambda: Mangum(app, lifespan="off"))

    def __call__(self, event: Event, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's
        """Answer the request in `event`. Raises UnknownFormat."""
        return self._within(lambda: self._ask(_plain(event), context))

    def close(self) -> None:
        """End the application and its loop; Lambda never does."""
        self._loop.run_until_complete(self._life.aclose())
        self._loop.close()

    async def _begin(self, app: "FastAPI") -> None:
        self._life = AsyncExitStack()
        await self._life.enter_async_context(app.router.lifespan_context(app))

    def _within(self, ask: Callable[[], T]) -> T:
        """Ask with our loop as the thread's own: mangum looks for it there."""
        asyncio.set_event_loop(self._loop)
        try:
            return ask()
        finally:
            asyncio.set_event_loop(None)


def _plain(event: Event) -> dict[str, Any]:
    """Return the event as mangum reads it well, whatever was sent.

    Its path is encoded, for mangum decodes it. The host is the one that AWS has matched, which splits at its colon, and
    no header names the port, for mangum takes both apart without a look.
    """
    if event.get("version") != "2.0":
        raise UnknownFormat(event.get("version"))
    context = event["requestContext"]
    http = {**context["http"], "path": quote(path_of(event))}
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    headers.pop("x-forwarded-port", None)
    headers["host"] = context.get("domainName") or NOWHERE
    return {**event, "headers": headers, "requestContext": {**context, "http": http}}
