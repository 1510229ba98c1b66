"""GET /health and /api/status: whether the program answers, and how it stands."""

from fastapi import APIRouter

from processor.clock import Instant
from web.answers import Answer
from web.callers import Admin
from web.problems import ANSWERS
from web.services import Use
from web.status import StatusAnswer, status_of

router = APIRouter(tags=["health"], responses=ANSWERS)


class HealthAnswer(Answer):
    """The program answers. `queueSize` counts requests that wait for a commit; `instance` names this run of it."""

    ok: bool = True
    status: str = "ok"
    queue_size: int
    timestamp: Instant
    instance: str


@router.get("/health")
async def get_health(services: Use) -> HealthAnswer:
    """Answer at once, whatever the store does."""
    queued = services.engine.recorder.queued
    return HealthAnswer(queue_size=queued, timestamp=services.clock(), instance=services.instance)


@router.get("/api/status")
def get_status(services: Use, caller: Admin) -> StatusAnswer:
    """Return how the store and its read models stand. Its cost grows with the number of streams."""
    return status_of(services, caller.tenant)
