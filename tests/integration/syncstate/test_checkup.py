"""What `doctor` finds: each ailment planted once, with what to do about it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from processor.adapters.sql import SqlStore
from processor.clock import instant, moment, system_clock
from processor.models import Model
from processor.run import Failure
from syncstate import configuration
from syncstate.care.checks import Check
from syncstate.care.checkup import checkup
from syncstate.care.copying import back_up
from syncstate.care.places import NothingThere
from syncstate.care.upgrading import upgrade
from syncstate.settings import Settings
from syncstate.stores import DATABASE, RESTORING
from tests.integration.syncstate.stocked import MUG, SHIRT, engine_on, stocked_file
from tests.notices import noted
from web.guard.keys import KeyBook


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, field in Settings.model_fields.items():
        for variable in configuration.names_of(name, field):
            monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return stocked_file(tmp_path / "data" / DATABASE).parent


def checked(data: Path, **settings: Any) -> dict[str, Check]:
    return {check.name: check for check in checkup(Settings(data=data, **settings))}


def with_store(data: Path, change: Callable[[SqlStore], object]) -> None:
    with closing(SqlStore.sqlite(data / DATABASE)) as store:
        change(store)


def test_a_sound_store_with_secrets_has_nothing_to_complain_of(data: Path) -> None:
    with_store(data, lambda store: KeyBook(store.registers, system_clock).create("default", "read", ""))
    found = checked(data, shopify_secrets={"a.example": ["one"]})
    assert {check.verdict for check in found.values()} == {"ok"}, found
    assert {"python", "sqlite", "settings", "secrets", "amazon", "server", "folder", "store", "keys", "clock"} < set(
        found
    )
    assert {"inventory", "alerts", "returns", "broadcasts"} < set(found)


def test_a_server_for_shops_is_told_to_have_a_key(data: Path) -> None:
    told = checked(data, shopify_secrets={"a.example": ["one"]})["keys"]
    assert (told.verdict, "keys create" in told.advice, "proxy" in told.advice) == ("warn", True, True)
    assert checked(data)["keys"].verdict == "ok"
    assert checked(data, require_keys=True)["keys"].verdict == "fail"


def test_a_database_that_refuses_is_told_with_what_to_look_at(data: Path) -> None:
    told = checked(data, store="postgres", database_url="postgresql://us:hush@127.0.0.1:1/stock")["store"]
    assert told.verdict == "fail"
    assert "SYNCSTATE_DATABASE_URL" in told.advice
    assert "start PostgreSQL" in told.advice
    assert "hush" not in f"{told}"
    assert told.said.isprintable()


def test_a_shared_secret_is_pointed_out_and_not_told(data: Path) -> None:
    found = checked(data, shopify_secrets={"b.example": ["hush"], "a.example": ["other", "hush"]})["secrets"]
    assert (found.verdict, "a.example and b.example" in found.said) == ("warn", True)
    assert "hush" not in repr(found)
    assert checked(data)["secrets"].verdict == "warn"


@pytest.mark.parametrize(
    ("settings", "verdict", "said"),
    [
        ({"amazon_seller": "A1", "amazon_client_id": "c"}, "fail", "SYNCSTATE_AMAZON_REFRESH_TOKEN"),
        ({"amazon_refresh_token": "hush"}, "warn", "SYNCSTATE_AMAZON_SELLER"),
        ({"mock_amazon": True}, "ok", "small Amazon"),
    ],
)
def test_half_a_seller_is_completed(data: Path, settings: dict[str, Any], verdict: str, said: str) -> None:
    found = checked(data, **settings)["amazon"]
    assert found.verdict == verdict
    assert said in found.said + found.advice
    assert "hush" not in repr(found)


def test_a_clock_behind_the_log_fails(data: Path) -> None:
    early = instant(moment(system_clock()) - timedelta(hours=1))
    found = {check.name: check for check in checkup(Settings(data=data), lambda: early)}["clock"]
    assert (found.verdict, "behind the newest event" in found.said) == ("fail", True)
    assert "clock" in found.advice


def test_other_machines_need_keys(data: Path) -> None:
    everywhere = "0.0.0.0"  # noqa: S104 - nothing listens
    found = checked(data, host=everywhere)["keys"]
    assert (found.verdict, "syncstate keys create" in found.advice) == ("fail", True)
    with_store(data, lambda store: KeyBook(store.registers, system_clock).create("default", "admin", ""))
    assert checked(data, host=everywhere)["keys"].verdict == "ok"


def test_a_held_stream_and_an_older_model_are_told(data: Path) -> None:
    def hold(store: SqlStore) -> None:
        with closing(engine_on(store)) as engine:
            engine.quarantine.hold(Model("inventory", 1), Failure(MUG, 7, ValueError("bad")))
            register = store.registers.read("generation/alerts")
            assert register is not None
            older = msgspec.json.decode(register.value) | {"schema": 0}
            store.registers.write("generation/alerts", msgspec.json.encode(older), register.revision)

    with_store(data, hold)
    found = checked(data)
    assert (found["inventory"].verdict, found["alerts"].verdict) == ("warn", "warn")
    assert "syncstate quarantine list" in found["inventory"].advice
    assert "syncstate upgrade" in found["alerts"].advice


def test_an_older_model_is_rebuilt_by_an_upgrade_after_a_backup(data: Path) -> None:
    test_a_held_stream_and_an_older_model_are_told(data)
    outcome = upgrade(Settings(data=data))
    assert (outcome.found, outcome.now, outcome.rebuilt) == (1, 1, ("alerts",))
    assert outcome.backup is not None
    assert Path(outcome.backup.file).exists()
    assert checked(data)["alerts"].verdict == "ok"
    again = upgrade(Settings(data=data))
    assert (again.rebuilt, again.backup) == ((), None)


def test_an_upgrade_needs_no_backup_where_none_is_wanted(data: Path) -> None:
    test_a_held_stream_and_an_older_model_are_told(data)
    assert upgrade(Settings(data=data), back_up_first=False).backup is None
    assert not list(data.glob("*.backup"))
    with pytest.raises(NothingThere):
        upgrade(Settings(data=data / "nowhere"))


def test_a_store_of_another_release_is_told_and_can_be_copied(data: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data / DATABASE, isolation_level=None)) as connection:
        connection.execute("UPDATE meta SET schema = 0")
    found = checked(data)["store"]
    assert (found.verdict, "syncstate upgrade" in found.said) == ("fail", True)
    manifest = back_up(data / DATABASE, tmp_path / "old.backup")
    assert (manifest.events, "another release" in manifest.line()) == (None, True)


def test_a_target_that_takes_no_message_is_told_until_it_takes_one_or_nobody_tends_it(data: Path) -> None:
    now = system_clock()
    old = instant(moment(now) - timedelta(days=8))
    assert checked(data)["notices"].verdict == "ok"
    with_store(data, lambda store: noted(store.registers, "default/webhook", ("delivered", old), ("given_up", now)))
    found = checked(data)["notices"]
    assert (found.verdict, "webhook of default" in found.said, "notices.not_taken" in found.advice) == (
        "warn",
        True,
        True,
    )
    later = instant(moment(now) + timedelta(seconds=1))
    with_store(data, lambda store: noted(store.registers, "default/webhook", ("given_up", now), ("delivered", later)))
    found = checked(data)["notices"]
    assert (found.verdict, "1 messages were given up" in found.said) == ("ok", True)
    with_store(data, lambda store: noted(store.registers, "default/webhook", ("given_up", old)))
    assert checked(data)["notices"].verdict == "ok"


def test_a_missing_store_and_a_restore_broken_off_are_told(data: Path, tmp_path: Path) -> None:
    assert checked(tmp_path / "nowhere")["store"].verdict == "warn"
    (data / RESTORING).touch()
    found = checked(data)["folder"]
    assert (found.verdict, "restore" in found.said) == ("fail", True)


def test_a_process_that_has_the_store_and_does_not_answer_is_named(data: Path) -> None:
    with closing(SqlStore.sqlite(data / DATABASE)) as store:
        assert store.log.heads([SHIRT]) == {SHIRT: 8}
        found = checked(data)["server"]
    assert (found.verdict, "process" in found.said) == ("warn", True)


def test_a_variable_that_sets_nothing_is_pointed_out(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCSTATE_THRAEDS", "4")
    found = checked(data)["settings"]
    assert (found.verdict, "SYNCSTATE_THREADS" in found.advice) == ("warn", True)
