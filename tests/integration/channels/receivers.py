"""Real servers on loopback that take what a notifier sends: HTTP and SMTP, on the standard library alone."""

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any


class Posted:
    """One request that arrived."""

    def __init__(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.path, self.headers, self.body = path, headers, body

    @property
    def delivery(self) -> str:
        return self.headers["x-syncstate-delivery"]

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def skus(self) -> list[str]:
        return [alert["sku"] for alert in self.json["alerts"]]


class Inbox:
    """Takes POSTs. `answers` are the statuses (with headers) of the next ones; after them 200."""

    def __init__(self) -> None:
        self.posts: list[Posted] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self.url = ""

    @property
    def skus(self) -> list[list[str]]:
        return [post.skus for post in self.posts]

    @property
    def names(self) -> list[str]:
        """Every SKU told of, in order."""
        return sorted(name for post in self.posts for name in post.skus)

    def answer(self, *statuses: int, **headers: str) -> None:
        self.answers += [(status, headers) for status in statuses]


@contextmanager
def inbox() -> Iterator[Inbox]:
    box = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            box.posts.append(Posted(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            box.meanwhile()
            status, headers = box.answers.pop(0) if box.answers else (200, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        box.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield box
        server.shutdown()
        thread.join()


class PostOffice:
    """Takes mail. `answers` replaces the reply to the next command of that name."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        self.recipients: list[str] = []
        self.logins: list[str] = []
        self.in_clear: list[str] = []
        self.answers: dict[str, list[str]] = {}
        self.port = 0


class _Clerk(StreamRequestHandler):
    """One conversation."""

    server: "_PostServer"
    encrypted = False

    def setup(self) -> None:
        if self.server.tls is not None and self.server.at_once:
            self._encrypt(self.server.tls)
        super().setup()

    def _encrypt(self, tls: ssl.SSLContext) -> None:
        self.request = tls.wrap_socket(self.request, server_side=True)
        self.encrypted = True

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def handle(self) -> None:
        office = self.server.office
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if not self.encrypted:
                office.in_clear.append(verb)
            if office.answers.get(verb):
                self.say(office.answers[verb].pop(0))
            elif not self.take(office, verb, line):
                return

    def take(self, office: PostOffice, verb: str, line: str) -> bool:
        """Obey, and answer whether to go on."""
        match verb:
            case "EHLO":
                self.say("250-here", "250 AUTH PLAIN" if self.encrypted or self.server.tls is None else "250 STARTTLS")
            case "STARTTLS" if self.server.tls is not None:
                self.say("220 go on")
                self.rfile.close()
                self.wfile.close()
                self._encrypt(self.server.tls)
                super().setup()
            case "AUTH":
                office.logins.append(line.split()[2])
                self.say("235 ok")
            case "RCPT":
                office.recipients.append(line[len("RCPT TO:<") :].partition(">")[0])
                self.say("250 ok")
            case "DATA":
                self.say("354 go on")
                office.mails.append("".join(iter(lambda: self.rfile.readline().decode(), ".\r\n")))
                self.say("250 taken")
            case _:
                self.say("221 bye" if verb == "QUIT" else "250 ok")
        return verb != "QUIT"

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.request.close()


class _PostServer(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, office: PostOffice, tls: ssl.SSLContext | None, *, at_once: bool) -> None:
        self.office, self.tls, self.at_once = office, tls, at_once
        super().__init__(("127.0.0.1", 0), _Clerk)

    def handle_error(self, request: Any, client_address: Any) -> None:
        del request, client_address  # a client that does not trust us hangs up

    def shutdown_request(self, request: Any) -> None:
        self.close_request(request)


@contextmanager
def post_office(tls: ssl.SSLContext | None, *, at_once: bool = False) -> Iterator[PostOffice]:
    """Speak SMTP; with `tls` STARTTLS is offered, or with `at_once` the connection begins with it."""
    office = PostOffice()
    with _PostServer(office, tls, at_once=at_once) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        office.port = server.server_address[1]
        yield office
        server.shutdown()
        thread.join()


def closed_port() -> int:
    """Return a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
