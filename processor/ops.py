"""The engine's own events, appended to `<tenant>/ops/<projection or source>`: from them its alerts are folded."""

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


class RecordQuarantined(msgspec.Struct, frozen=True, gc=False):
    """A record from outside could not be taken and is kept as a dead letter. `record` is its place at `source`."""

    source: str
    record: str
    error: str


class RecordReleased(msgspec.Struct, frozen=True, gc=False):
    """A dead letter waits no longer: it was taken after all, or `discarded` by an operator."""

    source: str
    record: str
    discarded: bool = False


PairEvent = ProjectionQuarantined | ProjectionRedriven
RecordEvent = RecordQuarantined | RecordReleased
OpsEvent = PairEvent | RecordEvent


def ops_stream(tenant: str, name: str) -> StreamId:
    """Return the stream of what befell one projection for one tenant, or the records of one source."""
    return stream_id(tenant, OPS, name)


def ops_event(fact: OpsEvent, episode: str, at: Instant) -> Event:
    """Return `fact` in its envelope. `episode` tells one stop of a pair, or stay of a record, from its next."""
    name = type(fact).__name__
    if isinstance(fact, RecordEvent):
        key = f"{name}:{episode}:{fact.record}"
    else:
        key = f"{name}:{fact.projection}@{fact.generation}:{episode}:{fact.version}:{fact.stream}"
    return Event(
        type=name,
        schema=1,
        data=msgspec.json.encode(fact),
        tx_id=bounded_tx(key),
        digest=ops_digest(fact),
        occurred_at=at,
        source="processor",
    )


def ops_digest(fact: OpsEvent) -> str:
    """Return what two tellings of one fact have in common. A record's place is in the key; its error may differ."""
    return "record" if isinstance(fact, RecordEvent) else f"{fact.version}"
