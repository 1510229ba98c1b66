"""How a store and its read models stand, for operators."""

from channels.notices.reports import reports
from processor.clock import Instant
from processor.engine import Engine
from stock.identities import SKU
from web.answers import Answer
from web.counts import EVERY
from web.services import Services


class ProjectionStatus(Answer):
    """One projection: the generation that is read, those being built or retired, and how many streams lag."""

    name: str
    live: int
    building: int | None
    retiring: tuple[int, ...]
    lagging: int


class StoppedPair(Answer):
    """A stream that one projection cannot fold on, since event `version`."""

    projection: str
    stream: str
    version: int
    error: str


class TargetStatus(Answer):
    """A target that is told of alerts: messages given up, when last, when one was last delivered, and what waits.

    `waitingSince` is when the message was put together that is under way or is tried again; null where none is.
    """

    tenant: str
    target: str
    given_up: int
    gave_up_at: Instant | None
    delivered_at: Instant | None
    waiting_since: Instant | None


class StatusAnswer(Answer):
    """The store (`mode`), its streams by kind, what lags, what is stopped, what waits (`queueSize`), what is due.

    `deadLetters` counts records from outside that could not be taken and are kept. Streams and what lags are counted at
    `countedAt`: with more than 1,000 streams that is at the request before, or later. Counts of what lags, what is due,
    what is kept and what is unread end at 10,000.
    """

    mode: str
    instance: str
    counted_at: Instant
    streams: dict[str, int]
    skus: int
    projections: tuple[ProjectionStatus, ...]
    quarantined: tuple[StoppedPair, ...]
    dead_letters: int
    queue_size: int
    due_broadcasts: dict[str, int]
    unread_alerts: int
    notices: tuple[TargetStatus, ...]


def status_of(services: Services, tenant: str, *, every: bool) -> StatusAnswer:
    """Return how the streams of `tenant` stand, or of `every` tenant, and what is due and unread for `tenant`."""
    engine, whose = services.engine, EVERY if every else tenant
    counts = services.streams(whose)
    return StatusAnswer(
        mode=services.mode,
        instance=services.instance,
        counted_at=counts.at,
        streams=dict(counts.streams),
        skus=counts.streams.get(SKU, 0),
        projections=tuple(_projection(engine, name, late) for name, late in counts.lagging.items()),
        quarantined=tuple(
            StoppedPair(projection=s.projection, stream=str(s.stream), version=s.version, error=s.error)
            for s in engine.quarantine.stopped(whose or None)
        ),
        dead_letters=services.dead(tenant),
        queue_size=engine.recorder.queued,
        due_broadcasts={"amazon": services.due(tenant)},
        unread_alerts=services.unread(tenant),
        notices=tuple(TargetStatus.model_validate(report) for report in reports(engine.store.registers, whose or None)),
    )


def _projection(engine: Engine, name: str, late: int) -> ProjectionStatus:
    pointer = engine.generations.pointer(name, engine.runner.projections[name].schema)
    return ProjectionStatus(
        name=name,
        live=pointer.live,
        building=pointer.building,
        retiring=tuple(old.generation for old in pointer.retiring),
        lagging=late,
    )
