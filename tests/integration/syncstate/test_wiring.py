from pathlib import Path

import pytest

from processor.adapters.memory import MemoryStore
from processor.clock import system_clock
from stock.identities import sku
from syncstate.demo import merchant
from syncstate.settings import Settings
from syncstate.stores import SettingMissing, open_store
from syncstate.wiring import assembled
from tests import servers


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOCK_AMAZON", raising=False)


def test_each_mode_opens_its_store(tmp_path: Path) -> None:
    assert isinstance(open_store(Settings(store="memory")), MemoryStore)
    store = open_store(Settings(data=tmp_path / "deep" / "data"))
    assert store.joins
    store.close()


@pytest.mark.skipif(servers.missing("postgres") is not None, reason=servers.missing("postgres") or "")
def test_postgres_is_opened_by_its_address() -> None:
    store = open_store(Settings(store="postgres", database_url=servers.postgres()("postgres")))
    assert store.joins
    store.close()


@pytest.mark.skipif(servers.missing("dynamodb") is not None, reason=servers.missing("dynamodb") or "")
def test_dynamodb_is_opened_at_an_emulator_and_gets_its_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ACCESS_KEY_ID", "wiring"), ("SECRET_ACCESS_KEY", "wiring"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    settings = Settings(store="dynamodb", dynamodb_endpoint=servers.dynamodb(), dynamodb_prefix="wiring-")
    with assembled(settings, channels=False) as system:
        merchant.seed(system.engine.recorder, "default", system_clock)
        found = system.services.inventory.one("default", sku("CAP-BLACK"))
        assert found is not None
        assert found.physical == 12


def test_a_mode_that_lacks_a_setting_names_it() -> None:
    with pytest.raises(SettingMissing, match="SYNCSTATE_DATABASE_URL"):
        open_store(Settings(store="postgres"))


def test_the_merchant_is_seeded_once(tmp_path: Path) -> None:
    for _ in range(2):
        with assembled(Settings(data=tmp_path), channels=False) as system:
            merchant.seed(system.engine.recorder, "default", system_clock)
            services = system.services
            stock = dict(services.inventory.listing("default")[0])
            assert {name: found.physical for name, found in stock.items()} == {g.sku: g.opening for g in merchant.GOODS}
            assert sum(1 for _ in services.inventory.ledger("default", sku("MUG-BLUE"))) == 4


def test_a_failure_while_building_lets_the_store_go(tmp_path: Path) -> None:
    with (
        pytest.raises(SettingMissing, match="AMAZON_MARKETPLACE"),
        assembled(Settings(data=tmp_path, amazon_seller="A1")),
    ):
        pytest.fail("half a seller was accepted")
    open_store(Settings(data=tmp_path)).close()


def test_the_small_amazon_is_there_when_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_AMAZON", "true")
    with assembled(Settings(data=tmp_path)) as system:
        assert system.amazon is not None
        merchant.seed(system.engine.recorder, "default", system_clock)
        system.start()
        assert system.amazon.amazon.quantity("CAP-BLACK") is not None
        assert system.amazon.amazon.quantity("GIFT-WRAP") is None
