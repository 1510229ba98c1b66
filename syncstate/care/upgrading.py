"""Leading a store to this release: its tables, then the read models that another release folded."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from processor.adapters.sql import SchemaMismatch
from processor.adapters.sql.upgrading import Upgraded, upgrade_postgres, upgrade_sqlite
from processor.clock import system_clock
from processor.engine import Engine
from projections import PROJECTIONS
from projections.broadcasts.queries import BroadcastQueries
from stock.codec import decode
from syncstate import presence
from syncstate.addresses import store_named
from syncstate.care import Refused
from syncstate.care.copying import Manifest, back_up
from syncstate.care.folds import outdated
from syncstate.care.places import NothingThere, snapshot_of
from syncstate.care.tally import Watch, nobody
from syncstate.linking import link_older
from syncstate.retiring import retire
from syncstate.settings import Settings
from syncstate.stores import DATABASE, SettingMissing, dynamodb_client, open_store


class StillServed(Refused):
    """A server runs on the folder, by the release that it was started with."""

    def __init__(self, data: Path, url: str) -> None:
        super().__init__(f"{data} is served at {url}: stop that server first, then upgrade, then start this release")


class TablesDiffer(Refused):
    """DynamoDB's tables are not those that this release works with; nothing was rebuilt."""

    def __init__(self, first: str) -> None:
        super().__init__(f"{first}: `syncstate tables verify` tells what to do")


class Outcome(msgspec.Struct, frozen=True):
    """What an upgrade did. `found` is the schema number before, `now` the one after; DynamoDB's tables have none."""

    found: int | None
    now: int | None
    rebuilt: tuple[str, ...]
    backup: Manifest | None


def upgrade(settings: Settings, *, back_up_first: bool = True, watch: Watch = nobody) -> Outcome:
    """Lead the store to this release. A store that is there already is left as it is.

    On DynamoDB functions may go on meanwhile: what they append is folded before the rebuilt model is read.

    Raises StillServed, NothingThere, Refused, SettingMissing, or a ProcessorError where it cannot be done.
    """
    served = presence.find(settings.data, store_named(settings))
    if served is not None:
        raise StillServed(settings.data, served.url)
    if settings.store == "dynamodb":
        return Outcome(None, None, tuple(_rebuilt(settings, watch)), None)
    found, old = _found(settings)
    backup = None
    if back_up_first and settings.store == "embedded" and old:
        backup = _backed_up(settings.data, watch)
    done = _tables(settings) if found is None else Upgraded(found, found)
    if done.found is None or done.now is None:
        raise NothingThere(settings.data / DATABASE)
    return Outcome(done.found, done.now, tuple(_rebuilt(settings, watch)), backup)


def _found(settings: Settings) -> tuple[int | None, bool]:
    """Return the schema number where it is this release's, and whether anything at all is to be done."""
    try:
        with closing(snapshot_of(settings)) as snapshot:
            return snapshot.schema, bool(outdated(snapshot.registers))
    except SchemaMismatch as error:
        if error.found > error.wanted:
            raise
        return None, True


def _backed_up(data: Path, watch: Watch) -> Manifest:
    file = data / f"before-upgrade-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.backup"
    return back_up(data / DATABASE, file, watch=watch)


def _tables(settings: Settings) -> Upgraded:
    if settings.store == "embedded":
        return upgrade_sqlite(settings.data / DATABASE)
    if settings.database_url is None:
        raise SettingMissing("database_url", "it names the PostgreSQL database, postgresql://user@host/name")
    return upgrade_postgres(settings.database_url.get_secret_value())


def _check_tables(settings: Settings) -> None:
    from processor.adapters.dynamodb import tables
    from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX

    with closing(dynamodb_client(settings.dynamodb_endpoint)) as client:
        for difference in tables.verify(client, settings.dynamodb_prefix or DEFAULT_PREFIX):
            raise TablesDiffer(difference)


def _rebuilt(settings: Settings, watch: Watch) -> Iterator[str]:
    """Rebuild what another release folded; yield each name once it is done. Then link what it left unlinked."""
    with (
        closing(open_store(settings)) as store,
        closing(Engine(store, PROJECTIONS, decode, watch="inventory")) as engine,
    ):
        if settings.store == "dynamodb":
            _check_tables(settings)
        for number, _ in enumerate(retire(engine), 1):
            watch("read models deleted that nobody reads any more", number)
        for name in engine.rebuild.outdated():
            for progress in engine.rebuild.run(name, time.sleep):
                watch(f"events into {name}", progress.events)
            yield name
        live = partial(engine.live, "broadcasts")
        link_older(engine, BroadcastQueries(store.models, live), system_clock, settings.tenant)
