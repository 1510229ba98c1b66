"""A server as a child process: on a loopback port, waited for, and ended with us however we end."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple, NoReturn

HOST = "127.0.0.1"

_LEASH = (
    '"$@" & server=$!; exec 3<&0; { cat <&3 >/dev/null; kill "$server"; } & wait "$server"; code=$?; '
    'rm -rf -- "$TMPDIR"; exit "$code"'
)
"""Runs a server until its standard input closes: however we end, even by kill -9, it ends too, with its files."""

_MUCH = 4_000_000_000
"""Bytes that must be free: each process of a function unpacks its own copy of the package, 50 MB."""

_SECONDS_TO_START = 60
_SECONDS_TO_STOP = 15

Process = subprocess.Popen[bytes]


class Program(NamedTuple):
    """What to run: its `name` for messages, its arguments, where, with what added to the environment.

    It is there once a GET of `path` answers, with 200 where `healthy`. One that is `busy` with temporary files has
    them in memory, where there is room.
    """

    name: str
    arguments: Sequence[str]
    path: str = "/"
    folder: Path | None = None
    environment: Mapping[str, str] = {}
    healthy: bool = False
    busy: bool = False


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(program: Program, port: int) -> Iterator[str]:
    """Run `program`, which listens on `port`, and yield its address once it answers. Its temporary files end with it.

    Raises RuntimeError, with what it said, where it does not start.
    """
    with TemporaryFile() as output:
        process = _start(program, output)
        try:
            _wait(program, process, port, output)
            yield f"http://{HOST}:{port}"
        finally:
            _stop(process)


def answers(port: int, path: str = "/") -> int | None:
    """Return the status with which a GET of `path` is answered, None where nobody answers."""
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException):
        return None
    else:
        return answer.status
    finally:
        connection.close()


def foreground() -> None:
    """Wait until the terminal or a supervisor says stop: raises KeyboardInterrupt for both."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.pause()


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _start(program: Program, output: IO[bytes]) -> Process:
    scratch = tempfile.mkdtemp(prefix="syncstate-server-", dir=_memory() if program.busy else None)
    try:
        # A session of its own: an interrupt from the terminal reaches us, and we stop it when we are done with it.
        return subprocess.Popen(  # noqa: S603
            ["/bin/sh", "-c", _LEASH, "sh", *program.arguments],
            cwd=program.folder,
            env={**os.environ, **program.environment, "TMPDIR": scratch},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def _memory() -> str | None:
    """Return a folder in memory with room for many files, None where there is none."""
    folder = "/dev/shm"  # noqa: S108 - the files go into a folder of our own in it
    try:
        return folder if shutil.disk_usage(folder).free >= _MUCH and os.access(folder, os.W_OK) else None
    except OSError:
        return None


def _wait(program: Program, process: Process, port: int, output: IO[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        status = answers(port, program.path)
        if status is not None and (not program.healthy or status == 200):  # noqa: PLR2004 - HTTP's OK
            return
        time.sleep(0.05)
    output.seek(0)
    said = output.read().decode(errors="replace").strip()
    raise RuntimeError(f"{program.name} does not answer on port {port}; it said: {said or 'nothing'}")


def _stop(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # a group of its own: the shell and the server
        process.wait()
