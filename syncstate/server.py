"""Serving the web application: on one socket, until a signal, finishing what was accepted."""

import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from syncstate.connections import BoundedProtocol

SECONDS_TO_FINISH = 10
BACKLOG = 2048


class PortTaken(Exception):
    """Another program listens there already, or the system does not let us."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen on {host}:{port}: {reason}")
        self.host, self.port = host, port


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host`:`port` (0: a free port). Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise PortTaken(host, port, error.strerror or str(error)) from error
    return bound


def url_of(bound: socket.socket) -> str:
    """Return the address at which this machine reaches the socket."""
    host, port = bound.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def serve(
    app: FastAPI, bound: socket.socket, on_started: Callable[[], None], on_stopping: Callable[[], None]
) -> int | None:
    """Serve until SIGINT or SIGTERM, and return which it was.

    `on_started` is called once requests are answered, `on_stopping` when the signal has come.

    A first signal lets requests under way finish, for SECONDS_TO_FINISH at most; a second one ends them.
    """
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
        server_header=False,
        proxy_headers=False,  # whom a proxy speaks for is never believed: see `web.guard`
    )
    server = _Server(config, on_started, on_stopping)
    server.run(sockets=[bound])
    return server.stopped_by


class _Server(uvicorn.Server):
    """uvicorn, which would end the process by the signal; we have a store to close first."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None], on_stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started, self._on_stopping = on_started, on_stopping
        self.stopped_by: int | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stopping()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        del frame
        self.force_exit = self.should_exit
        self.should_exit = True
        self.stopped_by = self.stopped_by or sig
