"""How a command reaches the data: through the server that runs on the folder, else by opening the store itself."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from syncstate import logs, presence
from syncstate.cli.failures import Failure, sentences
from syncstate.settings import Settings
from syncstate.stores import DATABASE, DEMO
from syncstate.wiring import assembled
from web.app import create_app

_TIMEOUT = httpx.Timeout(60, connect=2)


class Api:
    """The HTTP API over `data`. `url` is the server's, None where the store was opened directly."""

    def __init__(self, data: Path, url: str | None, app: FastAPI | None = None) -> None:
        self.data, self.url, self._app = data, url, app

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """Return the JSON answer. Raises Failure with the answer's own sentence where it is an error."""
        answer = asyncio.run(self._get(path, params or {}))
        body: dict[str, Any] = answer.json()
        if answer.is_error:
            hint = f" ({body['hint']})" if body.get("hint") else ""
            raise Failure(f"{body.get('error', answer.reason_phrase)}{hint}")
        return body

    async def _get(self, path: str, params: Mapping[str, str | int]) -> httpx.Response:
        transport = httpx.ASGITransport(self._app) if self._app is not None else None
        async with httpx.AsyncClient(
            base_url=self.url or "http://here", transport=transport, timeout=_TIMEOUT, trust_env=False
        ) as client:
            return await client.get(path, params=params)


@contextmanager
def connected(settings: Settings) -> Iterator[Api]:
    """Yield the API over the data that `settings` name. Raises Failure where there is none."""
    logs.configure("warning", settings.log_format)
    with sentences():
        settings = settings.model_copy(update={"data": _folder(settings.data)})
        running = presence.find(settings.data)
        if running is not None:
            yield Api(settings.data, running.url)
            return
        if settings.store == "memory" or (settings.store == "embedded" and not (settings.data / DATABASE).exists()):
            raise Failure(
                f"there is no data in {settings.data}: name the folder with --data, or begin one with "
                f"`syncstate serve --data {settings.data}`"
            )
        with assembled(settings, channels=False) as system:
            yield Api(settings.data, None, create_app(system.services))


def _folder(data: Path) -> Path:
    """Return `data`, or the demo's folder inside it where the demo alone has any data."""
    demo = data / DEMO
    return demo if not (data / DATABASE).exists() and (demo / DATABASE).exists() else data
