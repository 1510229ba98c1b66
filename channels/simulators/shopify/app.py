"""The small Shopify's HTTP side: the GraphQL Admin API, and the control routes."""

import asyncio
from collections.abc import Awaitable, Callable

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from channels.simulators.shopify import answers
from channels.simulators.shopify.answers import Reply
from channels.simulators.shopify.control import control_routes, unreadable
from channels.simulators.shopify.deliveries import Courier
from channels.simulators.shopify.faults import CHANGES, Fault
from channels.simulators.shopify.requests import Asked, Bad, asked_of, body_of, check_caller
from channels.simulators.shopify.schema import schema
from channels.simulators.shopify.state import SimulatedShopify

GRAPHQL = "/admin/api/{version}/graphql.json"


def simulator_app(shopify: SimulatedShopify, courier: Courier | None = None) -> Starlette:
    """Return the small Shopify as an ASGI application; without a courier nobody is told of anything."""
    return Starlette(
        routes=[Route(GRAPHQL, _endpoint(shopify), methods=["POST"]), *control_routes(shopify, courier)],
        exception_handlers={404: _unknown, 405: _unknown, ValidationError: unreadable, KeyError: unreadable},
    )


def _endpoint(shopify: SimulatedShopify) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        with shopify.working():
            content = await request.body()
            try:
                check_caller(request, shopify.token)
                asked = asked_of(schema(), body_of(request.headers.get("content-type", ""), content))
            except Bad as bad:
                shopify.count("refused")
                return _response(Reply(bad.status, {"errors": bad.errors}))
            shopify.count(*asked.operations)
            fault = shopify.faults.strike(asked.operations)
            if fault is None:
                return _response(await run_in_threadpool(answers.run, shopify, asked))
            return await _struck(shopify, asked, fault)

    return serve


async def _struck(shopify: SimulatedShopify, asked: Asked, fault: Fault) -> Response:
    """Answer as `fault` commands."""
    if fault.kind == "slow":
        reply = await run_in_threadpool(answers.run, shopify, asked) if fault.applied else None
        await asyncio.sleep(fault.seconds)
        return _response(await run_in_threadpool(answers.run, shopify, asked) if reply is None else reply)
    if fault.applied:
        await run_in_threadpool(answers.run, shopify, asked)
    if fault.kind == "drop":
        return _Dropped()
    if fault.kind == "garbled":
        return HTMLResponse("<html><body>Something went wrong</body></html>")
    return _response(_commanded(shopify, asked, fault))


def _commanded(shopify: SimulatedShopify, asked: Asked, fault: Fault) -> Reply:
    match fault.kind:
        case "throttle":
            return answers.throttled(shopify)
        case "denied":
            return answers.failed("ACCESS_DENIED", "Access denied for the field. Required access: an access scope.")
        case "internal":
            return answers.failed(
                "INTERNAL_SERVER_ERROR", "Internal error. Looks like something went wrong on our end."
            )
        case "user_error":
            return answers.user_error(next(name for name in asked.operations if name in CHANGES), fault.code)
        case "unauthorised":
            return answers.unauthorised()
        case _:
            headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
            return Reply(fault.status, None if fault.bare else {"errors": "On command."}, headers)


class _Dropped(Response):
    """An answer that ends in the middle: the server closes a connection whose answer was not completed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise a body and send none."""
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})


def _response(reply: Reply) -> Response:
    if reply.body is None:
        return Response(status_code=reply.status, headers=dict(reply.headers))
    return JSONResponse(reply.body, reply.status, dict(reply.headers))


async def _unknown(request: Request, error: Exception) -> Response:
    del request, error
    return JSONResponse({"errors": "Not Found"}, 404)
