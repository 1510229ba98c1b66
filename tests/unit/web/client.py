"""Asking an application without a socket."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from fastapi import FastAPI

Posting = tuple[bytes, Mapping[str, str]]


class Client:
    """Asks one application; each call is a loop of its own, with the application's beginning and end around it."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(self, path: str, **params: str | int) -> httpx.Response:
        return self.ask("GET", path, params=params)

    def post(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Post bytes as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", path, content=content, headers=headers)

    def post_at_once(self, path: str, postings: Sequence[Posting]) -> list[httpx.Response]:
        async def all_of_them(http: httpx.AsyncClient) -> list[httpx.Response]:
            return await asyncio.gather(*(http.post(path, content=body, headers=given) for body, given in postings))

        return asyncio.run(self._within(all_of_them))

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def request(http: httpx.AsyncClient) -> httpx.Response:
            return await http.request(method, path, **more)

        answer: httpx.Response = asyncio.run(self._within(request))
        return answer

    async def _within(self, asking: Any) -> Any:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        async with (
            self._app.router.lifespan_context(self._app),
            httpx.AsyncClient(transport=transport, base_url="http://here") as http,
        ):
            return await asking(http)
