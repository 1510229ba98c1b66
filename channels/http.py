"""One HTTP exchange within a time budget: an answer read whole, or a `ChannelError`."""

from collections.abc import Mapping
from datetime import timedelta

import httpx
import msgspec

from channels.errors import Unreachable
from channels.limits import Monotonic

CONNECT_SECONDS, WRITE_SECONDS, POOL_SECONDS = 2.0, 1.0, 1.0
"""A request that has not left by then never will. An answer may use up the whole budget; one that dribbles in headers
can outlast it, but by then the request is long gone, and that is what the order of requests depends on."""

MAX_ANSWER_BYTES = 4_000_000

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
"""Failures before the request left. After any other of httpx's failures the request may have taken effect."""


def http_client(proxy: str | None = None) -> httpx.Client:
    """Return a client for any number of sellers. It reads no environment and follows no redirect."""
    return httpx.Client(
        proxy=proxy,
        trust_env=False,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=100, max_keepalive_connections=20),
    )


class Deadline:
    """The end of an operation's time budget, whatever number of exchanges it takes."""

    def __init__(self, budget: timedelta, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + budget.total_seconds()

    @property
    def seconds(self) -> float:
        """What is left, never below zero."""
        return max(0.0, self._end - self._monotonic())


class Request(msgspec.Struct, frozen=True):
    """What to ask. `name` is for messages: the operation and its subject, no secret."""

    name: str
    method: str
    url: str
    headers: Mapping[str, str]
    params: Mapping[str, str] = {}
    content: bytes | None = None


class Answer(msgspec.Struct, frozen=True):
    """A status with its headers and the whole body."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def granted(self) -> float | None:
        """The rate granted, in requests a second, where the answer tells it."""
        try:
            return float(self.headers["x-amzn-RateLimit-Limit"])
        except (KeyError, ValueError):
            return None


def exchange(http: httpx.Client, request: Request, deadline: Deadline, most: int = MAX_ANSWER_BYTES) -> Answer:
    """Send `request` and return the answer, of `most` bytes at the most, whatever its status.

    Raises Unreachable, and nothing else of httpx.
    """
    left = deadline.seconds
    if not left:
        raise Unreachable(request.name, "no time was left to ask", sent=False)
    timeout = httpx.Timeout(
        read=left,
        connect=min(left, CONNECT_SECONDS),
        write=min(left, WRITE_SECONDS),
        pool=min(left, POOL_SECONDS),
    )
    try:
        with http.stream(
            request.method,
            request.url,
            params=request.params or None,
            headers=request.headers,
            content=request.content,
            timeout=timeout,
        ) as response:
            return Answer(response.status_code, response.headers, _body(response, request, deadline, most))
    except _NEVER_SENT as error:
        raise Unreachable(request.name, f"{type(error).__name__}: {error}"[:200], sent=False) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # The name alone: the text of a protocol error may quote a header, and a header holds the token.
        raise Unreachable(request.name, type(error).__name__, sent=True) from error


def _body(response: httpx.Response, request: Request, deadline: Deadline, most: int) -> bytes:
    """Read the body. The deadline holds for an answer that drips, too: httpx times single reads alone."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if not deadline.seconds or len(body) > most:
            raise Unreachable(request.name, "the answer does not end", sent=True)
    return bytes(body)
