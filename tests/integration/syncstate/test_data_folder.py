"""The data folder goes away under a running server: it says so, and acknowledges nothing that would be lost."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from syncstate.settings import Settings
from syncstate.stores import DATABASE
from syncstate.wiring import assembled
from tests.payloads import a_simple_body
from tests.unit.web.client import Client
from web.app import create_app


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOCK_AMAZON", raising=False)


def test_the_data_is_for_its_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    before = os.umask(0)
    try:
        with assembled(Settings(data=data), channels=False) as system:
            system.services.guard.keys.create("default", "read", "")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.glob(f"{DATABASE}*")}
    finally:
        os.umask(before)
    assert {name: modes[name] for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm")} == dict.fromkeys(
        (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"), 0o600
    )


def test_a_folder_that_was_removed_is_noticed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with assembled(Settings(data=data), channels=False) as system:
        client = Client(create_app(system.services))
        system.engine.sweeper.start()
        assert client.post("/webhook/shopify", a_simple_body(("A", 5), order="init-1")).status_code == 200
        assert client.get("/health/ready").status_code == 200

        shutil.rmtree(data)

        for body in (a_simple_body(("A", 1), order="o1"), a_simple_body(("A", 5), order="init-1")):
            refused = client.post("/webhook/shopify", body)
            assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
            assert "removed or replaced" in refused.json()["error"]
            assert "retry-after" in refused.headers
        ready = client.get("/health/ready")
        assert ready.status_code == 503
        assert "removed or replaced" in ready.json()["reasons"][0]
        assert client.get("/health").status_code == 200
        assert not data.exists()
