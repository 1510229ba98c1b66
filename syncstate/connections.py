"""What one connection may cost: a stranger needs no key to open one, to fill it with headers, or to leave it open.

uvicorn's protocol, with an end to each of these. A request that is being answered is never cut.
"""

import asyncio
import json
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

MAX_HEAD_BYTES = 64 * 1024
"""Of a request before its body. Shopify's and proxies' heads are a few KiB."""

QUIET_SECONDS = 30.0
"""How long a request may make no progress, or a connection bring none."""

_HINT = "send HTTP/1.1, one Content-Length, and headers of a few KiB"


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Closed where its head is too long, where it is quiet for too long, and at the server's end."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*given, **named)
        self._head_bytes, self._in_head = 0, True
        self._heard = self.loop.time()
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch."""
        super().connection_made(transport)
        self._watch = self.loop.call_later(QUIET_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Watch no longer."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless a head grows too long with it."""
        self._heard = self.loop.time()
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"headers are at most {MAX_HEAD_BYTES:,} bytes")

    def on_headers_complete(self) -> None:
        """Note that the body begins."""
        self._in_head, self._head_bytes = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that the next head begins."""
        self._in_head = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, in the form of every other error."""
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def shutdown(self) -> None:
        """Finish the answer under way at the server's end; a request that has not come whole gets none."""
        if self.cycle is not None and self.cycle.more_body and not self.cycle.response_complete:
            self.transport.close()
        else:
            super().shutdown()

    def _look(self) -> None:
        answering = self.cycle is not None and not (self.cycle.more_body or self.cycle.response_complete)
        quiet = self.loop.time() - self._heard
        if answering or quiet < QUIET_SECONDS:
            self._watch = self.loop.call_later(QUIET_SECONDS if answering else QUIET_SECONDS - quiet, self._look)
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        answer = {"ok": False, "error": message, "code": "invalid_http", "hint": _HINT}
        body = json.dumps(answer).encode()
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[status] + head + body)
        self.transport.close()
