"""The benchmarks run, and what they compare is compared: figures are not asserted, for they belong to a machine."""

import re
from contextlib import closing
from itertools import pairwise

import msgspec
import pytest

from benchmarks.__main__ import main
from benchmarks.peer_model import FOLDS
from benchmarks.reads import reads
from benchmarks.report import Report
from benchmarks.rounds import Series, interleave, ratio
from benchmarks.shelves import Shelves
from benchmarks.traffic import TENANT, Traffic, appends, sale
from benchmarks.verify import verify_ours
from processor.adapters.memory import MemoryStore
from processor.clock import system_clock
from processor.engine import Engine
from processor.models import Commit, Document, Model
from processor.source import Doorbell
from processor.streams import StreamId
from projections import PROJECTIONS
from stock.codec import decode
from syncstate.settings import Settings
from syncstate.wiring import services
from web.app import create_app

APPENDS = ("one event, stored bytes", "one event, from the fact", "groups of 100, stored bytes")
APPLIES = (
    "batches of 100, warm models",
    "batches of 1,000, from empty models",
    "batches of 1,000, deferring, warm models",
)


@pytest.mark.slow
def test_a_quick_run_prints_a_row_for_each_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "sqlite", "--json"]) == 0
    report = msgspec.json.decode(capsys.readouterr().out, type=Report)
    rows = {row.name: row for section in report.sections for row in section.rows}
    for name in (*APPENDS, *APPLIES):
        row = rows[name]
        assert row.target is not None
        assert row.peer is not None
        assert min(*row.ours.rates, *row.peer.rates) > 0
    assert any(name.startswith("without hints") for name in rows)


@pytest.mark.slow
def test_a_quick_run_of_the_machines_limits_is_printed_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "machine"]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert sum("fsync" in line for line in told) == 1
    assert len({len(line) for line in told}) == 1


@pytest.mark.slow
def test_a_quick_run_of_reads_tells_how_long_each_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "reads", "--json"]) == 0
    section, *_ = msgspec.json.decode(capsys.readouterr().out, type=Report).sections
    assert len(section.waits) == len(list(reads(Shelves(3000, 1100))))
    assert all(0 < wait.p50 <= wait.p99 for wait in section.waits)


NOT_MEASURED = {
    "/api/quarantine/{projection}/{stream}": "nothing is stopped in the shop that is measured",
    "/api/events": "the same answer as with the SKU in the path, as are the next four",
    "/api/explain": "",
    "/api/buffer": "",
    "/api/threshold": "",
    "/api/transactions": "",
    "/api/dead-letters": "an operator's, of what is kept apart",
    "/api/dead-letters/{record}": "one of them",
    "/api/sync": "an operator's: two counts, and a few registers",
    "/api/links": "as many reads as names are asked for",
    "/api/mapping/health": "looks at every SKU: it takes as long as a walk through them",
    "/api/sync/questions": "nothing is to be decided in the shop that is measured",
    "/api/mapping/unmapped": "read from the orders' own streams, a page of them",
}


def test_every_get_route_is_measured_or_has_a_reason_not_to_be() -> None:
    with closing(Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory")) as engine:
        paths = create_app(services(Settings(store="memory"), engine, system_clock)).openapi()["paths"]
    asked = {read.path for read in reads(Shelves(3000, 1100))}
    patterns = {path: re.compile(re.sub(r"\\{[a-z_A-Z]+\\}", ".+", re.escape(path))) for path in paths}
    measured = {path for path, pattern in patterns.items() if any(map(pattern.fullmatch, asked))}
    assert {path for path in paths if "get" in paths[path]} - measured == set(NOT_MEASURED)


def test_the_sides_of_a_comparison_take_turns_and_the_first_round_does_not_count() -> None:
    turns: list[str] = []

    def side(name: str) -> float:
        turns.append(name)
        return float(len(turns))

    found = interleave(3, {"a": lambda: side("a"), "b": lambda: side("b")})
    assert turns == ["a", "b"] * 4
    assert found == {"a": Series((3.0, 5.0, 7.0)), "b": Series((4.0, 6.0, 8.0))}
    assert ratio(found["a"], found["b"]).rates == (3 / 4, 5 / 6, 7 / 8)


def test_traffic_is_the_same_for_the_same_seed_skewed_and_about_250_bytes_an_event() -> None:
    arrivals = Traffic().arrivals(5000)
    assert arrivals == Traffic().arrivals(5000)
    counts = sorted((sum(1 for s, _ in arrivals if s == stream) for stream in {s for s, _ in arrivals}), reverse=True)
    assert all(more >= fewer for more, fewer in pairwise(counts))
    assert counts[0] > 20 * counts[len(counts) // 2]
    sizes = [len(msgspec.json.encode((stream, event))) for stream, event in arrivals]
    assert 200 < sum(sizes) / len(sizes) < 400


def a_folded_store() -> MemoryStore:
    store = MemoryStore()
    arrivals = Traffic().arrivals(500)
    store.log.append(appends(arrivals))
    engine = Engine(store, FOLDS, decode, watch="inventory")
    engine.runner.ring(Doorbell(stream) for stream in {stream for stream, _ in arrivals})
    engine.close()
    return store


def test_verifying_counts_the_events_of_a_model_that_is_right() -> None:
    assert verify_ours(a_folded_store()) == 500


@pytest.mark.parametrize("projection", [fold.name for fold in FOLDS])
def test_verifying_finds_a_row_that_is_not_its_fold(projection: str) -> None:
    store, model = a_folded_store(), Model(projection, 1)
    key = _first(store)
    row = store.models.load(model, [key])[key]
    assert store.models.commit([Commit(model, key, msgspec.structs.replace(row, state=row.state + b" "))]) == [True]
    with pytest.raises(AssertionError, match="rows differ"):
        verify_ours(store)


def test_verifying_finds_a_row_that_is_behind() -> None:
    store = a_folded_store()
    store.log.append([sale(_first(store), 999_999)])
    with pytest.raises(AssertionError, match="rows differ"):
        verify_ours(store)


def test_verifying_finds_a_document_too_many() -> None:
    store, model = a_folded_store(), Model("returns", 1)
    key = _first(store)
    row = store.models.load(model, [key])[key]
    [listed] = store.models.query(model, TENANT, 1, "all", limit=1).items
    document = store.models.get(model, TENANT, [listed.id])[listed.id]
    copy = Document("another", document.body, document.keys)
    assert store.models.commit([Commit(model, key, row, (copy,))]) == [True]
    with pytest.raises(AssertionError, match="too many"):
        verify_ours(store)


def _first(store: MemoryStore) -> StreamId:
    return next(store.log.streams())


@pytest.mark.slow
def test_a_quick_run_of_what_is_sold_out_at_once_passes_no_limit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "soldout", "--json"]) == 0
    [section] = msgspec.json.decode(capsys.readouterr().out, type=Report).sections
    ours, without, every = section.drains
    assert (ours.feeds, without.feeds, every.feeds) == (1, 0, 0)
    assert ours.gone < without.gone < every.gone
    assert ours.oversold < without.oversold < every.oversold
    assert {drain.throttled for drain in section.drains} == {0}


@pytest.mark.slow
def test_a_quick_run_tells_how_long_a_sale_takes_to_the_listing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "shown", "--json"]) == 0
    [section] = msgspec.json.decode(capsys.readouterr().out, type=Report).sections
    assert {"memory", "SQLite"} <= {lag.name for lag in section.lags}
    assert all(0 < lag.p50 <= lag.p95 <= lag.slowest for lag in section.lags)
