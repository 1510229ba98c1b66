"""The process dies, or a call fails, at every step of what it does; others go on, it tries again, all is well."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from itertools import count
from typing import NamedTuple

import pytest

from processor.events import Event
from processor.log import Append
from processor.models import Model
from processor.source import Doorbell
from processor.streams import StreamId
from stock.dispositions import Disposition
from stock.events import BroadcastAccepted
from stock.identities import CHANNEL, SKU
from tests.factories import a_count, a_return, a_sale, stated
from tests.properties.faults import DEATHS, FAILURES, Fault, Kind
from tests.properties.program import PURE
from tests.properties.strategies import ANN, BOB
from tests.properties.worker import ATTEMPTS, Worker
from tests.properties.world import World

SHIRT, SAME_SHIRT = StreamId(ANN, SKU, "T"), StreamId(BOB, SKU, "T")
CHANNEL_OF_SHIRT = StreamId(ANN, CHANNEL, "amazon:T")
SCRIBBLES = next(projection for projection in PURE if projection.name == "scribbles")
LEASES = timedelta(seconds=7)
MANY = 400
"""No story has so many steps."""

Part = Callable[[World, Worker], None]


class Story(NamedTuple):
    """`before` has happened when `act` begins, which fails once and is done again; `after` looks at the end."""

    before: Part
    act: Part
    after: Part


def facts(word: str) -> tuple[Event, ...]:
    return a_count(9, tx=f"{word}1"), a_sale(tx=f"{word}2"), a_return(2, Disposition.UNKNOWN, tx=f"{word}3")


def accepted(tx: str) -> Event:
    return stated(BroadcastAccepted(1, 5, 1), tx=tx)


def write(world: World, worker: Worker, word: str) -> None:
    appends = [Append(SHIRT, facts(word)), Append(SAME_SHIRT, facts(word)), Append(CHANNEL_OF_SHIRT, (accepted(word),))]
    world.append(worker, appends)
    bells = [Doorbell(stream, tuple(world.oracle.log[stream])) for stream in (SHIRT, SAME_SHIRT, CHANNEL_OF_SHIRT)]
    worker.ring(bells, settle=False)


def nothing(world: World, worker: Worker) -> None:
    """Nothing has happened yet."""


def first_facts(world: World, worker: Worker) -> None:
    write(world, worker, "first")


def more_facts(world: World, worker: Worker) -> None:
    write(world, worker, "more")
    worker.sweeper.sweep()


def all_is_there(world: World, worker: Worker) -> None:
    del worker
    for pair, position in world.positions.items():
        assert position == world.oracle.head(pair[1]), f"{pair} is behind"


def poison(world: World, worker: Worker) -> None:
    world.bugs.introduce("scribbles", SHIRT, 2, "raises")
    write(world, worker, "first")


def sweep_often(world: World, worker: Worker) -> None:
    del world
    for _ in range(ATTEMPTS):
        worker.sweeper.sweep()


def it_was_told(times: int) -> Part:
    def part(world: World, worker: Worker) -> None:
        del worker
        place = ("scribbles", SHIRT, 2)
        assert [stream for _, stream in world.held] == [SHIRT]
        assert world.told()[place] == world.episodes[place] == times

    return part


def fixed_poison(world: World, worker: Worker) -> None:
    stopped(world, worker)
    world.bugs.fix()


def stopped(world: World, worker: Worker) -> None:
    poison(world, worker)
    sweep_often(world, worker)
    world.check_log()
    world.check_models()
    assert world.held


def redrive(world: World, worker: Worker) -> None:
    del world
    worker.quarantine.redrive("scribbles", SHIRT)


def redrive_in_vain(world: World, worker: Worker) -> None:
    """Redrive a pair that fails still. It is done again only where it was not done."""
    if world.told()["scribbles", SHIRT, 2] == 1 and world.held:
        worker.quarantine.redrive("scribbles", SHIRT)
    sweep_often(world, worker)


def rebuild(world: World, worker: Worker) -> None:
    model = worker.rebuild.register("scribbles")
    world.clock.advance(LEASES)
    list(worker.rebuild.fill(model))
    if worker.rebuild.flip(model):
        world.clock.advance(LEASES)
        worker.rebuild.retire("scribbles")


def one_model_is_left(world: World, worker: Worker) -> None:
    all_is_there(world, worker)
    pointer = world.pointer(SCRIBBLES)
    assert (pointer.building, pointer.retiring) == (None, ())
    for generation in set(range(1, pointer.newest + 1)) - {pointer.live}:
        assert world.store.models.load(Model("scribbles", generation), [SHIRT, SAME_SHIRT]) == {}


STORIES = {
    "a write": Story(nothing, more_facts, all_is_there),
    "a write upon others": Story(first_facts, more_facts, all_is_there),
    "a stop by poison": Story(poison, sweep_often, it_was_told(1)),
    "a redrive": Story(fixed_poison, redrive, all_is_there),
    "a redrive in vain": Story(stopped, redrive_in_vain, it_was_told(2)),
    "a rebuild": Story(first_facts, rebuild, one_model_is_left),
}
KINDS: dict[str, tuple[Kind, ...]] = {"memory": (*FAILURES, *DEATHS), "sqlite": ("answer lost", "dies half-way")}
"""What each step of the engine does is the same on every store; one that joins writes and one that does not suffice."""


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize(("store", "fault"), [(store, kind) for store, kinds in KINDS.items() for kind in kinds])
def test_each_step_may_fail_once(store: str, fault: Kind, story: str) -> None:
    for place in count():
        assert place < MANY
        with closing(World(store)) as world:
            if not _fails(world, STORIES[story], Fault(fault, place)):
                break


def _fails(world: World, story: Story, fault: Fault) -> bool:
    """Tell the story with a fault; answer whether it struck."""
    worker, other, last = world.workers
    story.before(world, worker)
    _look(world)
    trouble = worker.trouble
    worker.attempt(lambda: story.act(world, worker), fault)
    _look(world)
    world.append(other, [Append(CHANNEL_OF_SHIRT, (accepted("meanwhile"),))])
    other.ring([Doorbell(CHANNEL_OF_SHIRT)])
    _look(world)
    story.act(world, worker)
    _look(world)
    for _ in range(ATTEMPTS):
        last.sweeper.sweep()
        _look(world)
    story.after(world, worker)
    return trouble.struck


def _look(world: World) -> None:
    world.tick()
    seen = {pair: at for pair, at in world.positions.items() if _live(world, pair[0])}
    world.check_log()
    world.check_models()
    for (model, stream), at in seen.items():
        now = Model(model.projection, _pointed(world, model.projection))
        assert world.positions[now, stream] >= at, f"{now} steps back on {stream}"


def _live(world: World, model: Model) -> bool:
    return _pointed(world, model.projection) == model.generation


def _pointed(world: World, name: str) -> int:
    return world.pointer(next(projection for projection in PURE if projection.name == name)).live
