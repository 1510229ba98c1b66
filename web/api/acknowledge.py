"""POST /api/alerts/{id}/read: a person has read an alert."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path

from ingest.operators.acknowledging import acknowledge
from processor.log import Appended
from processor.streams import StreamId
from web.answers import Answer
from web.callers import Writer
from web.problems import ANSWERS, Problem
from web.services import Use

router = APIRouter(prefix="/api/alerts", tags=["alerts"], responses=ANSWERS)


class ReadAnswer(Answer):
    """An alert that was read, now or before."""

    ok: bool = True
    alert_id: str
    read: bool = True
    message: str


@router.post("/{id:path}/read")
def acknowledge_alert(
    services: Use, caller: Writer, alert_id: Annotated[str, Path(alias="id", description="the alert's `alertId`")]
) -> ReadAnswer:
    """Mark an alert as read. Once is enough; again changes nothing."""
    alert = services.alerts.one(caller.tenant, alert_id)
    if alert is None:
        message = f"there is no alert {alert_id[:200]!r}"
        hint = "GET /api/alerts lists them, each with its alertId"
        raise Problem(HTTPStatus.NOT_FOUND, "unknown_alert", message, field="alertId", hint=hint)
    receipt = acknowledge(services.engine.recorder, services.clock, StreamId.parse(alert.stream), alert.id)
    first = isinstance(receipt.outcome, Appended)
    return ReadAnswer(alert_id=alert.id, message="marked as read" if first else "was read before")
