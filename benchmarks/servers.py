"""The two servers of the HTTP benchmarks: ours, durable, and an Express application that keeps everything in memory."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx

from benchmarks.posting import OPENING, SECRET, SHOP, name_of
from benchmarks.traffic import SKUS

ROOT = Path(__file__).parent.parent
_PATIENCE = 60.0
_PAGE = 1000


class Running:
    """A server in a process of its own, at `url`."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process, self.url = process, url
        self.http = httpx.Client(base_url=url, timeout=60, trust_env=False)

    @property
    def cpu(self) -> float:
        """The CPU time it has used, in seconds."""
        told = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def resident(self) -> float:
        """Its resident memory, in MiB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def express() -> Iterator[Running]:
    """Start the peer."""
    script = ROOT / "benchmarks" / "express" / "server.js"
    with _started(["node", str(script)], {"SECRET": SECRET, "SHOP": SHOP, "NODE_ENV": "production"}) as running:
        yield running


@contextmanager
def ours(folder: Path, settings: Mapping[str, str]) -> Iterator[Running]:
    """Start SyncState on a folder, every SKU with OPENING units. `settings` are environment variables."""
    environment = {"SYNCSTATE_SHOPIFY_SECRETS": json.dumps({SHOP: [SECRET]}), "SYNCSTATE_LOG_LEVEL": "warning"}
    with _started(_serving(folder), {**environment, **settings}) as running:
        for first in range(0, SKUS, _PAGE):
            items = [{"sku": name_of(number), "quantity": OPENING} for number in range(first, first + _PAGE)]
            order = {"orderId": f"init-bench-{first}", "items": items}
            running.http.post("/webhook/shopify", json=order).raise_for_status()
        yield running


@contextmanager
def logging(folder: Path, settings: Mapping[str, str], log: Path) -> Iterator[Running]:
    """Start SyncState on a folder as it is. What it logs, a line of JSON for each request, goes to `log`."""
    with log.open("w") as errors, _started(_serving(folder), settings, errors) as running:
        yield running


def _serving(folder: Path) -> list[str]:
    return [sys.executable, "-m", "syncstate", "serve", "--data", str(folder), "--port", "0"]


def sold(running: Running) -> int:
    """Return how many units our server has sold since it was opened, by its inventory."""
    left = skus = 0
    cursor: str | None = None
    while True:
        page = running.http.get("/api/inventory", params={"limit": _PAGE, **({"cursor": cursor} if cursor else {})})
        found = page.raise_for_status().json()
        left += sum(int(stock["physical"]) for stock in found["inventory"].values())
        skus += len(found["inventory"])
        cursor = found["nextCursor"]
        if cursor is None:
            return skus * OPENING - left


def sold_at_rest(running: Running) -> int:
    """Return what `sold` does, once nothing more is under way."""
    before, now = -1, sold(running)
    while now != before:
        time.sleep(0.3)
        before, now = now, sold(running)
    return now


def lagging(running: Running) -> int:
    """Return how many streams our read models are behind on."""
    status = running.http.get("/api/status").raise_for_status().json()
    return sum(int(model["lagging"]) for model in status["projections"])


def seconds_until(condition: Callable[[], bool], at_most: float) -> float:
    """Return how long it took until `condition` was true. Raises AssertionError where that is more than `at_most`."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < at_most, f"not within {at_most:g} s"
        time.sleep(0.05)
    return time.monotonic() - began


@contextmanager
def _started(command: list[str], environment: Mapping[str, str], errors: IO[str] | None = None) -> Iterator[Running]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SYNCSTATE_")}
    process = subprocess.Popen(
        command, env={**kept, **environment}, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT
    )
    try:
        running = Running(process, _address(process))
        yield running
        running.http.close()
    finally:
        process.terminate()
        process.wait(_PATIENCE)
        if process.stdout is not None:
            process.stdout.close()


def _address(process: "subprocess.Popen[str]") -> str:
    """Read the address that a server prints first, and wait until it answers."""
    assert process.stdout is not None
    line = process.stdout.readline()
    url = next((word for word in line.split() if word.startswith("http://")), None)
    if url is None:
        raise RuntimeError(f"the server did not start: {line or process.wait(_PATIENCE)}")
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/health", trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return url
    raise RuntimeError(f"{url} does not answer")
