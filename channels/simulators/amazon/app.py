"""The small Amazon's HTTP side: Login with Amazon, patchListingsItem, getListingsItem, and the control routes."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from channels.simulators.amazon import answers
from channels.simulators.amazon.answers import Reply
from channels.simulators.amazon.control import control_routes
from channels.simulators.amazon.faults import Fault, Operation
from channels.simulators.amazon.requests import Bad, item
from channels.simulators.amazon.state import SimulatedAmazon

ITEMS = "/listings/2021-08-01/items/{rest:path}"
TOKEN = "/auth/o2/token"  # noqa: S105 - a path

Handler = Callable[[SimulatedAmazon, Request, bytes], Reply]


def simulator_app(amazon: SimulatedAmazon) -> Starlette:
    """Return the small Amazon as an ASGI application."""
    return Starlette(
        routes=[
            Route(TOKEN, _endpoint(amazon, "token", answers.token), methods=["POST"]),
            Route(ITEMS, _endpoint(amazon, "patch", answers.patch), methods=["PATCH"]),
            Route(ITEMS, _endpoint(amazon, "get", answers.get), methods=["GET"]),
            *control_routes(amazon),
        ],
        exception_handlers={404: _unknown, 405: _unknown},
    )


def _endpoint(
    amazon: SimulatedAmazon, operation: Operation, handler: Handler
) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        body = await request.body()
        amazon.count(operation)
        headers = answers.granted(amazon, operation)

        def act() -> Reply:
            try:
                return handler(amazon, request, body)
            except Bad as bad:
                return answers.error(bad.status, bad.code, bad.message)

        sku = _sku(operation, request)
        fault = amazon.faults.strike(operation, sku)
        if fault is None:
            return _response(act(), headers)
        if fault.kind == "slow":
            reply = act() if fault.applied else None
            await asyncio.sleep(fault.seconds)
            return _response(reply or act(), headers)
        if fault.applied:
            act()
        if fault.kind == "drop":
            return _Dropped()
        if fault.kind == "garbled":
            return HTMLResponse("<html><body>Service health dashboard</body></html>")
        return _response(_commanded(fault, sku or ""), headers)

    return serve


def _commanded(fault: Fault, sku: str) -> Reply:
    """Answer as `fault` commands."""
    match fault.kind:
        case "throttle":
            return answers.throttled(fault.retry_after)
        case "invalid":
            return answers.invalid(sku, "8541", "The quantity is not taken, on command.")
        case "unauthorised":
            return answers.unauthorised()
        case _ if fault.bare:
            return Reply(fault.status, None)
        case _:
            return answers.error(fault.status, "InternalFailure", "On command.")


class _Dropped(Response):
    """An answer that ends in the middle: the server closes a connection whose answer was not completed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise a body and send none."""
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})


def _response(reply: Reply, headers: dict[str, str]) -> Response:
    every = {**headers, **reply.headers}
    if reply.body is None:
        return Response(status_code=reply.status, headers=every)
    return JSONResponse(reply.body, reply.status, every)


def _sku(operation: Operation, request: Request) -> str | None:
    if operation == "token":
        return None
    try:
        return item(request).sku
    except Bad:
        return None


async def _unknown(request: Request, error: Exception) -> Response:
    del error
    return _response(answers.error(404, "NotFound", f"no such operation: {request.method} {request.url.path}"), {})
