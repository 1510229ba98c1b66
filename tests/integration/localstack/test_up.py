"""`python -m localstack up|env|down`, the hooks, and what containers are told."""

import json
import os
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from channels.simulators.amazon import SimulatedAmazon
from localstack import amazon
from localstack.account import Account
from localstack.environment import Environment
from localstack.packaging import LAMBDA_PYTHON, ROOT
from localstack.process import answers, free_port

pytestmark = pytest.mark.slow

COMPOSE = ROOT / "localstack" / "compose.yaml"
HOOKS = sorted((ROOT / "localstack" / "ready.d").iterdir())

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def command(endpoint: str, tmp_path: Path) -> Iterator[Command]:
    """Run `python -m localstack` with ports and a folder of its own; what it started is stopped afterwards."""
    assert endpoint
    ports = {"LOCALSTACK_PORT": str(free_port()), "AMAZON_PORT": str(free_port())}
    environment = {**os.environ, **ports, "LOCALSTACK_FOLDER": str(tmp_path)}

    def run(*arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "localstack", *arguments],
            env={**environment, **more},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    yield run
    run("down")


def test_up_creates_everything_says_where_it_is_and_down_stops_it(command: Command) -> None:
    assert "make localstack-up" in command("env").stderr
    up = command("up", "--emulator", "ministack", "--json")
    assert up.returncode == 0, up.stderr
    told = json.loads(up.stdout)
    assert told["emulator"] == "ministack"
    assert told["webhook"].startswith(told["endpoint"])
    assert amazon.quantities(told["amazon"]) == {}

    again = command("up")
    assert "ministack" in again.stdout
    assert told["webhook"] in again.stdout
    assert "make localstack-demo" in again.stdout

    exported = dict(word.split("=", 1) for word in shlex.split(command("env").stdout) if "=" in word)
    assert exported["AWS_ENDPOINT_URL"] == told["endpoint"]
    assert exported["WEBHOOK"] == told["webhook"]
    verified = subprocess.run(
        [sys.executable, "-m", "localstack.environment", "verify"],
        env={**os.environ, **exported},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (verified.returncode, verified.stdout) == (0, "")

    assert command("down").stdout == "ministack is stopped\n"
    assert answers(int(told["endpoint"].rpartition(":")[2])) is None
    assert answers(int(told["amazon"].rpartition(":")[2])) is None
    assert command("down").stdout == "nothing was running\n"


@pytest.mark.parametrize("name", ["LOCALSTACK_PORT", "AMAZON_PORT"])
def test_a_port_that_is_taken_is_named(command: Command, endpoint: str, name: str) -> None:
    taken = endpoint.rpartition(":")[2]
    done = command("up", "--emulator", "ministack", **{name: taken})
    assert done.returncode == 1
    assert f"port {taken} is taken by something else: name another, `{name}=... make localstack-up`" in done.stderr


def test_without_docker_and_ministack_it_says_what_to_install(command: Command, tmp_path: Path) -> None:
    done = command("up", PATH=str(tmp_path), MINISTACK_HOME=str(tmp_path), LOCALSTACK_EMULATOR="")
    assert done.returncode == 1
    assert done.stderr == (
        "no Docker engine answers, and ministack is not here: "
        "`make ministack` brings it, into a virtual environment of its own\n"
    )


def test_the_hooks_create_everything_wherever_they_are_pointed(account: Account, package: Path) -> None:
    for hook in HOOKS:
        assert hook.stat().st_mode & stat.S_IXUSR, f"LocalStack runs {hook.name} as a program"
        done = _hook(hook, account, package)
        assert done.returncode == 0, done.stderr
    tables = account.dynamodb.list_tables()["TableNames"]
    assert {"syncstate-events", "syncstate-models", "syncstate-registers"} <= set(tables)
    Environment(Account(account.endpoint)).delete()
    assert _hook(HOOKS[0], Account("http://127.0.0.1:9"), package).returncode == 1


def _hook(hook: Path, account: Account, package: Path) -> "subprocess.CompletedProcess[str]":
    there = {**account.variables, "SYNCSTATE_FUNCTIONS_PACKAGE": str(package), "PYTHON": sys.executable}
    return subprocess.run(
        [str(hook)], env={"PATH": "/usr/bin:/bin", **there}, capture_output=True, text=True, timeout=120, check=False
    )


def test_containers_are_pinned_stay_on_loopback_and_are_told_what_processes_are() -> None:
    services: dict[str, Any] = import_module("yaml").safe_load(COMPOSE.read_text())["services"]
    emulator = services["localstack"]
    assert re.search(r":4\.14\.0@sha256:[0-9a-f]{64}\}$", emulator["image"])
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    told = emulator["environment"]
    assert {name: told[name] for name in told if name.startswith("SYNCSTATE_AMAZON_")} == amazon.settings(
        "http://amazon:4580"
    )
    assert told["SYNCSTATE_FUNCTIONS_RUNTIME"] == f"python{LAMBDA_PYTHON}"
    for volume in emulator["volumes"]:
        source = volume.partition(":")[0]
        if source.startswith(".") and "build" not in source:
            assert (COMPOSE.parent / source).exists(), volume


def test_the_seller_in_the_settings_is_the_small_amazons() -> None:
    known = SimulatedAmazon()
    told = amazon.settings("http://a")
    assert told["SYNCSTATE_AMAZON_SELLER"] == known.seller_id
    assert told["SYNCSTATE_AMAZON_MARKETPLACE"] == known.marketplace
    assert told["SYNCSTATE_AMAZON_CLIENT_ID"] == known.credentials.client_id
    assert told["SYNCSTATE_AMAZON_CLIENT_SECRET"] == known.credentials.client_secret
    assert told["SYNCSTATE_AMAZON_REFRESH_TOKEN"] == known.credentials.refresh_token
