"""Reads of a large shop: how long every GET route of the API takes at the server."""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, urlencode

import msgspec

from benchmarks import servers
from benchmarks.places import postgres_missing, postgres_server
from benchmarks.report import Section, Wait
from benchmarks.servers import Running
from benchmarks.shelves import LONG, ORDER, PRODUCT, SHOP_ORDER, Shelves, fill, name_of
from syncstate.settings import Settings
from web.paging import cursor

AT_MOST = 10.0
"""Milliseconds at the server, the target: p99."""

WARM_UP, ASKED = 20, 200
MOST, MOST_EXPLAINED = 1000, 250
_PATIENCE = 10.0

_NOTE = """\
{skus:,} SKUs, each counted, the first 2,000 and then one in ten sold on Amazon, {alerts:,} unread alerts and as many
returns, and one SKU with a ledger of {ledger:,} events. One client, one request after the other; the time is the one
that the server logs, from the request's arrival to its answer's last byte, in milliseconds. p50 and p99 over {asked}
requests, after {warm} that are not counted; *CPU* is what the server's process computed for each on average, whatever
else the machine did. *First*: the first time after the start of a server that had answered `/health` alone, in the
order of the table."""


class Read(msgspec.Struct, frozen=True):
    """What is asked: `path` with `params`, which `route` answers by its pattern. `name` tells what is particular."""

    name: str
    path: str
    params: tuple[tuple[str, str | int], ...] = ()

    @property
    def title(self) -> str:
        """How the table names it."""
        return f"`{self.path}`{', ' if self.name else ''}{self.name}"

    @property
    def address(self) -> str:
        """The path with its query."""
        return quote(self.path) + (f"?{urlencode(self.params)}" if self.params else "")


def reads(shelves: Shelves) -> Iterator[Read]:
    """Yield every read. A far page is the last one that is full."""
    one, far = name_of(shelves.skus // 2), cursor(name_of(shelves.skus - MOST - 1)) or ""
    yield Read("", "/api/status")
    yield Read("", "/health/ready")
    yield Read("", "/metrics")
    yield Read("", "/health")
    yield from _pages("/api/alerts")
    yield from _pages("/api/alerts/unread")
    yield from _pages("/api/alerts/severity/warning")
    yield Read("one SKU's", "/api/alerts", (("sku", name_of(0)),))
    yield from _pages("/api/inventory")
    yield from _pages("/api/inventory", "far", ("cursor", far))
    yield Read("", f"/api/inventory/{one}")
    yield Read("", f"/api/inventory/{LONG}")
    yield Read("", f"/api/buffer/{one}")
    yield Read("", f"/api/threshold/{one}")
    yield from _pages("/api/mapping")
    yield from _pages("/api/mapping", "far", ("cursor", far))
    yield Read("", f"/api/mapping/{name_of(0)}")
    yield Read("", "/api/channel-skus")
    yield Read("", f"/api/events/{one}")
    for route, most in (("events", MOST), ("explain", MOST_EXPLAINED)):
        yield from _pages(f"/api/{route}/{LONG}", most=most)
        yield from _pages(f"/api/{route}/{LONG}", "far", ("after", shelves.ledger - most - 1), most=most)
        yield Read("its end", f"/api/{route}/{LONG}", (("after", shelves.ledger - 50),))
    yield Read("100 facts", f"/api/transactions/{ORDER}")
    yield Read("100 facts", f"/api/transactions/shopify:{SHOP_ORDER}")
    yield Read("", f"/api/transactions/long:{shelves.ledger // 2}")
    yield from _pages("/api/returns")
    yield Read("one SKU's", "/api/returns", (("sku", LONG),))
    yield Read("", "/api/report")
    yield Read("100 variants", f"/api/product-sync/{PRODUCT}")
    yield Read("", "/api/keys")
    yield Read("", "/api/quarantine")
    yield Read("", "/openapi.json")


def _pages(path: str, name: str = "", *params: tuple[str, str | int], most: int = MOST) -> Iterator[Read]:
    yield Read(name, path, params)
    yield Read(f"{name}{', ' if name else ''}limit {most}", path, (*params, ("limit", most)))


class _Asking:
    """Asks a server, and reads in its log how long it took."""

    def __init__(self, running: Running, log: Path) -> None:
        self._running, self._log, self._begun = running, log.open(), ""

    def take(self, read: Read, number: int) -> list[float]:
        """Ask so many times; return the milliseconds of each. Raises AssertionError where it was refused."""
        list(self._told())
        for _ in range(number):
            answer = self._running.http.get(read.address)
            assert answer.is_success, f"{read.address}: {answer.status_code} {answer.text}"
        took, deadline = list(self._told()), time.monotonic() + _PATIENCE
        while len(took) < number and time.monotonic() < deadline:
            time.sleep(0.01)
            took += self._told()
        assert len(took) == number, f"{read.address}: {len(took)} of {number} were logged"
        return took

    @property
    def cpu(self) -> float:
        """The CPU time that the server has used, in seconds."""
        return self._running.cpu

    def _told(self) -> Iterator[float]:
        """Yield the milliseconds of the requests that were logged since."""
        while read := self._log.readline():
            self._begun += read
            if not read.endswith("\n"):
                return
            told, self._begun = json.loads(self._begun), ""
            if told["event"] == "http.request":
                yield float(told["ms"])

    def close(self) -> None:
        self._log.close()


def sections(folder: Path, *, quick: bool) -> Iterator[Section]:
    """Measure reads on each SQL store."""
    yield _measure("SQLite", folder, {}, quick=quick)
    if postgres_missing() is None:
        with postgres_server(folder) as create:
            settings = {"SYNCSTATE_STORE": "postgres", "SYNCSTATE_DATABASE_URL": create()}
            yield _measure("PostgreSQL", folder, settings, quick=quick)


def _measure(store: str, folder: Path, settings: dict[str, str], *, quick: bool) -> Section:
    shelves = Shelves(3000, 1100) if quick else Shelves(100_000, 10_000)
    data, log = folder / f"reads-{store}", folder / f"reads-{store}.log"
    names = {name.removeprefix("SYNCSTATE_").lower(): value for name, value in settings.items()}
    fill(Settings.model_validate({"data": data, **names}), shelves)
    with servers.logging(data, settings, log) as running:
        asking = _Asking(running, log)
        try:
            waits = _waits(asking, list(reads(shelves)), ASKED // 10 if quick else ASKED)
        finally:
            asking.close()
    note = _NOTE.format(skus=shelves.skus, alerts=shelves.alerts, ledger=shelves.ledger, asked=ASKED, warm=WARM_UP)
    return Section(f"{store}: reads", "ms at the server", waits=waits, notes=(note,))


def _waits(asking: _Asking, wanted: Sequence[Read], number: int) -> tuple[Wait, ...]:
    firsts = [asking.take(read, 1)[0] for read in wanted]
    waits = []
    for read, first in zip(wanted, firsts, strict=True):
        asking.take(read, WARM_UP)
        before = asking.cpu
        took = sorted(asking.take(read, number))
        cpu = (asking.cpu - before) / number * 1000
        waits.append(Wait(read.title, cpu, took[number // 2], took[int(0.99 * number)], first, AT_MOST))
    return tuple(waits)
