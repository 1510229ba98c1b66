"""With --json a program finds one JSON value on stdout, whatever happens, and the exit code tells the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.serving import command, environment

pytestmark = pytest.mark.slow


def told(*arguments: str, code: int, **env: str) -> dict[str, Any]:
    done = command(*arguments, "--json", env=environment(**env))
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("arguments", "code", "kind", "said"),
    [
        (("events", "A"), 1, "no_data", "there is no data in"),
        (("status",), 1, "no_data", "syncstate serve --data"),
        (("events",), 2, "usage", "SKU"),
        (("adjust", "A", "many", "--reason", "loss"), 2, "usage", "integer"),
        (("adjust", "A", "1", "--reason", "mood"), 2, "usage", "mood"),
        (("status", "--no-such-option"), 2, "usage", "--no-such-option"),
        (("no-such-command",), 2, "usage", "no-such-command"),
        (("import", "stock", "/nowhere/at/all.csv"), 2, "usage", "/nowhere/at/all.csv"),
        (("verify",), 1, "nothing_there", "there is no data"),
    ],
)
def test_a_failure_is_one_json_value(
    tmp_path: Path, arguments: tuple[str, ...], code: int, kind: str, said: str
) -> None:
    found = told(*arguments, "--data", str(tmp_path / "nowhere"), code=code)
    assert {"ok", "error", "code", "hint"} <= set(found)
    assert (found["ok"], found["code"]) == (False, kind)
    assert said in found["error"]


def test_a_setting_and_a_store_that_are_wrong_are_told_too(tmp_path: Path) -> None:
    at = ("status", "--data", str(tmp_path))
    assert told(*at, code=2, SYNCSTATE_PORT="x")["code"] == "usage"
    away = told(*at, code=1, DATABASE_URL="postgresql://us:hush@127.0.0.1:1/stock")
    assert (away["code"], "doctor" in away["hint"], "hush" in str(away)) == ("store_unavailable", True, False)


def test_a_change_that_is_refused_is_told_with_the_present_quantities(tmp_path: Path) -> None:
    at = ("--data", str(tmp_path))
    told("keys", "create", "--role", "read", *at, code=0)
    told("adjust", "A", "5", "--reason", "opening", "--tx", "one", *at, code=0)
    conflict = told("adjust", "A", "6", "--reason", "opening", "--tx", "one", *at, code=1)
    assert (conflict["ok"], conflict["code"], conflict["physical"]) == (False, "conflict", 5)
    invalid = told("map", "A", "B0", *at, code=2)
    assert (invalid["ok"], invalid["code"], invalid["field"]) == (False, "invalid", "asin")
    done = command("events", "A", *at, "--json")
    assert [entry["after"]["physical"] for entry in json.loads(done.stdout)] == [5]


def test_a_file_that_is_wrong_is_accounted_for_in_the_same_value(tmp_path: Path) -> None:
    file, data = tmp_path / "stock.csv", tmp_path / "data"
    file.write_text("sku,count\nA,5\nB,many\n")
    stopped = told("import", "stock", str(file), "--data", str(data), code=1)
    assert (stopped["ok"], stopped["code"], stopped["rows"], stopped["wrong"]) == (False, "rows", 2, 1)
    assert [row["line"] for row in stopped["wrongRows"]] == [3]
    assert not told("import", "stock", str(file), "--data", str(data), "--dry-run", code=1)["ok"]
    assert told("import", "stock", str(file), "--data", str(data), "--skip-invalid", code=0)["ok"]
    older = tmp_path / "store.json"
    older.write_text(json.dumps({"physical": {"MUG": 5, "CAP": "five"}}))
    for given, code in (("--yes", 1), ("--dry-run", 1), ("--skip-invalid", 2)):
        found = told("migrate", str(older), "--data", str(data), given, code=code)
        assert (found["ok"], len(found["left"])) == (False, 1)
    assert told("migrate", str(older), "--data", str(data), "--yes", "--skip-invalid", code=0)["ok"]


def test_help_is_text_and_success(tmp_path: Path) -> None:
    done = command("status", "--json", "--help", cwd=tmp_path)
    assert (done.returncode, done.stdout.split()[0]) == (0, "Usage:")
