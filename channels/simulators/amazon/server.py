"""The small Amazon as a real server, in a thread, on a loopback port of its own."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

import msgspec
import uvicorn
from starlette.types import ASGIApp

from channels.amazon.tokens import Credentials
from channels.simulators.amazon.app import TOKEN, simulator_app
from channels.simulators.amazon.state import SimulatedAmazon

START_SECONDS = 10.0
STOP_SECONDS = 10.0


class Simulator(msgspec.Struct, frozen=True):
    """A running small Amazon: where it listens, what it knows, and how a client must introduce itself."""

    url: str
    amazon: SimulatedAmazon

    @property
    def token_url(self) -> str:
        """The address of Login with Amazon."""
        return f"{self.url}{TOKEN}"

    @property
    def credentials(self) -> Credentials:
        """The keys it knows."""
        return self.amazon.credentials

    @property
    def seller_id(self) -> str:
        """Its one seller."""
        return self.amazon.seller_id

    @property
    def marketplace(self) -> str:
        """Its one marketplace."""
        return self.amazon.marketplace


@contextmanager
def simulated_amazon(
    amazon: SimulatedAmazon | None = None, host: str = "127.0.0.1", port: int = 0
) -> Iterator[Simulator]:
    """Run a small Amazon until the block ends; `port` 0 takes a free one."""
    amazon = amazon or SimulatedAmazon()
    try:
        with served(simulator_app(amazon), host, port) as url:
            yield Simulator(url, amazon)
    finally:
        amazon.courier.close()


@contextmanager
def served(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve an ASGI application in a thread until the block ends; yields its address."""
    with socket.create_server((host, port)) as listener:
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="critical",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="simulator", daemon=True)
        thread.start()
        try:
            _await_start(server, thread)
            yield f"http://{host}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS)


def _await_start(server: uvicorn.Server, thread: Thread) -> None:
    deadline = monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or monotonic() > deadline:
            raise RuntimeError("the small Amazon did not start")
        sleep(0.005)
