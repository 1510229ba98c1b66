"""How a store and its read models stand, for operators."""

from collections import Counter
from itertools import islice

from channels.notices.reports import reports
from processor.clock import Instant
from processor.engine import Engine
from processor.models import Model
from web.answers import Answer
from web.services import Services

COUNTED_AT_MOST = 10_000


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

    Counts of what lags and what is due end at COUNTED_AT_MOST.
    """

    mode: str
    instance: str
    streams: dict[str, int]
    skus: int
    projections: tuple[ProjectionStatus, ...]
    quarantined: tuple[StoppedPair, ...]
    queue_size: int
    due_broadcasts: dict[str, int]
    unread_alerts: int
    notices: tuple[TargetStatus, ...]


def status_of(services: Services, tenant: str, *, every: bool) -> StatusAnswer:
    """Return how the streams of `tenant` stand, or of `every` tenant, and what is due and unread for `tenant`."""
    engine, whose = services.engine, None if every else tenant
    streams = Counter(stream.category for stream in engine.store.log.streams(whose))
    due = services.broadcasts.due(tenant, "amazon", COUNTED_AT_MOST)
    return StatusAnswer(
        mode=services.mode,
        instance=services.instance,
        streams=dict(sorted(streams.items())),
        skus=streams["sku"],
        projections=tuple(_projection(engine, name, whose) for name in engine.runner.projections),
        quarantined=tuple(
            StoppedPair(projection=s.projection, stream=str(s.stream), version=s.version, error=s.error)
            for s in engine.quarantine.stopped(whose)
        ),
        queue_size=engine.recorder.queued,
        due_broadcasts={"amazon": len(due)},
        unread_alerts=services.alerts.count_unread(tenant),
        notices=tuple(TargetStatus.model_validate(report) for report in reports(engine.store.registers, whose)),
    )


def _projection(engine: Engine, name: str, whose: str | None) -> ProjectionStatus:
    projection = engine.runner.projections[name]
    pointer = engine.generations.pointer(name, projection.schema)
    behind = engine.store.models.lagging(Model(name, pointer.live), projection.feeds)
    lagging = (stream for stream in behind if whose in {None, stream.tenant})
    return ProjectionStatus(
        name=name,
        live=pointer.live,
        building=pointer.building,
        retiring=tuple(old.generation for old in pointer.retiring),
        lagging=sum(1 for _ in islice(lagging, COUNTED_AT_MOST)),
    )
