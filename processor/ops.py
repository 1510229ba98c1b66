"""The engine's own events, appended to `<tenant>/ops/<projection>`: from them its alerts are folded."""

import msgspec

from processor.clock import Instant
from processor.events import Event
from processor.streams import StreamId, bounded_tx, stream_id

OPS = "ops"


class ProjectionQuarantined(msgspec.Struct, frozen=True, gc=False):
    """A (projection, stream) pair was stopped before event `version`, which cannot be folded."""

    projection: str
    generation: int
    stream: str
    version: int
    error: str


class ProjectionRedriven(msgspec.Struct, frozen=True, gc=False):
    """A stopped pair was set going again."""

    projection: str
    generation: int
    stream: str
    version: int


OpsEvent = ProjectionQuarantined | ProjectionRedriven


def ops_stream(tenant: str, projection: str) -> StreamId:
    """Return the stream of what befell one projection for one tenant."""
    return stream_id(tenant, OPS, projection)


def ops_event(fact: OpsEvent, episode: str, at: Instant) -> Event:
    """Return `fact` in its envelope. `episode` tells one stop of a pair from its next."""
    name = type(fact).__name__
    return Event(
        type=name,
        schema=1,
        data=msgspec.json.encode(fact),
        tx_id=bounded_tx(f"{name}:{fact.projection}@{fact.generation}:{episode}:{fact.version}:{fact.stream}"),
        digest=f"{fact.version}",
        occurred_at=at,
        source="processor",
    )
