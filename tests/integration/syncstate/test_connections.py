"""What one connection may cost, on a real socket."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread
from typing import Any

import pytest
import uvicorn

from syncstate import connections
from syncstate.connections import MAX_HEAD_BYTES, BoundedProtocol

PATIENCE = 0.4
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"


class Answering:
    """An application that reads a body and answers; it waits before it does until it is `free`."""

    def __init__(self) -> None:
        self.free, self.left = Event(), Event()
        self.free.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.set()
                return
            more = message["more_body"]
        await asyncio.to_thread(self.free.wait, 10)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


@contextmanager
def serving(app: Answering) -> Iterator[tuple[uvicorn.Server, int]]:
    with closing(socket.create_server(("127.0.0.1", 0))) as bound:
        config = uvicorn.Config(app, http=BoundedProtocol, log_config=None, lifespan="off", timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        running = Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        running.start()
        while not server.started:
            time.sleep(0.01)
        yield server, bound.getsockname()[1]
        server.should_exit = True
        running.join(10)


@pytest.fixture
def app() -> Answering:
    return Answering()


@pytest.fixture
def port(app: Answering, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(connections, "QUIET_SECONDS", PATIENCE)
    with serving(app) as (_, number):
        yield number


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def everything_from(peer: socket.socket) -> bytes:
    """Read until the server closes."""
    parts = []
    try:
        while part := peer.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def test_a_head_that_never_ends_is_cut(port: int) -> None:
    sent = 0
    with connected(port) as peer:
        peer.sendall(HEAD + b"X-Long: ")
        try:
            while sent < 50 * 2**20:
                sent += peer.send(b"y" * 65536)
        except OSError:
            pass
        answer = everything_from(peer)
    assert sent < 16 * 2**20, "what the system's own buffers hold aside"
    assert not answer or answer.startswith(b"HTTP/1.1 431")


def test_a_head_that_is_a_little_too_long_is_told_so(port: int) -> None:
    with connected(port) as peer:
        peer.sendall(HEAD + b"X-Long: " + b"y" * MAX_HEAD_BYTES)
        answer = everything_from(peer)
    assert answer.startswith(b"HTTP/1.1 431")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "invalid_http"


def test_long_heads_and_longer_bodies_pass_again_and_again(port: int) -> None:
    with connected(port) as peer:
        for _ in range(3):
            body = b"z" * (4 * MAX_HEAD_BYTES)
            peer.sendall(HEAD + b"X: " + b"y" * (MAX_HEAD_BYTES // 2) + b"\r\nContent-Length: %d\r\n\r\n" % len(body))
            peer.sendall(body)
            assert peer.recv(1000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("beginning", [b"", HEAD, HEAD + b"Content-Length: 10\r\n\r\nhalf"])
def test_a_connection_that_falls_silent_is_closed(port: int, beginning: bytes) -> None:
    began = time.monotonic()
    with connected(port) as peer:
        peer.sendall(beginning)
        assert everything_from(peer) == b""
    assert time.monotonic() - began < 10 * PATIENCE


def test_a_slow_answer_is_waited_for(port: int, app: Answering) -> None:
    app.free.clear()
    with connected(port) as peer:
        peer.sendall(HEAD + b"Content-Length: 2\r\n\r\nhi")
        time.sleep(3 * PATIENCE)
        app.free.set()
        assert peer.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_slow_sender_who_goes_on_sending_is_waited_for(port: int) -> None:
    with connected(port) as peer:
        peer.sendall(HEAD + b"Content-Length: 6\r\n\r\n")
        for _ in range(6):
            time.sleep(PATIENCE / 2)
            peer.sendall(b"x")
        assert peer.recv(1000).startswith(b"HTTP/1.1 200")


def test_what_is_no_http_is_refused_in_the_form_of_every_error(port: int) -> None:
    with connected(port) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
        head, _, body = everything_from(peer).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert b"application/json" in head
    assert json.loads(body)["ok"] is False


def test_half_a_request_does_not_hold_up_the_end(app: Answering) -> None:
    with serving(app) as (server, port), connected(port) as peer:
        peer.sendall(HEAD + b"Content-Length: 10\r\n\r\nhalf")
        time.sleep(0.1)
        began = time.monotonic()
        server.should_exit = True
        assert app.left.wait(4), "the request was not given up"
        assert everything_from(peer) == b""
        assert time.monotonic() - began < 4


def test_an_answer_under_way_is_finished_at_the_end(app: Answering) -> None:
    app.free.clear()
    with serving(app) as (server, port), connected(port) as peer:
        peer.sendall(HEAD + b"Content-Length: 2\r\n\r\nhi")
        time.sleep(0.1)
        server.should_exit = True
        time.sleep(0.3)
        app.free.set()
        assert everything_from(peer).endswith(b"ok")
