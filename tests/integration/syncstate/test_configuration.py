"""A flag over the environment over `.env` over the default, and every value with its origin."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from syncstate import configuration
from syncstate.cli.app import app
from syncstate.cli.failures import Failure
from syncstate.cli.options import settings_with
from syncstate.configuration import TwoStores
from syncstate.settings import Settings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without settings, and a working directory without `.env`."""
    for name, field in Settings.model_fields.items():
        for variable in configuration.names_of(name, field):
            monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)


def write(text: str) -> None:
    Path(".env").write_text(text)


def test_each_source_wins_over_those_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().port == 3000
    write("PORT=1\nSYNCSTATE_HOST=127.0.0.5\n")
    assert (Settings().port, Settings().host) == (1, "127.0.0.5")
    monkeypatch.setenv("PORT", "2")
    assert Settings().port == 2
    assert settings_with(port=3).port == 3
    assert configuration.origins(Settings, {"port": None})["port"] == "environment PORT"
    origins = configuration.origins(Settings, {"port": 3})
    assert (origins["port"], origins["host"], origins["data"]) == ("flag", ".env SYNCSTATE_HOST", "default")


def test_a_plain_name_in_the_environment_wins_over_ours_in_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write("SYNCSTATE_PORT=1\n")
    monkeypatch.setenv("PORT", "2")
    assert Settings().port == 2
    monkeypatch.setenv("SYNCSTATE_PORT", "4")
    assert Settings().port == 4


def test_an_empty_value_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    write("SYNCSTATE_THREADS=7\nSYNCSTATE_TENANT=\n")
    monkeypatch.setenv("SYNCSTATE_THREADS", "")
    assert (Settings().threads, Settings().tenant) == (7, "default")


@pytest.mark.parametrize(
    ("name", "value", "store"),
    [
        ("DATABASE_URL", "postgresql://somewhere/stock", "postgres"),
        ("SYNCSTATE_DATABASE_URL", "postgresql://somewhere/stock", "postgres"),
        ("DYNAMODB_LOCAL_ENDPOINT", "http://127.0.0.1:8000", "dynamodb"),
    ],
)
def test_an_address_chooses_its_store_unless_one_is_chosen(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, store: str
) -> None:
    monkeypatch.setenv(name, value)
    assert Settings().store == store
    assert configuration.origins(Settings, {})["store"] == f"environment {name}"
    assert settings_with(store="embedded").store == "embedded"
    write("SYNCSTATE_STORE=memory\n")
    assert Settings().store == "memory"


def test_two_addresses_without_a_choice_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/stock")
    write("DYNAMODB_LOCAL_ENDPOINT=http://127.0.0.1:8000\n")
    with pytest.raises(TwoStores, match="SYNCSTATE_STORE"):
        Settings()
    with pytest.raises(Failure, match=r"environment DATABASE_URL and \.env DYNAMODB_LOCAL_ENDPOINT"):
        settings_with()
    assert settings_with(store="embedded").store == "embedded"
    monkeypatch.setenv("SYNCSTATE_STORE", "dynamodb")
    assert Settings().store == "dynamodb"


def test_a_value_that_cannot_be_read_is_named_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    write("PORT=many\n")
    with pytest.raises(Failure, match=r"SYNCSTATE_PORT \(from \.env PORT\)") as raised:
        settings_with()
    assert raised.value.code == 2
    monkeypatch.setenv("SYNCSTATE_SHOPIFY_SECRETS", "hush")
    monkeypatch.setenv("PORT", "3000")
    with pytest.raises(Failure, match=r"SYNCSTATE_SHOPIFY_SECRETS.*for example") as raised:
        settings_with()
    assert "hush" not in str(raised.value)


def test_a_file_that_is_no_text_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    del monkeypatch
    Path(".env").write_bytes(b"PORT=\xff\xfe\n")
    with pytest.raises(Failure, match=r"\.env cannot be read"):
        settings_with()


def test_config_prints_every_setting_with_its_origin_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = ["correct-horse-battery", "staple"]
    monkeypatch.setenv("SYNCSTATE_SHOPIFY_SECRETS", json.dumps({"quiet.example": secrets}))
    monkeypatch.setenv("DATABASE_URL", "postgresql://us:correct-horse-battery@somewhere/stock")
    write("SYNCSTATE_AMAZON_REFRESH_TOKEN=staple\nSYNCSTATE_THRAEDS=4\n")
    plain = CliRunner().invoke(app, ["config", "--port", "8080"])
    machine = CliRunner().invoke(app, ["config", "--port", "8080", "--json"])
    assert (plain.exit_code, machine.exit_code) == (0, 0)
    for said in (plain.output, machine.output):
        assert "staple" not in said
        assert "battery" not in said
        assert "quiet.example" in said
    told = json.loads(machine.output)
    assert len(told["settings"]) == len(Settings.model_fields)
    origin = {row["name"]: (row["value"], row["origin"]) for row in told["settings"]}
    assert origin["SYNCSTATE_PORT"] == (8080, "flag")
    assert origin["SYNCSTATE_STORE"] == ("postgres", "environment DATABASE_URL")
    assert origin["SYNCSTATE_AMAZON_REFRESH_TOKEN"] == ("****", ".env SYNCSTATE_AMAZON_REFRESH_TOKEN")
    assert origin["SYNCSTATE_SHOPIFY_SECRETS"][0]["quiet.example"]["secrets"] == ["****", "****"]
    assert "SYNCSTATE_THRAEDS (.env) sets nothing: did you mean SYNCSTATE_THREADS?" in plain.output
    assert told["unknown"] == [{"name": "SYNCSTATE_THRAEDS", "origin": ".env", "nearest": "SYNCSTATE_THREADS"}]
