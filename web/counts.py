"""How many streams there are of each kind, and how many of them lag: what a walk over all of them tells."""

from collections import Counter
from collections.abc import Mapping
from itertools import islice

import msgspec

from processor.clock import Clock, Instant
from processor.engine import Engine
from processor.models import Model

COUNTED_AT_MOST = 10_000

EVERY = ""
"""In the place of a tenant: all of them."""


class Counts(msgspec.Struct, frozen=True):
    """What a walk over the streams of a tenant, or of EVERY one, has counted at `at`.

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
    streams = Counter(stream.category for stream in engine.store.log.streams(whose or None))
    lagging = {name: _late(engine, name, whose) for name in engine.runner.projections}
    return Counts(dict(sorted(streams.items())), lagging, at)


def _late(engine: Engine, name: str, whose: str) -> int:
    """Count the streams that a projection is behind on."""
    projection = engine.runner.projections[name]
    live = engine.generations.pointer(name, projection.schema).live
    behind = engine.store.models.lagging(Model(name, live), projection.feeds)
    return sum(1 for _ in islice((stream for stream in behind if whose in {EVERY, stream.tenant}), COUNTED_AT_MOST))
