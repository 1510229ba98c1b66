"""How many streams there are of each kind, and how many of them lag."""

from collections import Counter
from collections.abc import Mapping
from itertools import islice

import msgspec

from processor.clock import Clock, Instant
from processor.engine import Engine
from processor.log import EventLog
from processor.models import Model
from processor.ops import OPS
from stock.identities import CHANNEL, FEED, LINK, ORDER, PRODUCT, REVIEW, SKU, WAITING

COUNTED_AT_MOST = 10_000

EVERY = ""
"""In the place of a tenant: all of them."""

CATEGORIES = (SKU, ORDER, CHANNEL, REVIEW, PRODUCT, LINK, WAITING, FEED, OPS)


class Counts(msgspec.Struct, frozen=True):
    """What was counted of a tenant, or of EVERY one, at `at`.

    Streams by category, and by projection those that lag, up to COUNTED_AT_MOST.
    """

    streams: Mapping[str, int]
    lagging: Mapping[str, int]
    at: Instant

    @property
    def total(self) -> int:
        """How many streams there are."""
        return sum(self.streams.values())


def counts_of(engine: Engine, clock: Clock, whose: str) -> Counts:
    """Count. Its cost grows with the number of streams."""
    at = clock()
    streams = _of_tenant(engine.store.log, whose) if whose else _of_all(engine.store.log)
    lagging = {name: _late(engine, name, whose) for name in engine.runner.projections}
    return Counts(dict(sorted(streams.items())), lagging, at)


def _of_tenant(log: EventLog, tenant: str) -> Mapping[str, int]:
    found = {category: log.count(tenant, category) for category in CATEGORIES}
    return {category: number for category, number in found.items() if number}


def _of_all(log: EventLog) -> Mapping[str, int]:
    """Walk over all streams: how many a tenant has is counted faster, but nobody lists the tenants."""
    return Counter(stream.category for stream in log.streams())


def _late(engine: Engine, name: str, whose: str) -> int:
    """Count the streams that a projection is behind on."""
    projection = engine.runner.projections[name]
    live = engine.generations.pointer(name, projection.schema).live
    behind = engine.behind(Model(name, live))
    return sum(1 for _ in islice((stream for stream in behind if whose in {EVERY, stream.tenant}), COUNTED_AT_MOST))
