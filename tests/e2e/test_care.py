"""The store's care from the command line: beside a server that writes, and without one."""

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx
import pytest

from tests.e2e.serving import ROOT, Server, command, environment
from tests.payloads import a_simple_body

pytestmark = pytest.mark.slow

WRITERS = 8
SKUS = ("A", "B/1", "C #2")


def opened(server: Server) -> None:
    server.post(a_simple_body(*((sku, 100_000) for sku in SKUS), order="init-1")).raise_for_status()


def write_until(server: Server, stop: Event, writer: int) -> int:
    count = 0
    while not stop.is_set():
        body = a_simple_body((SKUS[count % len(SKUS)], 1), order=f"o{writer}-{count}")
        server.post(body).raise_for_status()
        count += 1
    return count


def stock_of(server: Server) -> dict[str, object]:
    found: dict[str, object] = server.get("/api/inventory", limit=100)["inventory"]
    return found


def test_a_backup_while_eight_writers_post_is_sound_and_comes_back_elsewhere(tmp_path: Path) -> None:
    file, stop = tmp_path / "stock.backup", Event()
    with Server(tmp_path / "data") as server, ThreadPoolExecutor(WRITERS) as pool:
        opened(server)
        writing = [pool.submit(write_until, server, stop, number) for number in range(WRITERS)]
        try:
            time.sleep(0.5)
            before = sum(1 for _ in server.ledger("A"))
            done = command("backup", str(file), "--data", str(server.data), "--json")
            beside = command("verify", "--data", str(server.data))
            after = sum(1 for _ in server.ledger("A"))
        finally:
            stop.set()
            written = sum(writer.result() for writer in writing)
        assert (done.returncode, beside.returncode) == (0, 0), done.stderr + beside.stdout
        manifest = json.loads(done.stdout)
        assert 0 < manifest["events"] < written + len(SKUS)

    assert command("verify", str(file)).returncode == 0
    restored = command("restore", str(file), "--data", str(tmp_path / "new"), "--json")
    assert restored.returncode == 0, restored.stderr
    assert json.loads(restored.stdout)["manifest"]["blake2b"] == manifest["blake2b"]
    told = json.loads(command("verify", "--data", str(tmp_path / "new"), "--json").stdout)
    assert (told["events"], told["newest"], told["differences"]) == (manifest["events"], manifest["newest"], 0)
    with Server(tmp_path / "new") as server:
        assert before <= sum(1 for _ in server.ledger("A")) <= after
        opened(server)  # a repeat: it is known, and nothing is added
        sold = {sku: sum(1 for _ in server.ledger(sku.replace("#", "%23"))) - 1 for sku in SKUS}
        found = {sku: numbers["physical"] for sku, numbers in stock_of(server).items()}  # type: ignore[index]
        assert found == {sku: 100_000 - count for sku, count in sold.items()}


def test_a_backup_killed_at_any_moment_leaves_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "stock.backup"
    with Server(tmp_path / "data") as server:
        opened(server)
        assert command("backup", str(file), "--data", str(server.data)).returncode == 0
        before = file.read_bytes()
        for pause in (0.3, 0.6, 0.8, 1.0):
            with subprocess.Popen(
                [sys.executable, "-m", "syncstate", "backup", str(file), "--force", "--data", str(server.data)],
                cwd=ROOT,
                env=environment(),
                stdout=subprocess.DEVNULL,
            ) as process:
                time.sleep(pause)
                process.kill()
            assert file.read_bytes() == before or command("verify", str(file)).returncode == 0
        assert command("backup", str(file), "--data", str(server.data)).returncode == 1
        assert command("backup", str(file), "--force", "--data", str(server.data)).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "data.log", "stock.backup"]


def test_nothing_is_restored_or_upgraded_under_a_running_server(tmp_path: Path) -> None:
    file = tmp_path / "stock.backup"
    with Server(tmp_path / "data") as server:
        opened(server)
        assert command("backup", str(file), "--data", str(server.data)).returncode == 0
        for asked in (("restore", str(file), "--force"), ("upgrade",)):
            done = command(*asked, "--data", str(server.data))
            assert (done.returncode, server.url in done.stderr, done.stderr.count("\n")) == (1, True, 1)
        (server.data / "server.json").unlink()
        done = command("restore", str(file), "--force", "--data", str(server.data))
        assert (done.returncode, "open in another process" in done.stderr) == (1, True)
        assert server.get("/api/inventory/A")["physical"] == 100_000


