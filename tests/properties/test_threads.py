"""Writers, doorbells and sweepers in real threads, several engines over one store as several processes would have."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from random import Random
from typing import NamedTuple

import pytest

from processor.engine import Engine
from processor.log import Append, Appended, Duplicate
from processor.receipts import Receipt
from processor.source import Doorbell
from processor.store import Store
from processor.streams import StreamId
from projections.inventory.documents import Numbers
from stock.codec import decode
from tests.contracts.threads import at_once, insisting
from tests.factories import a_count, a_sale, an_append
from tests.properties.oracle import Oracle
from tests.properties.program import PURE
from tests.properties.strategies import ANN, BOB
from tests.stores import Eventually, FixedClock

STREAMS = (
    StreamId(ANN, "sku", "T"),
    StreamId(BOB, "sku", "T"),
    StreamId(ANN, "channel", "amazon:T"),
)
ROUNDS = {"memory": 40, "sqlite": 20, "postgres": 12, "dynamodb": 6}
THREADS = 6


class Told(NamedTuple):
    """What one thread was told: of each fact, the version it has."""

    versions: dict[tuple[StreamId, str], int]
    appended: Counter[tuple[StreamId, str]]


@pytest.fixture
def engines(store: Store, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Engine]]:
    """Three engines that know nothing of each other; no fold is ever late."""
    monkeypatch.setattr("processor.recorder.INLINE_SECONDS", 60.0)
    with ExitStack() as stack:
        built = [Engine(store, PURE, decode, watch="inventory", clock=clock) for _ in range(3)]
        for engine in built:
            stack.callback(engine.close)
        yield built


def settle(engine: Engine, store: Store, eventually: Eventually) -> Oracle:
    """Sweep until nothing lags; every row must then be the fold of its streams. Returns the log."""
    oracle = Oracle(FixedClock())
    oracle.log = store.log.read_many(dict.fromkeys(STREAMS, 0), 100_000)

    def behind() -> list[str]:
        insisting(engine.sweeper.sweep)
        return [
            f"{projection.name} of {key}"
            for projection in PURE
            for key, streams in oracle.rows(projection).items()
            if (row := store.models.load(engine.live(projection.name), [key]).get(key)) is None
            or dict(row.positions) != {stream: oracle.head(stream) for stream in streams}
        ]

    eventually(behind, [])
    for projection in PURE:
        for key, streams in oracle.rows(projection).items():
            check_row(engine, oracle, projection.name, key)
            folded = oracle.fold(projection, key, {stream: oracle.head(stream) for stream in streams})
            found = store.models.get(engine.live(projection.name), key.tenant, sorted(folded.touched))
            assert {id_: document.body for id_, document in found.items()} == {
                id_: document.body for id_, document in folded.documents.items()
            }
    return oracle


def check_row(engine: Engine, oracle: Oracle, name: str, key: StreamId) -> None:
    """The row as it is now is the fold of the events up to its positions."""
    projection = next(known for known in PURE if known.name == name)
    row = engine.store.models.load(engine.live(name), [key]).get(key)
    if row is not None:
        assert row.state == oracle.fold(projection, key, row.positions).state, f"{name} of {key}"


def test_rings_writers_and_sweepers_at_once_lose_nothing_and_count_nothing_twice(
    engines: list[Engine], store: Store, kind: str, eventually: Eventually
) -> None:
    def life(number: int) -> Told:
        rng, engine, told = Random(number), engines[number % len(engines)], Told({}, Counter())
        for turn in range(ROUNDS[kind]):
            stream = rng.choice(STREAMS)
            # Every other fact is one that another thread sends too.
            tx = f"shared-{turn}" if turn % 2 else f"{number}-{turn}"
            (receipt,) = insisting(partial(engine.recorder.record, [an_append(stream, a_sale(tx=tx))]))
            note(told, receipt, tx)
            match rng.randrange(4):
                case 0:
                    seen = list(store.log.read(stream, limit=rng.randrange(1, 20)))
                    rng.shuffle(seen)
                    insisting(partial(engine.runner.ring, [Doorbell(stream, tuple(seen))]))
                case 1:
                    insisting(lambda: engine.runner.ring([Doorbell(other) for other in STREAMS]))
                case 2 if kind != "dynamodb":
                    insisting(engine.sweeper.sweep) if number < len(engines) else None
                case _:
                    look(engine, store, stream)
        return told

    told = at_once(THREADS, life)
    oracle = settle(engines[0], store, eventually)
    for events in oracle.log.values():
        assert [event.version for event in events] == list(range(1, len(events) + 1))
        assert len({event.tx_id for event in events}) == len(events)
    facts = {(stream, event.tx_id): event.version for stream, events in oracle.log.items() for event in events}
    assert all(facts[fact] == version for one in told for fact, version in one.versions.items())
    assert max(sum((one.appended for one in told), Counter()).values()) == 1, "one alone is told: appended"
    assert facts.keys() == {fact for one in told for fact in one.versions}


def note(told: Told, receipt: Receipt, tx: str) -> None:
    match receipt.outcome:
        case Appended() as outcome:
            told.appended[receipt.stream, tx] += 1
            told.versions[receipt.stream, tx] = outcome.version
        case Duplicate(version):
            told.versions[receipt.stream, tx] = version
        case other:
            pytest.fail(f"{tx} was answered {other}")


def look(engine: Engine, store: Store, stream: StreamId) -> None:
    """A reader takes a row and folds the log up to it himself."""
    key = stream if stream.category == "sku" else StreamId(stream.tenant, "sku", "T")
    row = store.models.load(engine.live("inventory"), [key]).get(key)
    if row is not None:
        oracle = Oracle(FixedClock())
        oracle.log = store.log.read_many(dict.fromkeys(row.positions, 0), 100_000)
        projection = next(known for known in PURE if known.name == "inventory")
        assert row.state == oracle.fold(projection, key, row.positions).state


def test_of_concurrent_sales_each_answer_has_its_own_number(
    engines: list[Engine], store: Store, kind: str, eventually: Eventually
) -> None:
    """Where append and fold are one commit no answer is without a number; elsewhere another's ring may come first."""
    stream, sales = STREAMS[0], THREADS * ROUNDS[kind]
    engines[0].recorder.record([an_append(stream, a_count(1000))])

    def sell(number: int) -> list[Receipt]:
        engine = engines[number % len(engines)]
        return [
            insisting(partial(engine.recorder.record, [Append(stream, (a_sale(tx=f"{number}-{turn}"),))]))[0]
            for turn in range(ROUNDS[kind])
        ]

    receipts = [receipt for several in at_once(THREADS, sell) for receipt in several]
    after = [receipt.after.physical for receipt in receipts if isinstance(receipt.after, Numbers)]
    assert len(set(after)) == len(after), "no two sales left the same number"
    assert set(after) <= set(range(1000 - sales, 1000))
    if store.joins:
        assert len(after) == sales
    settle(engines[1], store, eventually)
    row = store.models.load(engines[2].live("inventory"), [stream])[stream]
    assert row.positions == {stream: sales + 1}
