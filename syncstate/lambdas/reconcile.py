"""The reconcile function, on a schedule: looks at what is due and wakes the sellers that have work.

A wake that was never sent, or was lost, is found here. `{"look": "due"}` looks at the index of what is due and of what
word is awaited for long, and whether the walk over all listings has something to look at: a few reads per seller, every
minute, say. Anything else looks at delivery rows too, for attempts whose outcome nobody knows while nothing is due: as
many reads as there are listings, so every quarter of an hour, say.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from channels.attempts import Attempts
from channels.decisions import CONFIRM_AFTER
from channels.orders_place import Places
from channels.passes import Passes
from channels.requests import RequestBook
from channels.wakes import Wake, wake_letter
from processor.clock import Clock, later
from processor.generations import Generations
from processor.queues import Queue
from processor.registers import Registers
from processor.store import Store
from projections.broadcasts.fold import BroadcastsProjection
from projections.broadcasts.queries import BroadcastQueries
from syncstate.lambdas import telemetry
from syncstate.lambdas.runtime import parts
from syncstate.stores import SettingMissing

_log = structlog.get_logger("lambdas.reconcile")


def reconcile(  # noqa: PLR0913 - the parts of a process without an engine
    store: Store, generations: Generations, work: Queue, sellers: Sequence[Wake], clock: Clock, *, doubts: bool
) -> list[Wake]:
    """Wake those of `sellers` that have work, and return them. Raises Retryable."""
    schema = BroadcastsProjection.schema
    broadcasts = BroadcastQueries(store.models, partial(generations.live, BroadcastsProjection.name, schema))
    woken: list[Wake] = []
    for seller in sellers:
        attempts = Attempts(store.registers, seller.channel)
        if (
            broadcasts.due(seller.tenant, seller.channel, 1)
            or broadcasts.awaited(seller.tenant, seller.channel, later(clock(), -CONFIRM_AFTER), 1)
            or _walks(store.registers, seller, clock)
            or _polls(store.registers, seller, clock)
            or (doubts and next(attempts.doubtful(seller.tenant), None) is not None)
        ):
            work.send([wake_letter(seller)])
            woken.append(seller)
    return woken


def _walks(registers: Registers, seller: Wake, clock: Clock) -> bool:
    """Whether listings are to be looked at."""
    place, _ = Passes(registers, seller.channel, clock).read(seller.tenant)
    return place.due(RequestBook(registers, seller.channel).read(seller.tenant), clock())


def _polls(registers: Registers, seller: Wake, clock: Clock) -> bool:
    """Whether orders are to be asked for, by a dispatcher that asked for any before."""
    place, revision = Places(registers, seller.channel).read(seller.tenant, clock())
    return bool(revision) and place.due(clock())


@telemetry.observed("reconcile")
def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Look, and answer whom was woken."""
    del context
    found = parts()
    if found.work is None:
        raise SettingMissing("work_queue", "it wakes the dispatcher")
    sellers = [Wake(found.settings.tenant, "amazon")] if found.settings.amazon_seller is not None else []
    doubts = not isinstance(event, Mapping) or event.get("look") != "due"
    woken = reconcile(found.store, found.runner.generations, found.work, sellers, found.clock, doubts=doubts)
    telemetry.meter().count("Woken", len(woken))
    _log.info("reconcile.looked", sellers=len(sellers), woken=len(woken), doubts=doubts)
    return {"woken": [wake.tenant for wake in woken]}
