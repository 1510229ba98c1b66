"""The reconcile function, on a schedule: looks at what is due and wakes the sellers that have work.

A wake that was never sent, or was lost, is found here. `{"look": "due"}` looks at the index of what is due, a query per
seller: every minute, say. Anything else looks at delivery rows too, for attempts whose outcome nobody knows while
nothing is due: as many reads as there are listings, so every quarter of an hour, say.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from channels.attempts import Attempts
from channels.wakes import Wake, wake_letter
from processor.generations import Generations
from processor.queues import Queue
from processor.store import Store
from projections.broadcasts.fold import BroadcastsProjection
from projections.broadcasts.queries import BroadcastQueries
from syncstate.lambdas import telemetry
from syncstate.lambdas.runtime import parts
from syncstate.stores import SettingMissing

_log = structlog.get_logger("lambdas.reconcile")


def reconcile(
    store: Store, generations: Generations, work: Queue, sellers: Sequence[Wake], *, doubts: bool
) -> list[Wake]:
    """Wake those of `sellers` that have work, and return them. Raises Retryable."""
    schema = BroadcastsProjection.schema
    broadcasts = BroadcastQueries(store.models, partial(generations.live, BroadcastsProjection.name, schema))
    woken: list[Wake] = []
    for seller in sellers:
        due = bool(broadcasts.due(seller.tenant, seller.channel, 1))
        attempts = Attempts(store.registers, seller.channel)
        if due or (doubts and next(attempts.doubtful(seller.tenant), None) is not None):
            work.send([wake_letter(seller)])
            woken.append(seller)
    return woken


@telemetry.observed("reconcile")
def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Look, and answer whom was woken."""
    del context
    found = parts()
    if found.work is None:
        raise SettingMissing("work_queue", "it wakes the dispatcher")
    sellers = [Wake(found.settings.tenant, "amazon")] if found.settings.amazon_seller is not None else []
    doubts = not isinstance(event, Mapping) or event.get("look") != "due"
    woken = reconcile(found.store, found.runner.generations, found.work, sellers, doubts=doubts)
    telemetry.meter().count("Woken", len(woken))
    _log.info("reconcile.looked", sellers=len(sellers), woken=len(woken), doubts=doubts)
    return {"woken": [wake.tenant for wake in woken]}
