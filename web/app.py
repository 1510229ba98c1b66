"""The web application: every route over one set of services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from web import openapi, problems
from web.addresses import Addresses
from web.api import (
    acknowledge,
    adjustments,
    alerts,
    batch,
    buffers,
    channel_skus,
    channels,
    explain,
    health,
    inventory,
    keys,
    ledger,
    letters,
    links,
    mapping,
    metrics,
    notifications,
    operations,
    orders,
    products,
    questions,
    report,
    returns,
    returns_webhook,
    sync,
    thresholds,
    transactions,
)
from web.entrance import Entrance
from web.origins import cross_origin
from web.requests import Answered, RequestLog
from web.services import Services

ROUTES = (
    orders,
    returns_webhook,
    notifications,
    batch,
    adjustments,
    buffers,
    thresholds,
    links,  # its path would be taken for a SKU's
    channel_skus,  # and so would this one's
    mapping,
    acknowledge,
    inventory,
    ledger,
    explain,
    transactions,
    returns,
    products,
    report,
    alerts,
    keys,
    health,
    metrics,
    letters,
    operations,
    sync,
    questions,
    channels,
)


class Application(FastAPI):
    """The framework's application behind what every request passes: the request log, and the short way."""

    def enter(self, answered: Answered) -> None:
        """Let requests come in; `answered` is told of each."""
        entrance = Entrance(super().__call__, {orders.PATH: orders.answer_order})
        self._entered = RequestLog(Addresses(entrance, fixed_paths()), answered)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live through the program's life."""
        scope["app"] = self
        await self._entered(scope, receive, send)


def fixed_paths() -> set[str]:
    """Return the paths of the routes that take none of it as a parameter."""
    declared = (getattr(route, "path", "") for part in (*ROUTES, openapi) for route in part.router.routes)
    return {path for path in declared if path and "{" not in path}


def create_app(services: Services) -> FastAPI:
    """Return the application. It owns none of the services: who built them closes them after it has stopped."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = services.threads
        yield

    app = Application(
        title="SyncState",
        summary="Keeps Shopify and Amazon stock in step",
        lifespan=lifespan,
        redirect_slashes=False,
        openapi_url=None,
    )
    app.state.services = services
    for part in ROUTES:
        app.include_router(part.router)
    app.include_router(openapi.router)
    openapi.describe(app)
    problems.install(app)
    if services.guard.origins:
        app.add_middleware(CORSMiddleware, **cross_origin(services.guard.origins))
    app.enter(services.metrics.answered)
    return app
