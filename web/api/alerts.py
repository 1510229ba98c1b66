"""GET /api/alerts: what a person should know, newest first."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import computed_field

from processor.clock import Instant
from projections.alerts.documents import Alert
from web.answers import Answer
from web.callers import Reader
from web.paging import Cursor, Limit, cursor, position
from web.problems import ANSWERS
from web.services import Services, Use

router = APIRouter(prefix="/api/alerts", tags=["alerts"], responses=ANSWERS)

CursorQuery = Annotated[Cursor, Query(alias="cursor")]


class AlertAnswer(Answer):
    """One alert. `sku` is empty where no SKU is meant; `read` tells whether a person has acknowledged it."""

    id: str
    type: str
    severity: str
    sku: str
    message: str
    quantity: int
    timestamp: Instant
    read: bool

    @computed_field  # type: ignore[prop-decorator]
    @property
    def alert_id(self) -> str:
        """The same as `id`."""
        return self.id


class AlertsAnswer(Answer):
    """A page of alerts: `count` of them, and how many are unread in all."""

    count: int
    unread_count: int
    alerts: tuple[AlertAnswer, ...]
    next_cursor: str | None


@router.get("")
def list_alerts(services: Use, caller: Reader, cursor_: CursorQuery = None, limit: Limit = 100) -> AlertsAnswer:
    """Return all alerts, a page at a time."""
    return _page(services, caller.tenant, *services.alerts.all(caller.tenant, position(cursor_), limit))


@router.get("/unread")
def list_unread_alerts(services: Use, caller: Reader, cursor_: CursorQuery = None, limit: Limit = 100) -> AlertsAnswer:
    """Return the alerts that nobody has acknowledged, a page at a time."""
    return _page(services, caller.tenant, *services.alerts.unread(caller.tenant, position(cursor_), limit))


def _page(services: Services, tenant: str, alerts: list[Alert], after: str | None) -> AlertsAnswer:
    return AlertsAnswer(
        count=len(alerts),
        unread_count=services.alerts.count_unread(tenant),
        alerts=tuple(AlertAnswer.model_validate(alert) for alert in alerts),
        next_cursor=cursor(after),
    )
