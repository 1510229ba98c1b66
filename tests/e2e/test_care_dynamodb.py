"""The care of a store on DynamoDB from the command line, and moving house between kinds of store."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncstate.settings import Settings
from tests.e2e.serving import Server, command, environment
from tests.integration.syncstate.houses import house
from tests.payloads import a_simple_body

pytestmark = pytest.mark.slow

STOCK = "sku,count,buffer\nA,10,1\nB/1,20,\nC #2,30,2\n"


def surroundings(settings: Settings) -> dict[str, str]:
    return environment(
        SYNCSTATE_STORE="dynamodb",
        SYNCSTATE_DYNAMODB_ENDPOINT=settings.dynamodb_endpoint or "",
        SYNCSTATE_DYNAMODB_PREFIX=settings.dynamodb_prefix or "",
    )


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    with house("dynamodb", tmp_path, monkeypatch) as settings:
        yield surroundings(settings)


@pytest.fixture
def more_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    with house("dynamodb", tmp_path, monkeypatch) as settings:
        yield surroundings(settings)


def run(*words: str, env: dict[str, str], cwd: Path) -> str:
    done = command(*words, env=env, cwd=cwd)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def types(ledger: str) -> list[str]:
    return sorted((event["type"] for event in json.loads(ledger)), reverse=True)


def test_a_shop_moves_to_dynamodb_and_back(tmp_path: Path, tables: dict[str, str], more_tables: dict[str, str]) -> None:
    with Server(tmp_path / "data") as server:
        server.post(a_simple_body(("A", 100), ("B/1", 50), order="init-1")).raise_for_status()
        server.post(a_simple_body(("A", 7), order="o-1")).raise_for_status()
        embedded = environment()
        run("backup", "--portable", "a.gz", "--data", str(server.data), env=embedded, cwd=tmp_path)

    assert "3 events in" in run("restore", "a.gz", env=tables, cwd=tmp_path)
    assert "is sound" in run("verify", env=tables, cwd=tmp_path)
    again = command("restore", "a.gz", env=tables, cwd=tmp_path)
    assert (again.returncode, "never overwrites" in again.stderr) == (1, True)
    assert types(run("events", "A", "--json", env=tables, cwd=tmp_path)) == ["StockAdjusted", "SaleRecorded"]

    (tmp_path / "stock.csv").write_text(STOCK)
    assert "3 imported" in run("import", "stock", "stock.csv", env=tables, cwd=tmp_path)
    assert "3 known already" in run("import", "stock", "stock.csv", env=tables, cwd=tmp_path)
    assert json.loads(run("backup", "b.gz", "--json", env=tables, cwd=tmp_path))["events"] > 3
    assert "is sound" in run("verify", "b.gz", env=tables, cwd=tmp_path)
    run("restore", "b.gz", env=more_tables, cwd=tmp_path)
    run("restore", "b.gz", "--data", "home", env=embedded, cwd=tmp_path)
    for env, words in ((more_tables, ()), (embedded, ("--data", "home"))):
        assert json.loads(run("verify", "--json", *words, env=env, cwd=tmp_path))["differences"] == 0
        assert types(run("events", "C #2", "--json", *words, env=env, cwd=tmp_path)) == ["StockCounted", "BufferSet"]
    with Server(tmp_path / "home") as server:
        sold = a_simple_body(("A", 7), order="o-1")
        assert server.post(sold).json()["duplicates"] == 1


def test_a_copy_of_another_kind_is_refused_in_a_sentence(tmp_path: Path, tables: dict[str, str]) -> None:
    with Server(tmp_path / "data") as server:
        server.post(a_simple_body(("A", 100), order="init-1")).raise_for_status()
        run("backup", "copy", "--data", str(server.data), env=environment(), cwd=tmp_path)
    for words, said in (
        (("restore", "copy"), "backup --portable"),
        (("restore", "nowhere"), "there is no data at nowhere"),
        (("restore", "copy", "--prefix", "x"), "No such option"),
    ):
        done = command(*words, env=tables, cwd=tmp_path)
        assert done.returncode in {1, 2}
        assert said in done.stderr, done.stderr
    run("tables", "create", "--no-protect", env=tables, cwd=tmp_path)
    looked = command("tables", "adopt", env=tables, cwd=tmp_path)
    assert (looked.returncode, "nothing was changed" in looked.stdout) == (0, True), looked.stderr
    assert "Traceback" not in looked.stderr
