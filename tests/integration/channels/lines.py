"""A server that answers bytes as they are given, for what no well-behaved server would send."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from time import sleep


@contextmanager
def raw_server(chunks: Iterable[bytes], pause: float = 0.0) -> Iterator[str]:
    """Answer one connection with `chunks`, `pause` seconds apart, then close it. Yields the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                for chunk in chunks:
                    try:
                        connection.sendall(chunk)
                    except OSError:
                        return
                    sleep(pause)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)
