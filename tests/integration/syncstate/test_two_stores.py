"""Two stores and one data folder: a command reaches the store that its own settings name, and no other."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from processor.adapters.sql.snapshot import SqlSnapshot
from syncstate.addresses import store_named
from syncstate.settings import Settings
from tests.e2e.serving import Server, command, environment
from tests.integration.sql.databases import PostgresDatabase
from tests.payloads import a_simple_body

Postgres = tuple[PostgresDatabase, Callable[[], SqlSnapshot]]


def told(data: Path, *arguments: str, **env: str) -> dict[str, Any]:
    done = command(*arguments, "--data", str(data), "--json", env=environment(**env))
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.slow
def test_each_command_goes_to_the_server_of_its_own_store(tmp_path: Path, postgres: Postgres) -> None:
    data, url = tmp_path / "data", postgres[0].address
    elsewhere = environment(DATABASE_URL=url)
    with Server(data) as embedded:
        embedded.post(a_simple_body(("A", 5), order="init-1")).raise_for_status()
        assert told(data, "adjust", "A", "7", "--reason", "opening", DATABASE_URL=url)["physical"] == 7
        assert embedded.get("/api/inventory/A")["physical"] == 5
        assert not list(data.glob("server-postgres-*"))
        embedded.process.kill()
        embedded.process.wait()
        (data / "server.json").unlink()
    with Server(data, env=elsewhere) as one:
        assert one.get("/api/inventory/A")["physical"] == 7
        assert one.url in command("status", "--data", str(data), env=elsewhere).stdout
        assert told(data, "adjust", "A", "1", "--reason", "found")["physical"] == 6
        assert one.get("/api/inventory/A")["physical"] == 7
        upgraded = command("upgrade", "--data", str(data), env=elsewhere)
        assert (upgraded.returncode, one.url in upgraded.stderr) == (1, True)
        assert command("upgrade", "--data", str(data)).returncode == 0


@pytest.mark.slow
def test_servers_may_share_a_database_and_not_a_file(tmp_path: Path, postgres: Postgres) -> None:
    shared = environment(DATABASE_URL=postgres[0].address)
    with Server(tmp_path / "data", env=shared) as first, Server(tmp_path / "data", env=shared) as second:
        first.post(a_simple_body(("A", 5), order="init-1")).raise_for_status()
        assert second.get("/api/inventory/A")["physical"] == 5
    with Server(tmp_path / "data"):
        done = command("serve", "--data", str(tmp_path / "data"), "--port", "0")
        assert (done.returncode, "is served already" in done.stderr) == (1, True)


def named(url: str) -> str:
    return store_named(Settings(store="postgres", database_url=url))


def test_a_database_is_named_by_its_address_and_not_by_its_password() -> None:
    known = named("postgresql://us:hush@host/stock")
    assert known == named("postgresql://us:changed@host:5432/stock") == named("host=host dbname=stock user=us")
    others = ("postgresql://us@host/other", "postgresql://us@else/stock", "postgresql://me@host/stock", "no address")
    assert len({known, *map(named, others)}) == 5
    assert "hush" not in known
    assert store_named(Settings(store="embedded")) == "embedded"


def test_tables_are_named_by_account_and_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def tables(prefix: str, endpoint: str | None = None) -> str:
        return store_named(Settings(store="dynamodb", dynamodb_prefix=prefix, dynamodb_endpoint=endpoint))

    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    names = {tables("a"), tables("b"), tables("a", "http://127.0.0.1:8000")}
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    names.add(tables("a"))
    assert len(names) == 4
