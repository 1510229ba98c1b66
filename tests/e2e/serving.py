"""Real servers for end-to-end tests: a process each, on a free port and a data folder of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from syncstate.configuration import names_of
from syncstate.settings import Settings
from tests.payloads import SECRET, SHOP

ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 60
SECONDS_TO_STOP = 30


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment without settings of ours, and with one registered shop."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SYNCSTATE_")}
    for field in Settings.model_fields.items():
        for name in names_of(*field):
            kept.pop(name, None)
    secrets = msgspec.json.encode({SHOP: [SECRET]}).decode()
    return {**kept, "SYNCSTATE_SHOPIFY_SECRETS": secrets, "SYNCSTATE_LOG_LEVEL": "warning", **more}


def command(
    *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the syncstate command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "syncstate", *arguments],
        env={**(env or environment()), "PYTHONPATH": str(ROOT)},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Server:
    """One server process. Leaving the block stops it as an operator would."""

    def __init__(self, data: Path, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        self.data, self.log = data, data.with_suffix(".log")
        self._begins = self.log.stat().st_size if self.log.exists() else 0
        before = self._noted()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "syncstate", *(arguments or ("serve",)), "--data", str(data), "--port", "0"],
                env=env or environment(),
                stdout=log,
                stderr=log,
            )
        self.url = self._started(before)
        self.http = httpx.Client(
            base_url=self.url,
            headers={"Content-Type": "application/json"},
            timeout=60,
            trust_env=False,
            limits=httpx.Limits(max_connections=60),
        )

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.get(path, params=params).raise_for_status().json()
        return answer

    def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self.http.post("/webhook/shopify", content=body, headers=headers)

    def ledger(self, path_of_sku: str) -> Iterator[dict[str, Any]]:
        """Yield every event of a SKU, none where nothing has happened to it."""
        position: int | None = 0
        while position is not None:
            answer = self.http.get(f"/api/events/{path_of_sku}", params={"after": position, "limit": 1000})
            if answer.status_code == 404:
                return
            page = answer.raise_for_status().json()
            yield from page["events"]
            position = page["nextAfter"]

    def told(self) -> str:
        """Return what this server has printed and logged."""
        return self.log.read_bytes()[self._begins :].decode()

    def signal(self, number: int) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(SECONDS_TO_STOP)
        self.http.close()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        self.http.close()

    def _noted(self) -> str | None:
        try:
            [note] = self.data.glob("server*.json")
            found = re.search(r'"url":"([^"]+)".*"instance":"([^"]+)"', note.read_text())
        except (OSError, ValueError):
            return None
        return found.group(0) if found else None

    def _started(self, before: str | None) -> str:
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline and self.process.poll() is None:
            noted = self._noted()
            if noted is not None and noted != before:
                return noted.split('"')[3]
            time.sleep(0.02)
        self.process.kill()
        self.process.wait()
        raise AssertionError(f"the server did not start:\n{self.told()}")
