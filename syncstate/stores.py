"""Opening the store that the settings name."""

from pathlib import Path
from typing import TYPE_CHECKING

from processor.clock import Clock, system_clock
from processor.errors import ProcessorError, StoreUnavailable
from processor.store import Store
from syncstate.care.marks import refuse_half_done
from syncstate.clients import checked

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

    from syncstate.settings import Settings

DATABASE = "syncstate.db"
DEMO = "demo"
"""The folder, inside a data folder, that the demo keeps to."""


RESTORING = f"{DATABASE}.restoring"
"""The name of a copy that is being brought back, until it is whole."""


class RestoreUnfinished(ProcessorError):
    """A restore into the folder was broken off: what is there may be neither the old store nor the new one."""

    def __init__(self, data: Path) -> None:
        kept = f", or delete {data / RESTORING} to keep the store as it was" if (data / DATABASE).exists() else ""
        super().__init__(
            f"a restore into {data} was broken off: run it again, `syncstate restore FILE --data {data} --force`{kept}"
        )
        self.data = data


class SettingMissing(Exception):
    """A setting that the others call for."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"set SYNCSTATE_{name.upper()}: {why}")
        self.name = name


def open_store(settings: "Settings", clock: Clock = system_clock, *, buffered: bool = False) -> Store:
    """Return the store; `buffered` tells that what it is too busy for may wait in a queue.

    Raises SettingMissing, or a ProcessorError that says why it cannot be opened: RestoreHalfDone where a restore has
    not come to its end.
    """
    store = open_unguarded(settings, clock, buffered=buffered)
    return guarded(store) if settings.store in ("postgres", "dynamodb") else store


def guarded(store: Store) -> Store:
    """Return `store` itself. Raises RestoreHalfDone, having closed it, where a restore has not come to its end."""
    try:
        refuse_half_done(store.registers)
    except BaseException:
        store.close()
        raise
    return store


def open_unguarded(settings: "Settings", clock: Clock = system_clock, *, buffered: bool = False) -> Store:
    """Return the store, even one that is half restored: for a restore itself, and for who only looks."""
    match settings.store:
        case "embedded":
            return _embedded(settings.data, clock)
        case "postgres":
            if settings.database_url is None:
                raise SettingMissing("database_url", "it names the PostgreSQL database, postgresql://user@host/name")
            return _postgres(settings.database_url.get_secret_value(), clock)
        case "dynamodb":
            return open_dynamodb(settings.dynamodb_endpoint, settings.dynamodb_prefix, clock, buffered=buffered)
        case "memory":
            from processor.adapters.memory import MemoryStore

            return MemoryStore(clock)


def _embedded(data: Path, clock: Clock) -> Store:
    from processor.adapters.sql import SqlStore

    data.mkdir(parents=True, exist_ok=True)
    if (data / RESTORING).exists():
        raise RestoreUnfinished(data)
    return SqlStore.sqlite(data / DATABASE, clock=clock)


def _postgres(url: str, clock: Clock) -> Store:
    from processor.adapters.sql import SqlStore

    return SqlStore.postgres(url, clock=clock)


RACES = 3
"""So many lost races in a row and a fact that may wait goes to the queue: see `processor.buffering`."""


def open_dynamodb(endpoint: str | None, prefix: str | None, clock: Clock, *, buffered: bool = False) -> Store:
    """Return the store on DynamoDB, as `open_store` does."""
    from processor.adapters.dynamodb import DynamoStore, tables
    from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX
    from processor.adapters.dynamodb.retries import Patience

    client = dynamodb_client(endpoint)
    if endpoint is not None:
        tables.create(client, prefix or DEFAULT_PREFIX)
    patience = Patience(races=RACES) if buffered else Patience()
    return DynamoStore(client, prefix or DEFAULT_PREFIX, clock, patience=patience)


def dynamodb_client(endpoint: str | None, region: str | None = None) -> "DynamoDBClient":
    """Return a client for DynamoDB: `region` is the surroundings' where None. Raises StoreUnavailable."""
    import boto3
    from botocore.exceptions import BotoCoreError

    from processor.adapters.dynamodb import client_config

    try:
        return checked(boto3.client("dynamodb", region_name=region, endpoint_url=endpoint, config=client_config()))
    except (BotoCoreError, ValueError) as error:
        advice = "look at AWS_DEFAULT_REGION, AWS_PROFILE and SYNCSTATE_DYNAMODB_ENDPOINT"
        raise StoreUnavailable("open", f"{error} ({advice})") from error
