"""Whoever asks AWS is told when half an answer came: by a server that closes its connections too early."""

import socket
from collections.abc import Callable, Iterator
from threading import Event, Thread
from time import monotonic
from zlib import crc32

import pytest

from processor.clock import system_clock
from processor.errors import StoreUnavailable
from processor.streams import stream_id
from syncstate.consuming import open_stream
from syncstate.kinesis_consuming import open_stream as open_kinesis
from syncstate.lambdas.secrets import secret_reader
from syncstate.queues import open_queue
from syncstate.settings import Settings
from syncstate.stores import open_dynamodb

WHOLE = b'{"Item": {}, "Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": false}], "SecretString": "{}"}'


class Closing:
    """A server of half answers, or of whole ones whose checksum is another's."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.half, self.checksum, self.asked = True, 0, 0
        self.silent, self._closed = False, Event()
        Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._closed.set()
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                self.asked += 1
                if self.silent:
                    self._closed.wait(30)
                    return
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(WHOLE)}\r\nConnection: close\r\n"
                if self.checksum:
                    head += f"x-amz-crc32: {self.checksum}\r\n"
                body = WHOLE[: len(WHOLE) // 2] if self.half else WHOLE
                connection.sendall(f"{head}Content-Type: application/x-amz-json-1.0\r\n\r\n".encode() + body)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Closing]:
    for variable in ("SYNCSTATE_DYNAMODB_ENDPOINT", "DYNAMODB_LOCAL_ENDPOINT", "AWS_ENDPOINT_URL_DYNAMODB"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr("time.sleep", lambda _: None)
    server = Closing()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    yield server
    server.close()


def read_a_register() -> object:
    return open_dynamodb(None, None, system_clock).registers.read("some/register")


def find_an_event() -> object:
    return open_dynamodb(None, None, system_clock).log.find([(stream_id("acme", "sku", "A"), "t1")])


def list_shards() -> object:
    return open_stream(Settings(store="dynamodb")).shards()


def name_a_stream() -> object:
    return open_kinesis("orders").shards()


def send_a_letter() -> object:
    return open_queue("https://sqs.us-east-1.amazonaws.com/000000000000/buffer").send([b"{}"])  # type: ignore[func-returns-value]


def read_a_secret() -> object:
    return secret_reader("shops")()


ASKING = [read_a_register, find_an_event, list_shards, name_a_stream, send_a_letter, read_a_secret]


@pytest.mark.parametrize("ask", ASKING, ids=lambda ask: ask.__name__)
def test_half_an_answer_is_none(server: Closing, ask: Callable[[], object]) -> None:
    with pytest.raises(StoreUnavailable, match="bytes expected is"):
        ask()
    assert server.asked >= 1


def test_a_secret_that_does_not_come_is_given_up_before_the_shop_gives_up(server: Closing) -> None:
    """A shop waits five seconds for its answer, and then delivers again."""
    server.silent, began = True, monotonic()
    with pytest.raises(StoreUnavailable, match="timeout"):
        read_a_secret()
    assert (server.asked, monotonic() - began < 5) == (1, True)


def test_an_answer_of_another_checksum_is_none(server: Closing) -> None:
    server.half, server.checksum = False, crc32(WHOLE) ^ 1
    with pytest.raises(StoreUnavailable, match="Checksum crc32 failed"):
        read_a_register()
    assert server.asked > 1, "it is asked again before that"
    server.checksum, asked = crc32(WHOLE), server.asked
    with pytest.raises(KeyError):
        read_a_register()  # an empty item: the answer itself was taken
    assert server.asked == asked + 1
