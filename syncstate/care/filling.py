"""Filling the store that the settings name from an archive: PostgreSQL, DynamoDB."""

import shlex
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from processor.store import Store
from syncstate.care import Refused
from syncstate.care.archive import Reader
from syncstate.care.tally import Watch, nobody
from syncstate.care.unpacking import History, PortHistory, Standing, Target, Unpacked, unpack
from syncstate.settings import Settings
from syncstate.stores import dynamodb_client, open_unguarded

_ADVICE = {
    "postgres": "name an empty database in SYNCSTATE_DATABASE_URL",
    "dynamodb": "name empty tables: `syncstate tables create --prefix NEW-`, then SYNCSTATE_DYNAMODB_PREFIX=NEW-",
    "memory": "it lives as long as its process",
}


def fill(file: Path, settings: Settings, watch: Watch = nobody) -> Unpacked:
    """Fill the store that `settings` name, which must be empty, from the archive `file`.

    Raises ArchiveDamaged, StoreTaken, OSError, SettingMissing, or a ProcessorError. Until it is through, no server
    opens the store; one that was broken off is completed by doing it again.
    """
    if settings.store == "memory":
        raise Refused(f"a memory store is not restored into: {_ADVICE['memory']}")
    again = shlex.join(["syncstate", "restore", str(file)])
    target = Target(f"the {settings.store} store", f"`{again}`", _ADVICE[settings.store])
    reader, clock = Reader(file), Standing()
    with closing(open_unguarded(settings, clock)) as store, history_of(settings, store, clock, reader) as history:
        return unpack(reader, store, history, target, watch)


@contextmanager
def history_of(settings: Settings, store: Store, clock: Standing, reader: Reader) -> Iterator[History]:
    """Yield what writes events at their places into `store`, in the way that its kind does it best."""
    if settings.store != "dynamodb":
        yield PortHistory(store, clock)
        return
    from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX
    from processor.adapters.dynamodb.history import History as DynamoHistory

    with ExitStack() as stack:
        client = stack.enter_context(closing(dynamodb_client(settings.dynamodb_endpoint)))
        nonce = f"copy-{reader.whole().blake2b[:16]}"
        yield stack.enter_context(closing(DynamoHistory(client, nonce, settings.dynamodb_prefix or DEFAULT_PREFIX)))
