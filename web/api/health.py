"""GET /health, /health/ready and /api/status: whether the program answers, whether it can work, how it stands."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from processor.clock import Instant
from processor.errors import ProcessorError
from web.answers import Answer
from web.callers import Admin, Reader
from web.problems import ANSWERS
from web.services import Services, Use
from web.standing import COUNTED_AT_MOST, Standing
from web.status import StatusAnswer, status_of

router = APIRouter(tags=["health"], responses=ANSWERS)

STUCK_SECONDS = 120
"""A sweeper that has not looked at all streams for so long does not work; where looking takes long, it looks on."""


class HealthAnswer(Answer):
    """The program answers. `queueSize` counts requests that wait for a commit; `instance` names this run of it."""

    ok: bool = True
    status: str = "ok"
    queue_size: int
    timestamp: Instant
    instance: str


class ReadyAnswer(Answer):
    """Whether the program can work, and for each reason why not a sentence in `reasons`.

    `lagging` counts the streams that each projection has yet to store, of all tenants, up to 10,000 (null: not looked
    at on this store); what no reader sees, as at `alerts` and `returns`, is stored late on purpose. `quarantined` tells
    at how many streams a projection stopped: those stay as they were, and everything else goes on. Both may be of some
    seconds ago where there are many streams.
    """

    ok: bool
    status: str
    reasons: tuple[str, ...]
    lagging: dict[str, int | None]
    quarantined: int
    queue_size: int
    timestamp: Instant


@router.get("/health")
async def get_health(services: Use) -> HealthAnswer:
    """Answer at once, whatever the store does."""
    queued = services.engine.recorder.queued
    return HealthAnswer(queue_size=queued, timestamp=services.clock(), instance=services.instance)


@router.head("/health", include_in_schema=False)
async def head_health() -> Response:
    """Answer at once, with nothing."""
    return Response(media_type="application/json")


@router.get("/health/ready", responses={503: {"model": ReadyAnswer, "description": "It cannot work: see `reasons`"}})
def get_ready(services: Use, caller: Reader, response: Response) -> ReadyAnswer:
    """Tell whether the store answers, the read models can be read and are kept up, and the sweeper runs."""
    del caller  # a reason may name a file or a host, which is not for everybody
    reason = services.probe()
    try:
        standing = services.standing("")
    except ProcessorError as error:
        standing, reason = Standing({}, 0, (), 0), reason or str(error)
    reasons = (*([reason] if reason else []), *standing.outdated, *_late(services, standing), *_unswept(services))
    if reasons:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return ReadyAnswer(
        ok=not reasons,
        status="unready" if reasons else "ready",
        reasons=reasons,
        lagging=standing.lagging,
        quarantined=standing.quarantined,
        queue_size=services.engine.recorder.queued,
        timestamp=services.clock(),
    )


@router.head("/health/ready", include_in_schema=False)
def head_ready(services: Use, caller: Reader, response: Response) -> Response:
    """Answer the same, by the status alone."""
    get_ready(services, caller, response)
    return Response(status_code=response.status_code or HTTPStatus.OK, media_type="application/json")


def _late(services: Services, standing: Standing) -> list[str]:
    """Name what readers see too late. Rows that no reader sees may be stored late: their lag says little."""
    far = [name for name, streams in standing.lagging.items() if streams is not None and streams >= COUNTED_AT_MOST]
    folds = services.engine.runner.projections
    return [
        f"{name} is {COUNTED_AT_MOST:,} streams or more behind the log"
        for name in far
        if folds[name].readable(folds[name].initial())
    ]


def _unswept(services: Services) -> list[str]:
    sweeper = services.engine.sweeper
    if not services.sweeps:
        return []
    if not sweeper.running:
        return ["the sweeper does not run: what fails once is not tried again"]
    since = sweeper.seconds_since_look
    if since is not None and since > STUCK_SECONDS:
        return [f"the sweeper has not looked at the store for {since:.0f} seconds"]
    return []


@router.get("/api/status")
def get_status(services: Use, caller: Admin) -> StatusAnswer:
    """Return how the store and its read models stand. Its cost grows with the number of streams."""
    return status_of(services, caller.tenant, every=caller.operator)
