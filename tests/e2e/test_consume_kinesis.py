"""`syncstate consume-kinesis` as a process, from kinesis-local into a data folder, and what its operator sees."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import servers
from tests.e2e.serving import ROOT, Server, command, environment
from tests.integration.kinesis.conftest import Orders, kinesis, streams
from tests.kinesis import a_sale_of, aggregate, with_a_bad_checksum

__all__ = ["kinesis", "streams"]

pytestmark = pytest.mark.slow


@pytest.fixture
def orders(streams: Callable[[int], Orders]) -> Orders:
    return streams(1)


def surroundings() -> dict[str, str]:
    keys = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": "us-east-1"}
    return environment(AWS_ENDPOINT_URL_KINESIS=servers.kinesis(), **keys)


def run(*arguments: str, data: Path) -> subprocess.CompletedProcess[str]:
    return command(*arguments, "--data", str(data), env=surroundings())


def answer(*arguments: str, data: Path, code: int = 0) -> dict[str, Any]:
    done = run(*arguments, "--json", data=data)
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_from_the_stream_into_the_log_and_out_of_quarantine(orders: Orders, tmp_path: Path) -> None:
    data = tmp_path / "data"
    orders.put(aggregate([{"type": "adjustment", "sku": "A", "delta": 10, "reason": "opening"}, a_sale_of("A", 2)]))
    orders.put(a_sale_of("A", 0))
    orders.put(with_a_bad_checksum([a_sale_of("A")]))
    found = answer("consume-kinesis", orders.name, "--once", data=data)
    assert (found["records"], found["recorded"], found["quarantined"]) == (3, 2, 2)
    assert answer("consume-kinesis", orders.name, "--once", data=data)["records"] == 0

    listed = answer("quarantine", "list", data=data)["records"]
    assert ["quantity" in listed[0]["error"], "checksum" in listed[1]["error"]] == [True, True]
    wrong, broken = (record["id"] for record in listed)
    assert "checksum" in run("quarantine", "list", data=data).stdout
    assert answer("status", data=data)["deadLetters"] == 2
    assert "2 kept: `syncstate quarantine list`" in run("status", data=data).stdout
    shown = answer("quarantine", "show", wrong, data=data)
    assert json.loads(shown["text"]) == a_sale_of("A", 0)
    assert "quantity" in run("quarantine", "show", wrong, data=data).stdout

    again = answer("quarantine", "redrive", "--all", data=data, code=1)
    assert [record["id"] for record in again["records"]] == [wrong, broken]
    one = run("quarantine", "redrive", broken, data=data)
    assert (one.returncode, "waits still: the aggregate's checksum" in one.stdout) == (1, True)
    assert run("quarantine", "discard", broken, data=data).stdout == f"{broken} is discarded\n"
    assert answer("quarantine", "list", data=data)["records"] == [
        {**listed[0], "tries": 2},
    ]
    gone = run("quarantine", "show", broken, data=data)
    assert (gone.returncode, "is not quarantined" in gone.stderr) == (1, True)
    alerts = run("alerts", data=data).stdout
    assert "a record from kinesis could not be taken" in alerts


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_follows_until_it_is_told_to_stop_and_leaves_nothing_undone(
    orders: Orders, tmp_path: Path, number: signal.Signals
) -> None:
    data = tmp_path / "data"
    process = subprocess.Popen(
        [sys.executable, "-m", "syncstate", "consume-kinesis", orders.name, "--json", "--data", str(data)],
        env={**surroundings(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        for count in range(1, 4):
            orders.put(a_sale_of("A"))
            assert json.loads(process.stdout.readline())["records"] == count
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, json.loads(out)["recorded"]) == (0, 3)
    assert err == f"follows the Kinesis stream {orders.name}; Ctrl-C stops it\n"
    began = time.monotonic()
    orders.put(a_sale_of("A"))
    assert answer("consume-kinesis", orders.name, "--once", data=data)["records"] == 1
    assert time.monotonic() - began < 25, "its leases were given back"


def test_what_cannot_be_is_said_with_what_to_do(orders: Orders, tmp_path: Path) -> None:
    data = tmp_path / "data"
    missing = run("consume-kinesis", "nothing", "--once", data=data)
    assert missing.returncode == 1
    assert "there is no Kinesis stream 'nothing': look at" in missing.stderr
    unknown = run("quarantine", "show", "kinesis:x:y:1", data=data)
    assert (unknown.returncode, "kinesis:x:y:1 is not quarantined" in unknown.stderr) == (1, True)
    for wrong in (["redrive", "inventory"], ["show", "inventory"], ["redrive"], ["redrive", "a:b", "--all"]):
        assert run("quarantine", *wrong, data=data).returncode == 2, wrong
    with Server(data):
        served = run("consume-kinesis", orders.name, "--once", data=data)
    assert served.returncode == 1
    assert "is served at" in served.stderr
    assert "SYNCSTATE_STORE" in served.stderr
    nobody = command(
        "consume-kinesis", orders.name, "--once", env=_with(SYNCSTATE_KINESIS_TENANTS='{"orders": []}'), cwd=tmp_path
    )
    assert (nobody.returncode, "SYNCSTATE_KINESIS_TENANTS" in nobody.stderr) == (2, True)


def _with(**more: str) -> Mapping[str, str]:
    return {**surroundings(), **more}
