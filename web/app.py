"""The web application: every route over one set of services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from fastapi import Depends, FastAPI

from web import problems
from web.api import alerts, health, inventory, ledger, orders
from web.origins import not_foreign
from web.requests import RequestLog
from web.services import Services


def create_app(services: Services) -> FastAPI:
    """Return the application. It owns none of the services: who built them closes them after it has stopped."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = services.threads
        yield

    app = FastAPI(
        title="SyncState",
        summary="Keeps Shopify and Amazon stock in step",
        lifespan=lifespan,
        redirect_slashes=False,
        dependencies=[Depends(not_foreign)],
    )
    app.state.services = services
    for part in (orders, inventory, ledger, alerts, health):
        app.include_router(part.router)
    problems.install(app)
    app.add_middleware(RequestLog)
    return app
