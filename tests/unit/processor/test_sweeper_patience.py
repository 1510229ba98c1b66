"""A row that the runner keeps in memory, since no reader can tell the difference, is stored in its own time."""

from collections.abc import Callable, Iterator

import pytest

from processor.adapters.memory import MemoryStore
from processor.engine import Engine
from processor.log import Append
from processor.models import Model
from processor.source import Doorbell
from processor.streams import StreamId
from processor.sweeper import STORE_AFTER
from projections import PROJECTIONS
from stock.codec import decode
from tests.factories import a_sale, a_stream

HIDDEN, READ = Model("returns", 1), Model("inventory", 1)


@pytest.fixture
def engine() -> Iterator[Engine]:
    built = Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory")
    yield built
    built.close()


@pytest.fixture
def run(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let the sweeper's own loop look once, at such a moment."""
    now = [0.0]
    monkeypatch.setattr("processor.sweeper.monotonic", lambda: now[0])

    def at(moment: float) -> None:
        now[0], waits = moment, iter((False, True))
        monkeypatch.setattr(engine.sweeper._stop, "wait", lambda _: next(waits))  # noqa: SLF001 - its loop, without its thread
        engine.sweeper._run()  # noqa: SLF001

    return at


def position(engine: Engine, model: Model, stream: StreamId) -> int:
    row = engine.store.models.load(model, [stream]).get(stream)
    return row.positions[stream] if row else 0


def sold_here(engine: Engine) -> StreamId:
    stream = a_stream()
    engine.recorder.record([Append(stream, (a_sale(),))])
    return stream


def test_what_is_kept_here_is_stored_after_a_while(engine: Engine, run: Callable[[float], None]) -> None:
    stream = sold_here(engine)

    run(0)
    run(STORE_AFTER / 2)
    assert (position(engine, READ, stream), position(engine, HIDDEN, stream)) == (1, 0)

    run(STORE_AFTER)
    assert position(engine, HIDDEN, stream) == 1


def test_what_moves_on_meanwhile_is_not_kept_any_longer(engine: Engine, run: Callable[[float], None]) -> None:
    stream = sold_here(engine)
    run(0)
    engine.recorder.record([Append(stream, (a_sale(),))])

    run(STORE_AFTER)

    assert position(engine, HIDDEN, stream) == 2


def test_what_nobody_here_has_folded_is_swept_at_once(engine: Engine, run: Callable[[float], None]) -> None:
    lost = a_stream()
    engine.store.log.append([Append(lost, (a_sale(),))])

    run(0)

    assert (position(engine, READ, lost), position(engine, HIDDEN, lost)) == (1, 1)


def test_a_sweep_that_is_asked_for_stores_everything(engine: Engine) -> None:
    stream = sold_here(engine)

    engine.sweeper.sweep()

    assert position(engine, HIDDEN, stream) == 1


def test_only_what_is_kept_and_not_stored_counts_as_deferred(engine: Engine) -> None:
    stream, unknown = sold_here(engine), a_stream()

    assert engine.runner.defers(HIDDEN, stream)
    assert not engine.runner.defers(READ, stream)
    assert not engine.runner.defers(HIDDEN, unknown)
    assert not engine.runner.defers(Model("broadcasts", 1), a_stream(category="channel"))

    engine.runner.ring([Doorbell(stream)])
    assert not engine.runner.defers(HIDDEN, stream)
