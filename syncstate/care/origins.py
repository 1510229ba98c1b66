"""What an archive is made of: the store that the settings name."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from syncstate.care import Refused
from syncstate.care.archiving import Origin
from syncstate.care.marks import refuse_half_done
from syncstate.care.places import snapshot_of
from syncstate.settings import Settings
from syncstate.stores import open_store


@contextmanager
def origin_of(settings: Settings, pace: float | None) -> Iterator[Origin]:
    """Yield the store that `settings` name, ready to be read beside a server.

    Raises Refused, SettingMissing, or a ProcessorError where it cannot be opened or is half restored.
    """
    if settings.store == "memory":
        raise Refused("a memory store is not copied: it ends with its process")
    if settings.store == "dynamodb":
        with closing(open_store(settings)) as store:
            yield Origin("the dynamodb store", store.log, store.registers, pace)
        return
    with closing(snapshot_of(settings)) as snapshot:
        refuse_half_done(snapshot.registers)
        yield Origin(snapshot.place, snapshot.log, snapshot.registers, pace)
