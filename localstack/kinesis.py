"""kinesis-local, the Kinesis that LocalStack uses, from npm: found, started as a child process, stopped again.

It splits and merges shards and keeps the closed ones. Data lives in memory and ends with the process. It would listen
on every interface: `loopback.cjs` keeps it to this machine.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

NODE = 18
"""The oldest Node.js that runs it."""

_HERE = Path(__file__).parent
_MAIN = _HERE / "node_modules" / "kinesis-local" / "main.js"
_LOOPBACK = _HERE / "loopback.cjs"
_HOST = "127.0.0.1"
_LEASH = '"$@" & server=$!; exec 3<&0; { cat <&3 >/dev/null; kill "$server"; } & wait "$server"'
"""Runs a server until its standard input closes: however we end, even by kill -9, it ends too."""

_SECONDS_TO_START = 60
_SECONDS_TO_STOP = 10


def missing() -> str | None:
    """Return a sentence that says what to install for kinesis-local, or None where nothing is missing."""
    if not _MAIN.is_file():
        return "kinesis-local is not here: `npm ci --prefix localstack` brings it (and Node.js 18 runs it)"
    if find_node() is None:
        return "kinesis-local needs Node.js 18 or newer on the PATH"
    return None


def find_node() -> Path | None:
    """Return the Node.js on the PATH, if it is new enough."""
    found = shutil.which("node")
    if found is None:
        return None
    try:
        told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.match(r"v(\d+)", told.stdout)
    return Path(found) if version and int(version[1]) >= NODE else None


@contextmanager
def kinesis_local() -> Iterator[str]:
    """Run kinesis-local on a free port and yield its endpoint once it answers.

    Raises RuntimeError where it is missing or does not start.
    """
    node = find_node()
    if node is None or not _MAIN.is_file():
        raise RuntimeError(missing())
    port, second = _free_ports()
    with TemporaryFile() as output:
        server = _start(node, port, second, output)
        try:
            _wait_until_it_answers(server, port, output)
            yield f"http://{_HOST}:{port}"
        finally:
            _stop(server)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind((_HOST, 0))
        two.bind((_HOST, 0))
        return one.getsockname()[1], two.getsockname()[1]


def _start(node: Path, port: int, second: int, output: IO[bytes]) -> "subprocess.Popen[bytes]":
    server = [str(node), "--require", str(_LOOPBACK), _MAIN.name]
    # A session of its own: an interrupt from the terminal reaches us, and we stop it when we are done with it.
    return subprocess.Popen(  # noqa: S603
        ["/bin/sh", "-c", _LEASH, "sh", *server],
        cwd=_MAIN.parent,
        env={**os.environ, "KINESIS_MOCK_PLAIN_PORT": str(port), "KINESIS_MOCK_TLS_PORT": str(second)},
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )


def _wait_until_it_answers(server: "subprocess.Popen[bytes]", port: int, output: IO[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while server.poll() is None and time.monotonic() < deadline:
        connection = HTTPConnection(_HOST, port, timeout=5)
        try:
            connection.request("GET", "/healthcheck")
            connection.getresponse().read()
        except (OSError, HTTPException):
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    output.seek(0)
    said = output.read().decode(errors="replace").strip()
    raise RuntimeError(f"kinesis-local does not answer on port {port}; it said: {said or 'nothing'}")


def _stop(server: "subprocess.Popen[bytes]") -> None:
    if server.stdin is not None:
        server.stdin.close()
    try:
        server.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)  # a group of its own: the shell and the server
        server.wait()
