"""GET /metrics: for Prometheus."""

from contextlib import suppress

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from channels.notices.reports import reports
from processor.errors import ProcessorError
from web.callers import Reader
from web.problems import ANSWERS
from web.services import Use
from web.standing import Standing

router = APIRouter(tags=["health"], responses=ANSWERS)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "The values"}},
)
def get_metrics(services: Use, caller: Reader) -> Response:
    """Return counters and values in Prometheus's text format; no tenant is named.

    While the store does not answer, what it alone knows is left out.
    """
    engine = services.engine
    counters = {"events_appended": engine.recorder.appended}
    gauges = {"queue": engine.recorder.queued, "sweeper_running": int(engine.sweeper.running)}
    standing: Standing | None = None
    with suppress(ProcessorError):
        standing = services.standing("")
        gauges |= {
            "quarantined_pairs": standing.quarantined,
            "due_broadcasts": services.due(caller.tenant),
            "unread_alerts": services.unread(caller.tenant),
            "dead_letters": services.dead(caller.tenant),
        }
        counters["notices_given_up"] = sum(report.given_up for report in reports(engine.store.registers))
    text = services.metrics.text(counters, gauges, standing.lagging if standing else {})
    return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)
