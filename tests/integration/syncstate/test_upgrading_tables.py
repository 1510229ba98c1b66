"""A release with another schema of a read model, on DynamoDB: functions work on, and `upgrade` rebuilds beside them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from processor.adapters.dynamodb import tables
from processor.errors import Outdated
from processor.log import Append
from processor.store import Store
from stock.codec import decode
from stock.events import ListingMapped, SaleRecorded, SkuAssigned
from stock.facts import fact
from stock.identities import link_stream
from syncstate.care.checkup import checkup
from syncstate.care.upgrading import TablesDiffer, upgrade
from syncstate.cli.app import app
from syncstate.lambdas import projections, runtime
from syncstate.settings import Settings
from syncstate.stores import dynamodb_client, open_store
from tests.integration.aws.stream_runner import Context, records_of
from tests.integration.syncstate.houses import house
from tests.integration.syncstate.stocked import AT, MUG, engine_on, stock


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A stocked store on DynamoDB, which the functions work on, and whose inventory an older release has folded."""
    with house("dynamodb", tmp_path, monkeypatch) as settings:
        with closing(open_store(settings)) as store:
            stock(store)
            _fold_by_an_older_release(store, "inventory")
        monkeypatch.setenv("SYNCSTATE_DYNAMODB_ENDPOINT", settings.dynamodb_endpoint or "")
        monkeypatch.setenv("SYNCSTATE_DYNAMODB_PREFIX", settings.dynamodb_prefix or "")
        for kept in (runtime.settings, runtime.parts):
            kept.cache_clear()
        yield settings
        for kept in (runtime.settings, runtime.parts):
            kept.cache_clear()


def _fold_by_an_older_release(store: Store, name: str) -> None:
    register = store.registers.read(f"generation/{name}")
    assert register is not None
    older = msgspec.json.decode(register.value) | {"schema": 0}
    assert store.registers.write(f"generation/{name}", msgspec.json.encode(older), register.revision)


def sell(store: Store, tx: str) -> None:
    """Sell a mug while the functions of this release run: append, and let the stream's function have the record."""
    sale = fact(SaleRecorded(quantity=1), tx=tx, at=AT, source="api")
    store.log.append([Append(MUG, (sale,))])
    *_, last = store.log.read(MUG)
    assert projections.handler({"Records": records_of([last])}, Context()) == {"batchItemFailures": []}


def on_hand(store: Store) -> int:
    with closing(engine_on(store)) as engine:
        row = store.models.load(engine.live("inventory"), [MUG])[MUG]
        found: int = engine.runner.projections["inventory"].decode(row.state).on_hand
        return found


def test_what_functions_took_meanwhile_is_in_the_rebuilt_model(settings: Settings) -> None:
    with closing(open_store(settings)) as store:
        sell(store, "before")
        with pytest.raises(Outdated, match="`syncstate upgrade` rebuilds it"):
            on_hand(store)
        outcome = upgrade(settings, watch=lambda what, _: sell(store, f"during {what}"))
        assert (outcome.found, outcome.now, outcome.rebuilt, outcome.backup) == (None, None, ("inventory",), None)
        sold = sum(entry.type == "SaleRecorded" for entry in store.log.read(MUG))
        assert sold == 2, "one before, one during"
        assert on_hand(store) == sum(range(1, 7)) - sold
        sell(store, "after")
        assert on_hand(store) == sum(range(1, 7)) - sold - 1
    assert upgrade(settings).rebuilt == ()


def test_a_rebuild_that_was_broken_off_goes_on(settings: Settings) -> None:
    def breaking(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upgrade(settings, watch=breaking)
    with closing(open_store(settings)) as store:
        with pytest.raises(Outdated):
            on_hand(store)
        assert upgrade(settings).rebuilt == ("inventory",)
        assert on_hand(store) == sum(range(1, 7))


def test_the_command_and_the_doctor_say_what_is_to_be_done_and_what_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNCSTATE_STORE", "dynamodb")
    found = {check.name: check for check in checkup(settings)}
    assert (found["inventory"].verdict, "syncstate upgrade" in found["inventory"].advice) == ("warn", True)
    done = CliRunner().invoke(app, ["upgrade"])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == ["the tables are as this release wants them", "rebuilt: inventory"]
    assert "inventory" not in {check.name for check in checkup(settings)}
    assert msgspec.json.decode(CliRunner().invoke(app, ["upgrade", "--json"]).stdout) == {
        "found": None,
        "now": None,
        "rebuilt": [],
        "backup": None,
    }


def test_nothing_is_rebuilt_in_tables_of_another_shape(settings: Settings) -> None:
    name = f"{settings.dynamodb_prefix}models"
    with closing(dynamodb_client(settings.dynamodb_endpoint)) as client:
        client.delete_table(TableName=name)
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": part, "AttributeType": "S"} for part in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        assert tables.verify(client, settings.dynamodb_prefix or "")
    with pytest.raises(TablesDiffer, match=r"has no index by1: `syncstate tables verify` tells"):
        upgrade(settings)
    with closing(open_store(settings)) as store, pytest.raises(Outdated):
        on_hand(store)


def test_an_upgrade_links_the_listings_that_an_earlier_release_mapped(settings: Settings) -> None:
    with closing(open_store(settings)) as store:
        mapped = fact(ListingMapped("amazon", "MUG-AMZ"), tx="mapped", at=AT, source="api")
        store.log.append([Append(MUG, (mapped,))])
        *_, last = store.log.read(MUG)
        assert projections.handler({"Records": records_of([last])}, Context()) == {"batchItemFailures": []}
        upgrade(settings.model_copy(update={"tenant": MUG.tenant}))
        [linked] = store.log.read(link_stream(MUG.tenant, "amazon", "listing", "MUG-AMZ"))
        assert decode(linked) == SkuAssigned(MUG.key)
