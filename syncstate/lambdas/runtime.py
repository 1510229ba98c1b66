"""What the functions stand on: built at the first call of a process, kept for the later ones.

Drivers are imported when they are needed: what a function does not use costs its cold start nothing.
"""

from dataclasses import dataclass
from functools import cache

from channels.wakes import WATCH, Waker
from processor.clock import Clock, system_clock
from processor.delivery import Delivery
from processor.generations import Generations
from processor.quarantine import Quarantine
from processor.queues import Queue
from processor.rung import Rung
from processor.runner import Runner
from processor.store import Store
from projections import PROJECTIONS
from stock.codec import decode
from syncstate.lambdas import telemetry
from syncstate.settings import Settings
from syncstate.stores import open_store


@dataclass(frozen=True)
class Parts:
    """The engine's parts that fold, without those that run in threads. Queues are None where none is set."""

    settings: Settings
    store: Store
    runner: Runner
    quarantine: Quarantine
    clock: Clock
    redo: Queue | None
    buffer: Queue | None
    work: Queue | None
    waker: Waker | None = None
    """Who is told of rings that watched `channels.wakes.WATCH`; None where no work queue is set."""


@cache
def settings() -> Settings:
    """Return the settings: the function's environment, read once."""
    return Settings(store="dynamodb")


@cache
def parts() -> Parts:
    """Return this process's parts. Raises StoreUnavailable where a client cannot be built."""
    found, clock = settings(), system_clock
    store = open_store(found, clock)
    generations = Generations(store.registers, clock)
    runner = Runner(store.log, store.models, generations, PROJECTIONS, decode)
    redo, buffer, work = (_queue(url) for url in (found.redo_queue, found.buffer_queue, found.work_queue))
    waker = None if work is None else Waker(work)
    return Parts(found, store, runner, Quarantine(store, runner, clock), clock, redo, buffer, work, waker)


def delivery() -> Delivery:
    """Return what takes doorbells. Raises as `parts` does."""
    found = parts()

    def heard(rung: Rung) -> None:
        telemetry.meter().rung(rung)
        if found.waker is not None:
            found.waker.heard(rung)

    watch = None if found.waker is None else WATCH
    return Delivery(found.runner, found.quarantine, found.redo, on_rung=heard, watch=watch)


def _queue(url: str | None) -> Queue | None:
    if url is None:
        return None
    from syncstate.queues import open_queue

    return open_queue(url)
