"""`make localstack-up` and what belongs to it: start an emulator, have the hooks create everything, stop it again."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from localstack import ministack, packaging, state
from localstack.account import Account
from localstack.process import answers
from localstack.state import Emulator, Started

HERE = Path(__file__).parent
COMPOSE = ("docker", "compose", "-f", str(HERE / "compose.yaml"))
EMULATOR = "LOCALSTACK_EMULATOR"
"""Names the emulator, where it is not to be the first that can run."""

PORT, AMAZON_PORT = "LOCALSTACK_PORT", "AMAZON_PORT"
_DEFAULTS = {PORT: "4566", AMAZON_PORT: "4580"}
_AMAZON_INSIDE = "http://amazon:4580"
_HOOKS_INSIDE = "/etc/localstack/init/ready.d"
_PYTHON_INSIDE = "/opt/code/localstack/.venv/bin/python"
_SECONDS_TO_START, _SECONDS_TO_STOP = 90, 30


class Trouble(Exception):
    """It cannot be done; the message says why, and what to do."""


def up(emulator: Emulator | None = None) -> Started:
    """Start the environment unless it runs, have the hooks create everything, and return it. Raises Trouble."""
    there = state.read()
    started = there or _start(emulator or chosen())
    if there or started.emulator == "ministack":  # LocalStack runs them by itself when it starts
        run_hooks(started)
    return started


def chosen() -> Emulator:
    """Return the one that is named, else LocalStack where a Docker engine answers, else ministack. Raises Trouble."""
    match os.environ.get(EMULATOR):
        case "localstack" | "ministack" as named:
            return named
        case None | "":
            pass
        case other:
            raise Trouble(f"{EMULATOR} is {other}: it may be localstack or ministack")
    if _engine():
        return "localstack"
    sentence = ministack.missing()
    if sentence is not None:
        raise Trouble(f"no Docker engine answers, and {sentence}")
    return "ministack"


def down() -> Started | None:
    """Stop the environment and return what it was, None where none ran. Raises Trouble."""
    started = state.read()
    if started is None:
        state.forget()
    elif started.emulator == "localstack":
        _compose("down", "--volumes")
        state.forget()
    elif started.pid is not None:
        os.kill(started.pid, signal.SIGTERM)
        _await(lambda: not started.answers(), _SECONDS_TO_STOP, f"process {started.pid} does not stop")
    return started


def run_hooks(started: Started) -> None:
    """Run what is in `ready.d`, with the functions' newest code. Raises Trouble, or PackagingError."""
    if started.emulator == "localstack":
        _build()
        for hook in sorted((HERE / "ready.d").glob("*.sh")):
            _compose("exec", "-T", "-e", f"PYTHON={_PYTHON_INSIDE}", "localstack", f"{_HOOKS_INSIDE}/{hook.name}")
        return
    environment = {**os.environ, **started.settings, **variables(started), "PYTHON": sys.executable}
    for hook in sorted((HERE / "ready.d").glob("*.sh")):
        done = subprocess.run([str(hook)], env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise Trouble(f"{hook.name} failed: {done.stderr.strip()}")


def variables(started: Started) -> dict[str, str]:
    """Return what a program needs in its environment to work on what was started."""
    return Account(started.endpoint).variables


def _start(emulator: Emulator) -> Started:
    port, amazon_port = (int(os.environ.get(name) or default) for name, default in _DEFAULTS.items())
    for name, taken in ((PORT, port), (AMAZON_PORT, amazon_port)):
        if answers(taken) is not None:
            raise Trouble(f"port {taken} is taken by something else: name another, `{name}=... make localstack-up`")
    if emulator == "localstack":
        return _start_containers(port, amazon_port)
    return _start_processes(port, amazon_port)


def _start_containers(port: int, amazon_port: int) -> Started:
    _build()
    _compose("up", "--wait", "--build")
    started = Started(
        "localstack", f"http://127.0.0.1:{port}", f"http://127.0.0.1:{amazon_port}", inside=_AMAZON_INSIDE
    )
    state.write(started)
    return started


def _build() -> None:
    """Put the functions' package where the containers find it: into the same file, which is mounted."""
    built = packaging.package("lambda")
    shutil.copyfile(built, built.parent / "lambda.zip")


def _start_processes(port: int, amazon_port: int) -> Started:
    sentence = ministack.missing()
    if sentence is not None:
        raise Trouble(sentence)
    with state.log().open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "localstack.host", "--port", str(port), "--amazon-port", str(amazon_port)],
            cwd=HERE.parent,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _await(
        lambda: process.poll() is not None or state.read() is not None, _SECONDS_TO_START, "ministack does not start"
    )
    started = state.read()
    if started is None:
        raise Trouble(f"ministack did not start: {state.log().read_text().strip()}")
    return started


def _engine() -> bool:
    """Whether a Docker engine answers, and compose is there."""
    if shutil.which("docker") is None:
        return False
    asked = (("docker", "info"), ("docker", "compose", "version"))
    try:
        return not any(subprocess.run(one, capture_output=True, check=False, timeout=30).returncode for one in asked)  # noqa: S603
    except subprocess.TimeoutExpired:
        return False


def _compose(*arguments: str) -> None:
    done = subprocess.run([*COMPOSE, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise Trouble(f"docker compose {arguments[0]} failed: {done.stderr.strip()}")


def _await(there: Callable[[], bool], seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        if time.monotonic() > deadline:
            raise Trouble(f"{otherwise}: see {state.log()}")
        time.sleep(0.1)
