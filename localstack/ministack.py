"""ministack, an AWS of many services from PyPI: found in a virtual environment of its own, run as a child process.

It answers as LocalStack does, needs no containers and runs functions as processes. Everything is in memory.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localstack.process import HOST, Program, free_port, running

HOME_VARIABLE = "MINISTACK_HOME"
"""Names the virtual environment that has it, where it is not `.venv-ministack`."""

HEALTH = "/_ministack/health"

_HOME = Path(__file__).parents[1] / ".venv-ministack"


def missing() -> str | None:
    """Return a sentence that says what to install for ministack, or None where nothing is missing."""
    if find() is None:
        return "ministack is not here: `make ministack` brings it, into a virtual environment of its own"
    return None


def find() -> Path | None:
    """Return the program: in the virtual environment HOME_VARIABLE names, else in `.venv-ministack`."""
    program = Path(os.environ.get(HOME_VARIABLE) or _HOME) / "bin" / "ministack"
    return program.resolve() if program.is_file() else None


@contextmanager
def ministack(port: int | None = None) -> Iterator[str]:
    """Run ministack on `port` (any free one where None) and yield its endpoint once it is ready.

    Its functions run with the Python it was installed with. Raises RuntimeError where it is missing or does not start.
    """
    program = find()
    if program is None:
        raise RuntimeError(missing())
    chosen = port or free_port()
    with running(_server(program, chosen), chosen) as endpoint:
        yield endpoint


def _server(program: Path, port: int) -> Program:
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,  # it goes into the addresses it gives out: `localhost` may be IPv6 first
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }
    return Program("ministack", (str(program),), HEALTH, environment=settings, healthy=True, busy=True)
