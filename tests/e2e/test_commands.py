"""The command line, beside a running server and without one."""

import json
import signal
from pathlib import Path

import pytest

from tests.e2e.serving import Server, command, environment
from tests.payloads import a_simple_body

pytestmark = pytest.mark.slow

SKU = "MUG/BLUE 11oz #2 100%"


def ledger_of(data: Path) -> list[dict[str, object]]:
    done = command("events", SKU, "--data", str(data), "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def status_of(data: Path) -> dict[str, object]:
    done = command("status", "--data", str(data), "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_commands_tell_the_same_through_a_server_and_without_one(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Server(data) as server:
        server.post(a_simple_body((SKU, 10), order="init-1")).raise_for_status()
        server.post(a_simple_body((SKU, 3), order="o1")).raise_for_status()
        beside, status = ledger_of(data), status_of(data)
        readable = command("events", SKU, "--data", str(data)).stdout
        instance = server.get("/health")["instance"]
    assert [entry["tx"] for entry in beside] == ["simple:init-1:1", "simple:o1:1"]
    assert status["instance"] == instance
    assert (status["mode"], status["streams"]) == ("embedded", {"sku": 1})
    assert readable.splitlines()[1].endswith("7 left, 7 shown")

    assert ledger_of(data) == beside
    alone = status_of(data)
    assert alone["streams"] == status["streams"]
    assert alone["instance"] != instance
    assert "no server runs" in command("status", "--data", str(data)).stdout


@pytest.mark.parametrize("sku", [".", "..", "a/../b", "-A"])
def test_any_sku_has_a_ledger(tmp_path: Path, sku: str) -> None:
    data = tmp_path / "data"
    with Server(data) as server:
        server.post(a_simple_body((sku, 10), order="init-1")).raise_for_status()
        done = command("events", "--data", str(data), "--json", "--", sku)
        assert (done.returncode, done.stdout.count("\n")) == (0, 1), done.stderr
        nameless = command("events", "\udcff", "--data", str(data))
        assert (nameless.returncode, nameless.stderr.count("\n")) == (2, 1)


def test_the_demos_folder_is_found_where_it_alone_has_data(tmp_path: Path) -> None:
    with Server(tmp_path / "data" / "demo") as server:
        server.post(a_simple_body((SKU, 10), order="init-1")).raise_for_status()
        done = command("status", cwd=tmp_path)
        assert (done.returncode, server.url in done.stdout) == (0, True)
        assert "data/demo" in done.stdout
    with Server(tmp_path / "data"):
        assert "data/demo" not in command("status", cwd=tmp_path).stdout


def test_a_note_left_by_a_killed_server_misleads_nobody(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Server(data) as server:
        server.post(a_simple_body((SKU, 10), order="init-1")).raise_for_status()
        server.signal(signal.SIGKILL)
        assert (data / "server.json").exists()
        assert len(ledger_of(data)) == 1


def test_a_second_server_on_one_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Server(data) as server:
        for second in ("serve", "demo"):
            done = command(second, "--data", str(data), "--port", "0")
            assert done.returncode == 1
            assert server.url in done.stderr
            assert done.stderr.count("\n") == 1
        (data / "server.json").unlink()
        done = command("serve", "--data", str(data), "--port", "0")
        assert done.returncode == 1
        assert "open in another process" in done.stderr
        assert done.stderr.count("\n") == 1
        assert server.get("/health")["ok"] is True


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("events", "A", "--data", "{data}"), 1, "there is no data in"),
        (("status", "--data", "{data}"), 1, "syncstate serve --data"),
        (("serve", "--data", "{data}", "--host", "0.0.0.0"), 1, "syncstate keys create"),  # noqa: S104
        (("serve", "--data", "{data}", "--port", "70000"), 2, "--port"),
        (("events",), 2, "SKU"),
        (("events", "A", "--after", "-1"), 2, "--after"),
        (("serve", "--data", "/dev/null"), 1, "name another folder with --data"),
        (("status", "--data", "n" * 300), 1, "name another folder with --data"),
    ],
)
def test_a_failure_says_what_to_do(tmp_path: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = command(*(argument.format(data=tmp_path / "nowhere") for argument in arguments))
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "nowhere").exists()


def test_a_taken_port_says_which(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        port = server.url.rpartition(":")[2]
        done = command("serve", "--data", str(tmp_path / "other"), "--port", port)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert port in done.stderr
        assert "--port" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SYNCSTATE_THREADS", "many"),
        ("SYNCSTATE_SHOPIFY_SECRETS", "hush"),
        ("SYNCSTATE_SHOPIFY_SECRETS", '{"a.example": []}'),
        ("SYNCSTATE_STORE", "paper"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(tmp_path: Path, name: str, value: str) -> None:
    done = command("serve", "--data", str(tmp_path / "data"), "--port", "0", env=environment(**{name: value}))
    assert done.returncode == 2
    assert name in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_address_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    env = environment(
        SYNCSTATE_STORE="dynamodb", SYNCSTATE_DYNAMODB_ENDPOINT="nowhere", AWS_DEFAULT_REGION="eu-central-1"
    )
    done = command("serve", "--data", str(tmp_path / "data"), "--port", "0", env=env)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "SYNCSTATE_DYNAMODB_ENDPOINT" in done.stderr


def test_half_a_seller_is_refused_by_name(tmp_path: Path) -> None:
    env = environment(SYNCSTATE_AMAZON_SELLER="A1")
    done = command("serve", "--data", str(tmp_path / "data"), "--port", "0", env=env)
    assert (done.returncode, "SYNCSTATE_AMAZON_MARKETPLACE" in done.stderr) == (1, True)


@pytest.mark.parametrize("name", ["serve", "demo", "events", "status"])
def test_help_teaches_by_examples(name: str) -> None:
    done = command(name, "--help")
    assert done.returncode == 0
    assert f"  syncstate {name}" in done.stdout


def test_the_version_is_told() -> None:
    done = command("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "syncstate")