def test_doctor_and_verify_say_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert "syncstate serve --data" in command("doctor", "--data", str(data)).stdout
    with Server(data) as server:
        opened(server)
        well = command("doctor", "--data", str(data), "--json")
        checks = {check["name"]: check for check in json.loads(well.stdout)["checks"]}
        assert well.returncode == 0, well.stdout
        assert server.url in checks["server"]["said"]
        assert {checks[name]["verdict"] for name in ("store", "secrets", "clock", "inventory")} == {"ok"}
        assert (checks["keys"]["verdict"], "keys create" in str(checks["keys"])) == ("warn", True)
        server.signal(signal.SIGKILL)
    (data / "syncstate.db").write_bytes(b"something else entirely" * 1000)
    for name in ("syncstate.db-wal", "syncstate.db-shm"):
        (data / name).unlink(missing_ok=True)
    for asked in ("doctor", "verify", "serve", "status"):
        done = command(asked, "--data", str(data))
        assert done.returncode == 1, done.stdout
        assert "syncstate.db" in done.stdout + done.stderr
        assert "syncstate restore" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_upgrade_says_that_nothing_is_to_be_done(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert command("upgrade", "--data", str(data)).returncode == 1
    with Server(data) as server:
        opened(server)
    done = command("upgrade", "--data", str(data))
    assert (done.returncode, "schema 1 already" in done.stdout) == (0, True)
    assert not list(data.glob("*.backup"))


def test_postgresql_is_told_its_own_command(tmp_path: Path) -> None:
    env = environment(DATABASE_URL="postgresql://us:hush@127.0.0.1:1/stock")
    done = command("backup", str(tmp_path / "b"), env=env)
    assert (done.returncode, "pg_dump" in done.stderr, "hush" in done.stderr) == (1, True, False)


def test_a_host_that_is_none_is_told_as_such(tmp_path: Path) -> None:
    for host in ("127.0.0.999", "::zz"):
        env = environment(SYNCSTATE_LOG_LEVEL="error")
        made = command("keys", "create", "--role", "admin", "--data", str(tmp_path / "data"), env=env)
        assert made.returncode == 0, made.stderr
        done = command("serve", "--data", str(tmp_path / "data"), "--host", host, "--port", "0", env=env)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert "--host" in done.stderr
        assert "--port" not in done.stderr


def test_a_demo_whose_reader_leaves_ends_quietly(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "syncstate", "demo", "--data", str(tmp_path / "demo"), "--port", "0", "--every", "0.05"],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(3):
            assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 0
        assert process.stderr.read() == b""


def test_what_is_quarantined_is_listed_shown_and_redriven(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Server(data) as server:
        opened(server)
        assert command("quarantine", "list", "--data", str(data)).stdout == "nothing is quarantined\n"
    edited(data, "UPDATE events SET data = x'7b7d' WHERE version = 1")  # {}: no delta
    edited(data, "DELETE FROM rows")
    with Server(data) as server:
        deadline = time.monotonic() + 20
        while not server.get("/api/quarantine")["count"] and time.monotonic() < deadline:
            time.sleep(0.1)
        listed = json.loads(command("quarantine", "list", "--data", str(data), "--json").stdout)
        assert {pair["version"] for pair in listed["quarantined"]} == {1}
        name = "default/sku/C #2"
        shown = command("quarantine", "show", "inventory", name, "--data", str(data))
        assert (shown.returncode, "StockAdjusted" in shown.stdout, "delta" in shown.stdout) == (0, True, True)
        again = command("quarantine", "redrive", "inventory", name, "--data", str(data))
        assert (again.returncode, "stands before event 1 still" in again.stdout) == (1, True)
        with pytest.raises(httpx.HTTPStatusError):
            server.get("/api/quarantine/inventory/default/sku/nothing")
    mended = b'{"delta":100000,"reason":"opening"}'.hex()
    edited(data, f"UPDATE events SET data = x'{mended}' WHERE type = 'StockAdjusted'")  # noqa: S608 - a test's own
    done = command("quarantine", "redrive", "--all", "--data", str(data))
    assert done.returncode == 0, done.stderr
    assert command("quarantine", "list", "--data", str(data)).stdout == "nothing is quarantined\n"
    assert command("verify", "--data", str(data)).returncode == 0
    wrong = command("quarantine", "redrive", "inventory", "--data", str(data))
    assert (wrong.returncode, "STREAM" in wrong.stderr) == (2, True)


def edited(data: Path, statement: str) -> None:
    import sqlite3

    connection = sqlite3.connect(data / "syncstate.db", isolation_level=None)
    connection.execute(statement)
    connection.close()
