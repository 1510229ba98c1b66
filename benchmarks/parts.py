"""What one order costs in each part of the way, one thread and nothing else running: where the time of HTTP goes."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

from benchmarks import posting
from benchmarks.posting import OPENING, SECRET, SHOP, name_of
from benchmarks.report import Row, Section
from benchmarks.rounds import interleave, rate
from benchmarks.traffic import SKUS
from ingest.outcome import Outcome, Taken
from ingest.prepared import Prepared
from processor.adapters.sql.schema import events
from processor.adapters.sql.sqlite.connections import CHECKPOINT_PAGES
from processor.adapters.sql.store import SqlStore
from syncstate.settings import Settings
from syncstate.wiring import System, assembled
from web.api.order_answers import answer_of

TOGETHER = 16
"""Orders in one commit: about what 32 connections bring."""

_NOTE = f"""\
Orders per second in each part, by one thread with the machine to itself, {TOGETHER} orders a commit: what a part would
reach if it were all there is. *Decided*: the signature is checked, the body read, the facts made. *Recorded*: both
events appended, four projections folded, all of it committed and synced. *The same rows alone*: the least that SQLite
can do for that, plain statements on the same tables, with the same commits and no program around them. *Answered*: the
answer is put together and written as JSON. The parts that are Python share one interpreter lock; HTTP itself comes on
top."""

_STATE = 90
_STREAM = "INSERT INTO streams (id, name) VALUES (?, ?)"
_HEAD = "INSERT INTO heads (stream_id, category, shard, version) VALUES (?, ?, ?, 1)"
_ROW = "INSERT INTO rows (id, revision, version, extras, state) VALUES (?, 1, 1, 0, ?)"
_COLUMNS = [column.name for column in events.c]
_EVENT = f"INSERT INTO events ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' for _ in _COLUMNS)})"  # noqa: S608 - ours
_MOVE_HEAD = "UPDATE heads SET version = version + 1 WHERE stream_id = ?"
_MOVE_ROW = "UPDATE rows SET revision = revision + 1, version = version + 1, state = ? WHERE id = ?"

_Signed = tuple[dict[str, str], bytes]


def section(folder: Path, rounds: int, *, quick: bool) -> Section:
    """Measure the parts of one order's way, on SQLite."""
    number = 320 if quick else 6_400
    settings = Settings(data=folder / "parts", shopify_secrets={SHOP: [SECRET]})
    with assembled(settings, channels=False) as system, closing(_Bare(folder / "bare" / "bare.db")) as bare:
        _stock(system)
        way, seeds = _Way(system, folder / "orders", number), count(1)
        sides = {
            "decided": lambda: rate(number, partial(way.decide, way.write(next(seeds)))),
            "recorded": lambda: rate(number, way.record),
            "answered": lambda: rate(number, way.answer),
            "the same rows alone": lambda: rate(number, partial(bare.write, number)),
        }
        found = interleave(rounds, sides)
    rows = tuple(Row(name, series) for name, series in found.items())
    return Section("SQLite: the parts of one order's way", "orders/s", rows, (_NOTE,))


class _Way:
    """Takes orders a part of the way at a time."""

    def __init__(self, system: System, file: Path, number: int) -> None:
        self._services, self._file, self._number = system.services, file, number
        self._decided: list[Prepared[Outcome | None]] = []
        self._taken: list[Taken] = []

    def write(self, seed: int) -> list[_Signed]:
        """Return new orders, their headers read."""
        signed = []
        for line in posting.orders(self._file, self._number, seed).read_text().splitlines():
            *headers, body = line.split("\t")
            named = (header.split(": ", 1) for header in headers)
            signed.append(({name.lower(): value for name, value in named}, body.encode()))
        return signed

    def decide(self, signed: Sequence[_Signed]) -> None:
        door = self._services.door
        found = [door.prepare("default", headers, body) for headers, body in signed]
        self._decided = [prepared for prepared in found if isinstance(prepared, Prepared)]
        assert len(self._decided) == self._number

    def record(self) -> None:
        recorder, done = self._services.engine.recorder, []
        for first in range(0, self._number, TOGETHER):
            some = self._decided[first : first + TOGETHER]
            futures = [recorder.submit(prepared.appends, prepared.gate) for prepared in some]
            done += [prepared.finish(future.result()) for prepared, future in zip(some, futures, strict=True)]
        self._taken = [outcome for outcome in done if isinstance(outcome, Taken)]
        assert len(self._taken) == self._number

    def answer(self) -> None:
        for taken in self._taken:
            answer_of(taken, self._services.inventory).model_dump_json()


class _Bare:
    """Writes the rows that an order leaves behind, in our tables, and does nothing else."""

    def __init__(self, path: Path) -> None:
        SqlStore.sqlite(path).close()
        self._connection = sqlite3.connect(path, isolation_level=None)
        for setting in ("synchronous = FULL", f"wal_autocheckpoint = {CHECKPOINT_PAGES}", "cache_size = -65536"):
            self._connection.execute(f"PRAGMA {setting}")
        self._orders, self._times = count(1), "2026-11-20T10:00:00.000000Z"
        skus = range(1, SKUS + 1)
        self._run("BEGIN", _STREAM, ((sku, f"default/sku/{name_of(sku)}") for sku in skus))
        self._run("", _HEAD, ((sku, "sku", sku % 64) for sku in skus))
        self._run("", _ROW, ((sku << 16 | 1, bytearray(_STATE)) for sku in skus))
        self._connection.commit()

    def write(self, number: int) -> None:
        for _ in range(0, number, TOGETHER):
            orders = [next(self._orders) for _ in range(TOGETHER)]
            sold = [order * 7919 % SKUS + 1 for order in orders]
            names = [5 * 10**18 + order for order in orders]
            streams = [SKUS + order for order in orders]
            self._run(
                "BEGIN IMMEDIATE", _STREAM, zip(streams, (f"default/order/shopify:{n}" for n in names), strict=True)
            )
            self._run("", _HEAD, ((stream, "order", stream % 64) for stream in streams))
            seen = ((s, 1, "OrderSeen", 160, f"seen:{n}:{'d' * 32}") for s, n in zip(streams, names, strict=True))
            self._run("", _EVENT, map(self._event, seen))
            sales = zip(sold, orders, names, strict=True)
            self._run("", _EVENT, (self._event((s, o, "SaleRecorded", 60, f"shopify:line:{n}:1")) for s, o, n in sales))
            self._run("", _MOVE_HEAD, ((sku,) for sku in sold))
            self._run("", _MOVE_ROW, ((bytearray(_STATE), sku << 16 | 1) for sku in sold))
            self._connection.commit()

    def _run(self, first: str, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        if first:
            self._connection.execute(first)
        self._connection.executemany(statement, rows)

    def _event(self, told: tuple[int, int, str, int, str]) -> tuple[object, ...]:
        stream, version, kind, size, tx = told
        about = (self._times, self._times, "shopify", f"default/order/{tx}@1", tx)
        return (stream, version, kind, 1, bytearray(size), tx, "d" * 32, *about)

    def close(self) -> None:
        self._connection.close()


def _stock(system: System) -> None:
    for first in range(0, SKUS, 1000):
        items = [{"sku": name_of(number), "quantity": OPENING} for number in range(first, first + 1000)]
        body = json.dumps({"orderId": f"init-parts-{first}", "items": items}).encode()
        system.services.door.receive("default", {}, body)
