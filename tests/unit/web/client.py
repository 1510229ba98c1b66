"""Asking an application without a socket."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from fastapi import FastAPI

Posting = tuple[bytes, Mapping[str, str]]
HOST = "localhost"
JSON = {"content-type": "application/json"}


class Client:
    """Asks one application; each call is a loop of its own, with the application's beginning and end around it."""

    def __init__(self, app: FastAPI, address: str = "127.0.0.1") -> None:
        self._app, self._address = app, address

    def get(self, path: str, **params: str | int) -> httpx.Response:
        return self.ask("GET", path, params=params)

    def post(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Post bytes as they are, anything else as JSON; both said to be JSON unless `headers` say something else."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", path, content=content, headers=_json(headers))

    def post_at_once(self, path: str, postings: Sequence[Posting]) -> list[httpx.Response]:
        async def all_of_them(http: httpx.AsyncClient) -> list[httpx.Response]:
            asking = (http.post(path, content=body, headers=_json(given)) for body, given in postings)
            return await asyncio.gather(*asking)

        return asyncio.run(self._within(all_of_them))

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def request(http: httpx.AsyncClient) -> httpx.Response:
            return await http.request(method, path, **more)

        answer: httpx.Response = asyncio.run(self._within(request))
        return answer

    async def _within(self, asking: Any) -> Any:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False, client=(self._address, 4321))
        async with (
            self._app.router.lifespan_context(self._app),
            httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as http,
        ):
            return await asking(http)


def _json(given: Mapping[str, str] | None) -> httpx.Headers:
    headers = httpx.Headers(JSON)
    headers.update(given or {})
    return headers
