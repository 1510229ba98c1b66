"""Which stores can be looked at as they stand at one moment, and how they are opened for it."""

import shlex
from pathlib import Path

from processor.adapters.sql.snapshot import SqlSnapshot
from syncstate.addresses import SECRETS
from syncstate.care import Refused
from syncstate.settings import Settings
from syncstate.stores import DATABASE, SettingMissing


class NoSnapshot(Refused):
    """The store is of a kind whose tables this program cannot read through."""

    def __init__(self, mode: str) -> None:
        super().__init__(f"a {mode} store is not read through here: only embedded and postgres stores are")


class NothingThere(Refused):
    """There is no store at `path`."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"there is no data at {path}: name the folder with --data, or the backup's file")


def snapshot_of(settings: Settings) -> SqlSnapshot:
    """Open the store that `settings` name, beside a server too.

    Raises NoSnapshot, NothingThere, SettingMissing, or a ProcessorError where it cannot be opened.
    """
    match settings.store:
        case "embedded":
            return snapshot_at(settings.data / DATABASE)
        case "postgres":
            if settings.database_url is None:
                raise SettingMissing("database_url", "it names the PostgreSQL database, postgresql://user@host/name")
            return SqlSnapshot.postgres(settings.database_url.get_secret_value())
        case mode:
            raise NoSnapshot(mode)


def snapshot_at(path: Path) -> SqlSnapshot:
    """Open a SQLite file: a server's, or a backup. Raises NothingThere, or a ProcessorError."""
    if not path.is_file():
        raise NothingThere(path)
    return SqlSnapshot.sqlite(path)


def postgres_command(url: str, file: Path) -> str:
    """Return the command that backs a PostgreSQL store up into `file`. Its password is left out."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    try:
        named = {name: value for name, value in conninfo_to_dict(url).items() if name not in SECRETS}
    except ProgrammingError:
        raise Refused("SYNCSTATE_DATABASE_URL is not an address of PostgreSQL: postgresql://user@host/name") from None
    return shlex.join(
        ["pg_dump", "--format=custom", "--schema=syncstate", f"--file={file}", make_conninfo("", **named)]
    )
