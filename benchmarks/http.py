"""Ingest over HTTP, durable, beside Express, which keeps everything in memory."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks import parts, posting, servers
from benchmarks.places import postgres_missing, postgres_server
from benchmarks.posting import CONNECTIONS, Posted
from benchmarks.report import Row, Section
from benchmarks.rounds import interleave
from benchmarks.servers import Running

SINGLES, BATCHES = 1.2, 0.25
"""Targets, as ratios to Express in memory."""

BATCH = 100
CAUGHT_UP_WITHIN = 1.0
_FSYNCS = 1000
_PATIENCE = 120.0

_NOTE = f"""\
One process each, {CONNECTIONS} connections held by one `wrk` process. *One order*: a signed `orders/create` of one
line; both check the signature over the raw body, read the lines, count each line once and answer with the numbers after
it. Ours appends two events (the order's snapshot, the sale), folds four projections and answers after the fsync;
Express keeps its numbers in memory and loses them with the process. *Batches*: `POST /api/batch` with {BATCH} sales,
each with a `tx`. Within {CAUGHT_UP_WITHIN:g} s after every round the inventory that is read must hold what was answered
with success, and nothing twice (what was under way when the clock stopped aside). It and all documents are stored with
the event; rows that only the next fold needs are stored later, by the sweeper."""


Write = Callable[[Path, int, int], object]
"""Writes a file of so many requests from a seed."""

_PAIRS: tuple[tuple[str, Write, str, int, int, float], ...] = (
    ("one order", posting.orders, "/webhook/shopify", 1, 24_000, SINGLES),
    ("batches of 100", partial(posting.batches, size=BATCH), "/api/batch", BATCH, 9_000, BATCHES),
)
"""What is measured: name, requests, route, events in each, more requests than a second will see, target."""


class _Side:
    """Posts files of requests to one server, and remembers what it was told."""

    def __init__(self, running: Running, path: str, write: Write, each: int) -> None:
        self._running, self._path, self._write, self._each = running, path, write, each
        self.told: list[Posted] = []

    def post(self, file: Path, number: int, seed: int, seconds: float) -> Posted:
        """Post for so long, and return what came of it. Raises AssertionError where anything was refused."""
        self._write(file, number, seed)
        posted = posting.post(self._running.url, self._path, file, seconds)
        assert not posted.refused and not posted.broken, posted  # noqa: PT018 - a benchmark of refusals is none
        assert posted.requests <= number, "too few requests were written: the last ones were repeats"
        self.told.append(posted)
        return posted

    def rate(self, posted: Posted) -> float:
        """Return events per second."""
        return posted.requests * self._each / posted.seconds

    def latency(self, name: str) -> str:
        """Return the medians of p50 and p99 over the rounds."""
        told = self.told[1:] or self.told
        p50, p99 = (median(getattr(posted, at) for posted in told) for at in ("p50", "p99"))
        return f"{name}: p50 {p50:.1f} ms, p99 {p99:.1f} ms"


class _Ours(_Side):
    """Checks, after each round, that everything was counted once, and in time."""

    def __init__(self, running: Running, path: str, write: Write, each: int) -> None:
        super().__init__(running, path, write, each)
        self._sold = servers.sold_at_rest(running)

    def post(self, file: Path, number: int, seed: int, seconds: float) -> Posted:
        posted = super().post(file, number, seed, seconds)
        answered = self._sold + posted.requests * self._each
        servers.seconds_until(lambda: servers.sold(self._running) >= answered, CAUGHT_UP_WITHIN)
        self._sold = servers.sold_at_rest(self._running)
        # When the clock stops, a connection may have an answer that nobody read and its next request under way.
        under_way = self._sold - answered
        assert under_way <= 2 * CONNECTIONS * self._each, f"{under_way} more than {answered} were counted"
        return posted


def sections(folder: Path, rounds: int, *, quick: bool) -> Iterator[Section]:
    """Measure ingest on each SQL store."""
    absent = posting.missing()
    if absent is not None:
        yield Section(f"HTTP was not measured: {absent}.", "")
        return
    yield _measure("SQLite", folder, {}, rounds, quick=quick)
    yield parts.section(folder, rounds, quick=quick)
    if postgres_missing() is None:
        with postgres_server(folder) as create:
            settings = {"SYNCSTATE_STORE": "postgres", "SYNCSTATE_DATABASE_URL": create()}
            yield _measure("PostgreSQL", folder, settings, rounds, quick=quick)


def _measure(store: str, folder: Path, settings: dict[str, str], rounds: int, *, quick: bool) -> Section:
    seconds, seeds, file = 1.0 if quick else 3.0, count(1), folder / "requests"
    with ExitStack() as stack:
        peer = stack.enter_context(servers.express())
        own = stack.enter_context(servers.ours(folder / f"http-{store}", settings))
        rows, notes = [], [_NOTE]
        for name, write, path, each, most, target in _PAIRS:
            sides = {"ours": _Ours(own, path, write, each), "peer": _Side(peer, path, write, each)}
            number = int(most * seconds)
            turns = {key: partial(_turn, side, file, number, seeds, seconds) for key, side in sides.items()}
            found = interleave(rounds, turns)
            rows.append(Row(name, found["ours"], found["peer"], target))
            settled = servers.seconds_until(lambda: not servers.lagging(own), _PATIENCE)
            notes.append(
                f"{name}: {sides['ours'].latency('ours')}; {sides['peer'].latency('Express')}."
                f" Every row of ours was stored {settled:.1f} s after the last round."
            )
        notes.append(f"fsync of 4 KiB on this disk, meanwhile idle: p99 {_fsync_p99(folder):.2f} ms.")
        return Section(f"{store}: ingest over HTTP", "events/s", tuple(rows), tuple(notes))


def _turn(side: _Side, file: Path, number: int, seeds: "count[int]", seconds: float) -> float:
    return side.rate(side.post(file, number, next(seeds), seconds))


def _fsync_p99(folder: Path) -> float:
    """Return the slowest of a hundred fsyncs, in milliseconds."""
    took = []
    file = os.open(folder / "fsyncs", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        for _ in range(_FSYNCS):
            os.write(file, bytes(4096))
            began = time.perf_counter()
            os.fsync(file)
            took.append(time.perf_counter() - began)
    finally:
        os.close(file)
    return sorted(took)[int(0.99 * _FSYNCS)] * 1000
