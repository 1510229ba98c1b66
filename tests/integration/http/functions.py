"""Asking functions as API Gateway does: one request at a time each, and another one where all are at work."""

import asyncio
from collections.abc import Callable
from queue import Empty, LifoQueue
from threading import Lock
from typing import Any

import httpx

from syncstate.lambdas.api import Function
from tests.gateway import DOMAINS, Front, answered, event_of
from tests.unit.web.client import Client

AT_ONCE = 4


class FunctionClient(Client):
    """A client of functions that `begin` begins, at most AT_ONCE of them, with a key in each request."""

    def __init__(self, begin: Callable[[], Function], key: str, front: Front = "function_url") -> None:
        self._begin, self._front = begin, front
        self._headers = {"authorization": f"Bearer {key}"}
        self._idle: LifoQueue[Function] = LifoQueue()
        self._begun: list[Function] = []
        self._lock = Lock()

    def close(self) -> None:
        for function in self._begun:
            function.close()

    def call(self, event: dict[str, Any]) -> dict[str, Any]:
        """Have a function answer."""
        function = self._taken()
        try:
            return function(event, None)
        finally:
            self._idle.put(function)

    def _taken(self) -> Function:
        with self._lock:
            try:
                return self._idle.get_nowait()
            except Empty:
                if len(self._begun) < AT_ONCE:
                    self._begun.append(self._begin())
                    return self._begun[-1]
        return self._idle.get()

    async def _within(self, asking: Any) -> Any:
        transport, url = _Gateway(self), f"https://{DOMAINS[self._front]}"
        async with httpx.AsyncClient(transport=transport, base_url=url, headers=self._headers) as http:
            return await asking(http)

    async def asked(self, request: httpx.Request) -> httpx.Response:
        event = event_of(request, await request.aread(), self._front)
        return answered(await asyncio.to_thread(self.call, event))


class _Gateway(httpx.AsyncBaseTransport):
    def __init__(self, client: FunctionClient) -> None:
        self._client = client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._client.asked(request)
