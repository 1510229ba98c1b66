"""The small Amazon's HTTP side: Login with Amazon, the operations, presigned documents, and the control routes."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from channels.simulators.amazon import answers, feeding, ordering, replies, subscribing
from channels.simulators.amazon.control import control_routes
from channels.simulators.amazon.faults import Fault, Operation
from channels.simulators.amazon.replies import Reply
from channels.simulators.amazon.requests import Bad, item
from channels.simulators.amazon.searching import ListingSearch
from channels.simulators.amazon.state import SimulatedAmazon

ITEMS = "/listings/2021-08-01/items"
FEEDS = "/feeds/2021-06-30"
ORDERS = "/orders/2026-01-01/orders"
NOTIFICATIONS = "/notifications/v1"
TOKEN = "/auth/o2/token"  # noqa: S105 - a path

Handler = Callable[[SimulatedAmazon, Request, bytes], Reply]


def simulator_app(amazon: SimulatedAmazon) -> Starlette:
    """Return the small Amazon as an ASGI application."""
    operations: list[tuple[str, str, Operation, Handler]] = [
        ("POST", TOKEN, "token", answers.token),
        ("GET", f"{ITEMS}/{{seller}}", "searchListingsItems", ListingSearch(amazon)),
        ("PATCH", f"{ITEMS}/{{rest:path}}", "patch", answers.patch),
        ("GET", f"{ITEMS}/{{rest:path}}", "get", answers.get),
        ("POST", f"{FEEDS}/documents", "createFeedDocument", feeding.place),
        ("GET", f"{FEEDS}/documents/{{document}}", "getFeedDocument", feeding.document),
        ("POST", f"{FEEDS}/feeds", "createFeed", feeding.create),
        ("GET", f"{FEEDS}/feeds", "getFeeds", feeding.FeedSearch(amazon)),
        ("GET", f"{FEEDS}/feeds/{{feed}}", "getFeed", feeding.show),
        ("DELETE", f"{FEEDS}/feeds/{{feed}}", "cancelFeed", feeding.cancel),
        ("PUT", "/_documents/{document}", "upload", feeding.upload),
        ("GET", "/_documents/{document}", "download", feeding.download),
        ("GET", ORDERS, "searchOrders", ordering.OrderSearch(amazon)),
        ("GET", f"{ORDERS}/{{order}}", "getOrder", ordering.order),
        ("GET", f"{NOTIFICATIONS}/destinations", "getDestinations", subscribing.destinations),
        ("POST", f"{NOTIFICATIONS}/destinations", "createDestination", subscribing.add_destination),
        ("GET", f"{NOTIFICATIONS}/subscriptions/{{kind}}", "getSubscription", subscribing.subscription),
        ("POST", f"{NOTIFICATIONS}/subscriptions/{{kind}}", "createSubscription", subscribing.subscribe),
    ]
    return Starlette(
        routes=[
            *(
                Route(path, _endpoint(amazon, operation, handler), methods=[method])
                for method, path, operation, handler in operations
            ),
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
        headers = replies.granted(amazon, operation)

        def act() -> Reply:
            with amazon.lock:
                amazon.run()
                try:
                    return handler(amazon, request, body)
                except Bad as bad:
                    return replies.error(bad.status, bad.code, bad.message)

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
            return replies.throttled(fault.retry_after)
        case "invalid":
            return replies.invalid(sku, "8541", "The quantity is not taken, on command.")
        case "unauthorised":
            return replies.unauthorised()
        case _ if fault.bare:
            return Reply(fault.status, None)
        case _:
            return replies.error(fault.status, "InternalFailure", "On command.")


class _Dropped(Response):
    """An answer that ends in the middle: the server closes a connection whose answer was not completed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise a body and send none."""
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})


def _response(reply: Reply, headers: dict[str, str]) -> Response:
    every = {**headers, **reply.headers}
    if reply.body is None or isinstance(reply.body, bytes):
        return Response(reply.body, reply.status, every)
    return JSONResponse(reply.body, reply.status, every)


def _sku(operation: Operation, request: Request) -> str | None:
    if operation not in ("patch", "get"):
        return None
    try:
        return item(request).sku
    except Bad:
        return None


async def _unknown(request: Request, error: Exception) -> Response:
    del error
    return _response(replies.error(404, "NotFound", f"no such operation: {request.method} {request.url.path}"), {})
