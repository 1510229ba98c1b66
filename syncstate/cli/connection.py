"""How a command reaches the data: through the server that runs on the store, else by opening the store itself."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
from fastapi import FastAPI

from processor.engine import Engine
from syncstate import logs, presence
from syncstate.addresses import EMBEDDED, store_named
from syncstate.cli.failures import Failure, Refusal, sentences
from syncstate.settings import Settings
from syncstate.stores import DATABASE, DEMO
from syncstate.wiring import assembled
from web.app import create_app
from web.guard.presented import TENANT_HEADER

_TIMEOUT = httpx.Timeout(60, connect=2)
Params = Mapping[str, str | int | Sequence[str]]
"""What stands behind the question mark of an address; a name may stand there several times."""


class Api:
    """The HTTP API over `data`. `url` is the server's, None where the store was opened directly.

    It asks as the operator, by the token that only who may read the data folder can know.
    """

    def __init__(self, data: Path, url: str | None, as_operator: Mapping[str, str], app: FastAPI | None = None) -> None:
        self.data, self.url, self._headers, self._app = data, url, as_operator, app
        self.has_written = False

    def get(self, path: str, params: Params | None = None) -> dict[str, Any]:
        """Return the JSON answer. Raises Failure with the answer's own sentence where it is an error."""
        return self._answer("GET", path, params or {}, None, {})

    def post(self, path: str, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Send `body` as JSON and return the JSON answer. Raises Refusal with the answer's own sentence."""
        self.has_written = True
        return self._answer("POST", path, {}, _encoded(body), headers or {})

    def _answer(
        self, method: str, path: str, params: Params, body: bytes | None, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        answer = asyncio.run(self._ask(method, path, params, body, headers))
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Failure(f"{self.url} gave no answer of SyncState's ({answer.status_code}): look at its log")
        if answer.is_error:
            raise Refusal(answer.status_code, found, answer.headers.get("Retry-After"))
        return found

    async def _ask(
        self, method: str, path: str, params: Params, body: bytes | None, headers: Mapping[str, str]
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self._app) if self._app is not None else None
        async with httpx.AsyncClient(
            base_url=self.url or "http://localhost",
            headers=self._headers,
            transport=transport,
            timeout=_TIMEOUT,
            trust_env=False,
        ) as client:
            kind = {} if body is None else {"Content-Type": "application/json"}
            return await client.request(method, path, params=params, content=body, headers={**kind, **headers})


@contextmanager
def connected(settings: Settings, *, begin: bool = False) -> Iterator[Api]:
    """Yield the API over the data that `settings` name. Raises Failure where there is none, unless it may `begin`."""
    logs.configure("warning", settings.log_format)
    with sentences():
        if settings.store == EMBEDDED and not begin:
            settings = settings.model_copy(update={"data": _folder(settings.data)})
        running = presence.find(settings.data, store_named(settings))
        if running is not None:
            yield Api(settings.data, running.url, _as_operator(running.token, settings.tenant))
            return
        empty = settings.store == EMBEDDED and not (settings.data / DATABASE).exists()
        if settings.store == "memory" or (empty and not begin):
            raise Failure(
                f"there is no data in {settings.data}: name the folder with --data, or begin one with "
                f"`syncstate serve --data {settings.data}`",
                kind="no_data",
            )
        with assembled(settings, channels=False) as system:
            services = system.services
            api = Api(settings.data, None, _as_operator(services.guard.token, settings.tenant), create_app(services))
            try:
                yield api
            finally:
                if api.has_written:
                    _settle(system.engine)


def _settle(engine: Engine) -> None:
    """Fold what was appended and not folded: no server runs that would, and the next command reads what is folded."""
    read, before = engine.runner.projections["inventory"], -1
    while (lagging := sum(1 for _ in engine.store.models.lagging(engine.live("inventory"), read.feeds))) != before:
        before = lagging
        engine.sweeper.sweep()


def _encoded(body: Mapping[str, object]) -> bytes:
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError as error:
        raise Failure("what was given is not text in UTF-8", 2) from error


def _as_operator(token: str, tenant: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", TENANT_HEADER: tenant}


def _folder(data: Path) -> Path:
    """Return `data`, or the demo's folder inside it where the demo alone has any data."""
    demo = data / DEMO
    return demo if not (data / DATABASE).exists() and (demo / DATABASE).exists() else data
