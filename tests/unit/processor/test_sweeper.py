"""P10 under the sweeper: whose work lags is folded, and nobody waits for another's backlog."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from processor.adapters.memory import MemoryStore
from processor.generations import Generations
from processor.models import Model
from processor.quarantine import Quarantine
from processor.rung import Rung
from processor.runner import Runner
from processor.streams import StreamId
from processor.sweeper import BATCH, Sweeper
from projections import InventoryProjection
from stock.codec import decode
from tests.factories import a_sale, a_stream, an_append
from tests.stores import FixedClock

INVENTORY = Model("inventory", 1)
PAGE = 50


class Floor:
    """A sweeper that never pauses, over one projection; `turns` counts its rings."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.store = MemoryStore(self.clock)
        generations = Generations(self.store.registers, self.clock)
        runner = Runner(self.store.log, self.store.models, generations, [InventoryProjection()], decode, page=PAGE)
        quarantine = Quarantine(self.store, runner, self.clock)
        self.turns = 0
        self.during: Callable[[int], None] = lambda _: None
        self.sweeper = Sweeper(self.store, runner, quarantine, period=0.0, on_rung=self._rung)

    def _rung(self, rung: Rung) -> None:
        del rung
        self.turns += 1
        self.during(self.turns)

    def append(self, stream: StreamId, number: int = 1) -> StreamId:
        self.store.log.append([an_append(stream, *(a_sale() for _ in range(number)))])
        return stream

    def at(self, stream: StreamId) -> int:
        row = self.store.models.load(INVENTORY, [stream]).get(stream)
        return row.positions[stream] if row else 0


@pytest.fixture
def floor(monkeypatch: pytest.MonkeyPatch) -> Floor:
    """A floor on which no time passes, so that a look is always due."""
    monkeypatch.setattr("processor.sweeper.monotonic", lambda: 0.0)
    return Floor()


def many_streams(floor: Floor) -> list[StreamId]:
    return [floor.append(a_stream("ann")) for _ in range(3000)]


def one_long_stream(floor: Floor) -> list[StreamId]:
    return [floor.append(a_stream("ann"), 1000) for _ in range(3)]


@pytest.mark.parametrize("backlog", [many_streams, one_long_stream])
def test_a_backlog_of_thousands_delays_another_tenant_by_one_batch_at_most(
    floor: Floor, backlog: Callable[[Floor], list[StreamId]]
) -> None:
    backlog(floor)
    single = floor.append(a_stream("bob"))
    arrived: list[int] = []
    floor.during = lambda turn: arrived.append(turn) if floor.at(single) and not arrived else None
    floor.sweeper.sweep()
    assert arrived[0] <= 2, "his own turn, and at most one before it"


@pytest.mark.parametrize("backlog", [many_streams, one_long_stream])
def test_what_comes_while_a_backlog_is_swept_does_not_wait_for_its_end(
    floor: Floor, backlog: Callable[[Floor], list[StreamId]]
) -> None:
    waiting, single, arrived = backlog(floor), a_stream("bob"), list[int]()

    def during(turn: int) -> None:
        if turn == 3:
            floor.append(single)
        if floor.at(single) and not arrived:
            arrived.append(turn)

    floor.during = during
    floor.sweeper.sweep()
    assert arrived, "the sweep ended without a look at him"
    assert arrived[0] <= 3 + 2, "the turn under way, and at most one before his own"
    while floor.sweeper.sweep():
        pass
    assert all(floor.at(stream) for stream in waiting)


def test_a_stream_that_moves_again_while_a_backlog_is_swept_is_swept_again(floor: Floor) -> None:
    waiting, single, arrived = one_long_stream(floor), floor.append(a_stream("bob")), list[int]()

    def during(turn: int) -> None:
        if turn == 6:
            floor.append(single)
        if floor.at(single) == 2 and not arrived:
            arrived.append(turn)

    floor.during = during
    floor.sweeper.sweep()
    assert arrived
    assert arrived[0] <= 6 + 2
    assert floor.at(waiting[0]) == 1000


def test_a_backlog_that_a_look_had_to_leave_out_is_looked_at_again_soon(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking takes ten seconds here; twenty times that would be waited for after a look that saw everything."""
    now, pauses = [0.0], list[float | None]()
    monkeypatch.setattr("processor.sweeper.monotonic", lambda: now[0])
    lagging = floor.store.models.lagging

    def slowly(model: Model, feeds: Mapping[str, str]) -> Iterator[StreamId]:
        now[0] += 10
        return lagging(model, feeds)

    def pause(seconds: float | None = None) -> bool:
        pauses.append(seconds)
        return len(pauses) > 3

    monkeypatch.setattr(floor.store.models, "lagging", slowly)
    monkeypatch.setattr("processor.sweeper.LONGEST_PAUSE", 1000.0)
    many_streams(floor)
    monkeypatch.setattr(floor.sweeper._stop, "wait", pause)  # noqa: SLF001 - its loop, without its thread
    floor.sweeper._run()  # noqa: SLF001
    assert pauses[1] == 10
    assert pauses[-1] == 200


def test_a_sweep_ends_although_some_pairs_cannot_move(floor: Floor) -> None:
    stuck = a_stream("ann")
    floor.store.log.append([an_append(stuck, a_sale()), an_append(stuck)])
    other = floor.append(a_stream("ann"))
    floor.sweeper.sweep()
    assert (floor.at(stuck), floor.at(other)) == (1, 1)
    assert floor.turns < BATCH


def test_a_sweep_brings_every_stream_to_its_head(floor: Floor) -> None:
    streams = [floor.append(a_stream(tenant), number) for tenant in ("ann", "bob") for number in (1, PAGE, 3 * PAGE)]
    folded = floor.sweeper.sweep()
    assert [floor.at(stream) for stream in streams] == [1, PAGE, 3 * PAGE] * 2
    assert folded == 2 * (1 + 4 * PAGE)
    assert floor.sweeper.sweep() == 0
