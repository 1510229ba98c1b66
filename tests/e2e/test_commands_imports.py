"""Imports: real files, real processes, killed ones among them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.serving import ROOT, Server, command, environment
from tests.payloads.files import A_STORE, a_report, a_return

pytestmark = pytest.mark.slow

MANY = 20_000


def imported(*arguments: str, code: int = 0) -> dict[str, Any]:
    done = command("import", *arguments, "--json")
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def inventory(server: Server) -> dict[str, tuple[int, int, int]]:
    """Return (physical, buffer, version) of every SKU."""
    found: dict[str, tuple[int, int, int]] = {}
    more: dict[str, str | int] = {}
    while True:
        page = server.get("/api/inventory", limit=1000, **more)
        found |= {sku: (has["physical"], has["buffer"], has["version"]) for sku, has in page["inventory"].items()}
        if page["nextCursor"] is None:
            return found
        more = {"cursor": page["nextCursor"]}


def stock_of(data: Path) -> dict[str, tuple[int, int, int]]:
    with Server(data) as server:
        return inventory(server)


def a_long_file(place: Path) -> Path:
    file = place / "many.csv"
    file.write_text("sku,count\n" + "".join(f"SKU-{number},{number % 997}\n" for number in range(MANY)))
    return file


AS_ONCE = {f"SKU-{number}": (number % 997, 0, 1) for number in range(MANY)}


@contextmanager
def half_way(file: Path, data: Path) -> Iterator[subprocess.Popen[str]]:
    """Yield an import that has told it is half way."""
    arguments = [sys.executable, "-m", "syncstate", "import", "stock", str(file), "--data", str(data)]
    env = {**environment(), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(arguments, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "10,000 of 20,000" in process.stderr.readline()
        yield process


def test_an_import_that_is_killed_half_way_is_completed_by_the_next(tmp_path: Path) -> None:
    data, file = tmp_path / "data", a_long_file(tmp_path)
    with half_way(file, data) as process:
        process.send_signal(signal.SIGKILL)
    told = imported("stock", str(file), "--data", str(data))
    assert told["imported"] + told["known"] == told["rows"] == MANY
    assert 10_000 <= told["known"] < MANY
    projections = json.loads(command("status", "--data", str(data), "--json").stdout)["projections"]
    assert [found["lagging"] for found in projections if found["name"] == "inventory"] == [0]
    assert stock_of(data) == AS_ONCE


def test_a_server_that_is_killed_half_way_loses_nothing_and_the_import_says_how_to_go_on(tmp_path: Path) -> None:
    data, file = tmp_path / "data", a_long_file(tmp_path)
    with Server(data) as server, half_way(file, data) as process:
        server.process.kill()
        _, said = process.communicate(timeout=60)
        assert process.returncode == 1
        assert said.splitlines()[-1].startswith("syncstate: ")
        assert "give the same command again" in said
        server.process.wait()
    with Server(data) as server:
        told = imported("stock", str(file), "--data", str(data))
        assert told["imported"] + told["known"] == MANY
        assert told["known"] >= 10_000
        assert inventory(server) == AS_ONCE


def test_a_long_file_takes_little_more_memory_than_a_short_one(tmp_path: Path) -> None:
    peaks = []
    for rows in (10, 100_000):
        file = tmp_path / f"{rows}.csv"
        file.write_text("sku,count\n" + "".join(f"SKU-{number},5\n" for number in range(rows)))
        arguments = [sys.executable, "-m", "syncstate", "import", "stock", str(file), "--dry-run"]
        process = os.posix_spawn(sys.executable, arguments, {**environment(), "PYTHONPATH": str(ROOT)})
        _, status, used = os.wait4(process, 0)
        assert status == 0
        peaks.append(used.ru_maxrss // 1024)
    assert peaks[1] - peaks[0] < 40, f"{peaks} MiB"


def test_one_wrong_row_stops_all_and_is_named(tmp_path: Path) -> None:
    data, file, rejected = tmp_path / "data", tmp_path / "stock.csv", tmp_path / "to correct.csv"
    file.write_text("sku,count,buffer\nMUG,7,2\nCAP,seven,\nHAT,1,\n")
    told = imported("stock", str(file), "--data", str(data), code=1)
    assert (told["wrong"], told["notSent"], told["wrongRows"][0]["line"]) == (1, 2, 3)
    assert not data.exists()
    assert imported("stock", str(file), "--data", str(data), "--dry-run", code=1)["dryRun"] is True
    assert not data.exists()

    told = imported("stock", str(file), "--data", str(data), "--skip-invalid", "--rejected", str(rejected))
    assert (told["rows"], told["imported"], told["wrong"]) == (3, 2, 1)
    assert stock_of(data) == {"MUG": (7, 2, 2), "HAT": (1, 0, 1)}
    rejected.write_text(rejected.read_text().replace("CAP,seven", "CAP,7"))
    assert imported("stock", str(rejected), "--data", str(data))["imported"] == 1
    assert stock_of(data)["CAP"] == (7, 0, 1)


def test_the_same_file_counts_once_and_again_only_by_name(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "stock.csv"
    file.write_text("sku,count\nMUG,7\n")
    with Server(data) as server:
        imported("stock", str(file), "--data", str(data))
        assert command("adjust", "MUG", "-2", "--reason", "loss", "--data", str(data)).returncode == 0
        assert imported("stock", str(file), "--data", str(data))["known"] == 1
        assert inventory(server) == {"MUG": (5, 0, 2)}
        done = command("import", "stock", str(file), "--data", str(data))
        assert "--again" in done.stdout
        for outcome in ("imported", "known"):
            assert imported("stock", str(file), "--data", str(data), "--again", "spring")[outcome] == 1
        assert inventory(server) == {"MUG": (7, 0, 3)}


def test_a_file_from_standard_input_is_as_good(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "syncstate", "import", "stock", "-", "--data", str(tmp_path / "data"), "--json"],
        env={**environment(), "PYTHONPATH": str(ROOT)},
        input=b'\xef\xbb\xbfSKU;Count\r\n"A;B";5\r\n',
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stdout)["imported"] == 1


def test_overlapping_reports_of_returns_count_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first, second = tmp_path / "first.tsv", tmp_path / "second.tsv"
    known = a_return(license_plate_number="LPN1")
    first.write_bytes(a_report(a_return(), a_return(), known))
    odd = a_return(detailed_disposition="EATEN", customer_comments="my name is Ann", license_plate_number="LPN2")
    second.write_bytes(a_report(known, a_return(), a_return(), odd))
    with Server(data) as server:
        imported("stock", str(_stock(tmp_path, "MUG", 10)), "--data", str(data))
        assert imported("returns", str(first), "--data", str(data))["imported"] == 3
        told = imported("returns", str(second), "--data", str(data))
        assert (told["imported"], told["known"]) == (1, 3)
        found = server.get("/api/inventory/MUG")
        assert (found["physical"], found["fba"]) == (10, 3)
        assert {entry["disposition"] for entry in found["returns"]} == {"SELLABLE", "UNKNOWN"}
        assert {entry["order"] for entry in found["returns"]} == {"123-1234567-1234567"}
        assert all("Ann" not in json.dumps(entry) for entry in server.ledger("MUG"))
        told = imported("returns", str(first), "--pool", "merchant", "--data", str(data), code=1)
        assert told["refused"] == 3
        assert {fact["status"] for fact in told["refusedFacts"]} == {"conflict"}
        assert server.get("/api/inventory/MUG")["physical"] == 10


def test_the_demos_folder_is_no_place_to_begin(tmp_path: Path) -> None:
    with Server(tmp_path / "data" / "demo") as demo:
        done = command("import", "stock", str(_stock(tmp_path, "MUG", 10)), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert inventory(demo) == {}
    assert stock_of(tmp_path / "data") == {"MUG": (10, 0, 1)}


def test_the_older_services_store_is_carried_over_once_and_only_when_told_to(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "store.json"
    file.write_text(json.dumps(A_STORE))
    done = command("migrate", str(file), "--data", str(data))
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert "transactions: 1 left behind" in done.stdout
    assert not data.exists()
    assert imported("store-json", str(file), "--data", str(data), "--dry-run")["facts"] == {"planned": 4}
    assert not data.exists()
    with Server(data) as server:
        for outcome in ("recorded", "duplicate"):
            assert imported("store-json", str(file), "--data", str(data), "--yes")["facts"] == {outcome: 4}
        assert inventory(server) == {"MUG": (50, 5, 3), "CAP": (3, 0, 1)}
        [returned] = server.get("/api/inventory/MUG")["returns"]
        assert (returned["order"], returned["quantity"], returned["pool"]) == ("9", 2, "merchant")
        assert next(server.ledger("MUG"))["occurredAt"].startswith("2026-02-05T09:00:00")


def test_a_store_with_entries_that_cannot_be_read_is_carried_over_only_on_purpose(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "store.json"
    file.write_text(json.dumps({"physical": {"MUG": 5, "CAP": "five"}}))
    told = imported("store-json", str(file), "--data", str(data), "--yes", code=1)
    assert [(left["entry"], left["wrong"]) for left in told["left"]] == [("CAP", True)]
    assert not data.exists()
    assert imported("store-json", str(file), "--data", str(data), "--yes", "--skip-invalid")["facts"] == {"recorded": 1}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("stock", "nowhere.csv"), 2, "nowhere.csv"),
        (("stock", "folder"), 2, "folder"),
        (("stock", "empty"), 1, "the file is empty"),
        (("stock", "latin.csv"), 1, "line 2: the text is not UTF-8"),
        (("stock", "latin.csv", "--again", "x" * 41), 2, "--again"),
        (("returns", "empty"), 1, "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"),
        (("returns", "empty", "--pool", "mine"), 2, "--pool"),
        (("store-json", "empty"), 1, "not JSON"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    (tmp_path / "latin.csv").write_bytes(b"sku,count\nGr\xf6sse,1\n")
    done = command("import", *arguments, cwd=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["import stock", "import returns", "import store-json", "migrate"])
def test_help_teaches_by_examples(name: str) -> None:
    done = command(*name.split(), "--help")
    assert done.returncode == 0
    assert f"  syncstate {name} " in done.stdout


def _stock(place: Path, sku: str, count: int) -> Path:
    file = place / f"{os.urandom(4).hex()}.csv"
    file.write_text(f"sku,count\n{sku},{count}\n")
    return file
