"""A SyncState over a store of its own, as `syncstate connect` reaches it, and what it knows."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from processor.clock import system_clock
from processor.engine import Engine
from processor.store import Store
from projections import PROJECTIONS
from stock.codec import decode
from syncstate.cli.connection import Api
from syncstate.settings import Settings
from syncstate.wiring import services
from tests.stores import fresh_store
from web.app import create_app
from web.guard.presented import TENANT_HEADER


class Killed(Exception):
    """The command was killed."""


class Accident:
    """Kills the command at its n-th write: before it, or right after it was made. Counts them."""

    def __init__(self, at: int | None = None, *, after: bool = False) -> None:
        self.writes, self._at, self._after = 0, at, after

    def before(self) -> None:
        self.writes += 1
        if self.writes == self._at and not self._after:
            raise Killed

    def after(self) -> None:
        if self.writes == self._at and self._after:
            raise Killed


class Reached(Api):
    """The API, with an accident."""

    accident = Accident()

    def post(self, path: str, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        self.accident.before()
        answer = super().post(path, body, headers)
        self.accident.after()
        return answer


class House:
    """One tenant's data behind the routes."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self.engine, self.store, self.accident = engine, store, Accident()
        parts = services(Settings(store="memory"), engine, system_clock)
        self.app = create_app(parts)
        self._headers = {"Authorization": f"Bearer {parts.guard.token}", TENANT_HEADER: "default"}

    @contextmanager
    def reach(self, settings: Settings) -> Iterator[Api]:
        del settings
        api = Reached(Path(), None, self._headers, self.app)
        api.accident = self.accident
        yield api

    @property
    def api(self) -> Api:
        return Api(Path(), None, self._headers, self.app)

    def count(self, sku: str, units: int) -> None:
        self.api.post("/api/adjustments", {"sku": sku, "count": units})

    def numbers(self) -> dict[str, int | None]:
        """Return what is on the shelf of each SKU; None where it is not counted."""
        stock = self.api.get("/api/inventory", {"limit": 1000})["inventory"]
        return {sku: one["physical"] if one["counted"] else None for sku, one in stock.items()}

    def listings(self, channel: str) -> dict[str, str | None]:
        skus = self.api.get("/api/channel-skus", {"channel": channel, "limit": 1000})["skus"]
        return {one["sku"]: one["listing"] for one in skus}

    def events(self) -> int:
        """Return how many events there are, of all streams."""
        log = self.store.log
        return sum(log.heads(list(log.streams("default"))).values())

    def deliver(self, body: bytes, topic: str) -> None:
        async def posted() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
                headers = {**self._headers, "Content-Type": "application/json", "X-Shopify-Topic": topic}
                return await http.post("/webhook/shopify", content=body, headers=headers)

        asyncio.run(posted()).raise_for_status()


@contextmanager
def a_house(kind: str) -> Iterator[House]:
    """Yield a house over an empty store of `kind`."""
    with fresh_store(kind) as store:
        engine = Engine(store, PROJECTIONS, decode, watch="inventory", clock=system_clock)
        with closing(engine):
            yield House(store, engine)
