"""The commands that see to channels, beside a running server and without one."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.serving import Server, command, environment
from tests.payloads import a_simple_body

pytestmark = pytest.mark.slow


def told(data: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = command(*arguments, "--data", str(data), "--json")
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def amazon(data: Path) -> dict[str, Any]:
    [channel] = told(data, "sync", "status")["channels"]
    found: dict[str, Any] = channel
    return found


def until(probe: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not probe():
        assert time.monotonic() - began < 20, "it did not happen"
        time.sleep(0.1)


def test_a_server_does_what_commands_say(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Server(data, env=environment(MOCK_AMAZON="true")) as server:
        server.post(a_simple_body(("A", 10), order="init-1")).raise_for_status()
        assert told(data, "sync", "pause")["changed"]
        time.sleep(2)
        told(data, "map", "A", "B000000001")
        assert amazon(data)["due"] == 1
        readable = command("sync", "status", "--data", str(data)).stdout
        assert "amazon is paused since" in readable
        assert "syncstate sync resume" in readable
        assert told(data, "sync", "resume")["message"] == "amazon goes on: what is due is sent"
        assert told(data, "channel", "set", "amazon", "observe")["mode"] == "observe"
        assert not amazon(data)["sends"]
        assert told(data, "sync", "reconcile")["ok"]
        until(lambda: (amazon(data)["walk"] or {}).get("ended") is not None)
    assert amazon(data)["mode"] == "observe", "without a server too"
    assert told(data, "channel", "set", "amazon", "off")["changed"]


def test_what_cannot_be_done_is_told(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert told(data, "sync", "status", code=1)["code"] == "no_data"
    with Server(data):
        assert told(data, "sync", "status") == {"count": 0, "channels": []}
        assert told(data, "sync", "reconcile", code=1)["code"] == "not_tended"
        assert told(data, "sync", "resume", "--sku", "A", code=1)["code"] == "unknown_mapping"
        assert told(data, "channel", "set", "ebay", "live", code=2)["code"] == "usage"
        assert told(data, "channel", "set", "amazon", "loud", code=2)["code"] == "usage"
    nothing = command("sync", "status", "--data", str(data))
    assert nothing.stdout.startswith("no channel is connected")
