"""Empty stores of each lasting kind, as settings name them: what commands open by themselves."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from processor.models import Document, Keys, Model
from processor.store import Store
from processor.streams import StreamId
from projections import PROJECTIONS
from syncstate.care.archiving import PASSING
from syncstate.settings import Settings
from syncstate.stores import dynamodb_client, open_store
from tests import servers

LASTING = ("embedded", "postgres", "dynamodb")
SHARED = ("postgres", "dynamodb")

_numbers = count(1)


@contextmanager
def house(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Yield settings that name an empty store of `kind`; its server is started if need be."""
    sentence = servers.missing(kind)
    if sentence is not None:
        (pytest.fail if servers.required() else pytest.skip)(sentence)
    data = folder / f"house{next(_numbers)}"
    if kind == "embedded":
        yield Settings(store="embedded", data=data)
    elif kind == "postgres":
        name = f"house{next(_numbers)}"
        with psycopg.connect(servers.postgres()("postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}".encode())
            yield Settings(store="postgres", data=data, database_url=servers.postgres()(name))
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
    else:
        for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(variable, "local")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        settings = Settings(
            store="dynamodb", data=data, dynamodb_endpoint=servers.dynamodb(), dynamodb_prefix=f"house{next(_numbers)}-"
        )
        yield settings
        _delete_tables(settings)


def _delete_tables(settings: Settings) -> None:
    prefix = settings.dynamodb_prefix or ""
    with closing(dynamodb_client(settings.dynamodb_endpoint)) as client:
        for name in client.list_tables(ExclusiveStartTableName=prefix)["TableNames"]:
            if name.startswith(prefix):
                client.delete_table(TableName=name)


Contents = tuple[dict[StreamId, list[object]], dict[str, bytes], dict[str, object], dict[str, Document]]


def contents(settings: Settings) -> Contents:
    """Return all that a store holds and that any other of the same history must hold: events, registers, models."""
    with closing(open_store(settings)) as store:
        streams = sorted(store.log.streams())
        events: dict[StreamId, list[object]] = {stream: list(store.log.read(stream)) for stream in streams}
        registers = {
            name: register.value for name, register in store.registers.scan("") if not name.startswith(PASSING)
        }
        return events, registers, *_models(store, streams)


def _models(store: Store, streams: list[StreamId]) -> tuple[dict[str, object], dict[str, Document]]:
    rows: dict[str, object] = {}
    documents: dict[str, Document] = {}
    for projection in PROJECTIONS:
        model = Model(projection.name, 1)
        for key, row in store.models.load(model, streams).items():
            rows[f"{model} {key}"] = (row.state, dict(row.positions), dict(row.held), _reach(row.keys))
        for tenant in ("default", "other"):
            for index in range(len(projection.indexes)):
                for partition in ("", "unread", *(key.key for key in streams)):
                    page = store.models.query(model, tenant, index, partition, limit=1000)
                    ids = [entry.id for entry in page.items]
                    documents |= {
                        f"{model} {tenant} {id_}": Document(id_, found.body, _reach(found.keys))
                        for id_, found in store.models.get(model, tenant, ids).items()
                    }
    return rows, documents


def _reach(keys: Keys) -> Keys:
    """Return places without those left empty at the end, which say nothing."""
    while keys and keys[-1] is None:
        keys = keys[:-1]
    return keys
