"""ministack as a child process: found, started, and never left behind."""

import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from localstack import ministack
from localstack.process import answers, free_port

pytestmark = pytest.mark.slow


def test_what_is_missing_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(ministack.HOME_VARIABLE, str(tmp_path))
    assert "make ministack" in (ministack.missing() or "")
    with pytest.raises(RuntimeError, match="make ministack"), ministack.ministack():
        pass


def test_it_answers_on_loopback_alone_and_is_gone_afterwards(endpoint: str) -> None:
    assert endpoint
    with ministack.ministack() as own:
        port = int(own.rpartition(":")[2])
        assert answers(port, ministack.HEALTH) == 200
        listening = _listening(port)
        assert listening == {"0100007F"}, "127.0.0.1 as /proc writes it"
    assert answers(port) is None


def test_a_port_that_is_taken_is_said(endpoint: str) -> None:
    assert endpoint
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(RuntimeError, match="already in use"),
        ministack.ministack(taken.getsockname()[1]),
    ):
        pass


def test_it_ends_with_its_parent_even_when_that_is_killed_and_leaves_no_files(endpoint: str, tmp_path: Path) -> None:
    assert endpoint
    port = free_port()
    program = (
        "import time\nfrom localstack import process\nfrom localstack.ministack import ministack\n"
        "process._memory = lambda: None\n"
        f"with ministack({port}):\n    print('there', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"there\n"
        assert list(tmp_path.iterdir()), f"its files are in {tempfile.gettempdir()}, not in its own folder"
        parent.kill()
    deadline = time.monotonic() + 30
    while (answers(port) is not None or list(tmp_path.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert answers(port) is None
    assert list(tmp_path.iterdir()) == []


def _listening(port: int) -> set[str]:
    """Return the addresses, in hexadecimal, on which somebody listens at `port`."""
    every = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()]
    return {cells[1].partition(":")[0] for cells in every if cells[3] == "0A" and cells[1].endswith(f":{port:04X}")}
