"""GET /api/alerts: what a person should know, newest first."""

from collections.abc import Sequence
from typing import Annotated, Literal, get_args

import msgspec
from fastapi import APIRouter, Path, Query, Response
from pydantic import computed_field

from processor.clock import Instant
from projections.alerts.documents import Alert
from stock.dispositions import Severity
from web.answers import Answer, lean, sent
from web.callers import Reader
from web.paging import Cursor, Limit, cursor, position
from web.problems import ANSWERS, invalid
from web.services import Services, Use
from web.skus import OneSku, named

router = APIRouter(prefix="/api/alerts", tags=["alerts"], responses=ANSWERS)

CursorQuery = Annotated[Cursor, Query(alias="cursor")]
Wanted = Severity | Literal["all", "unread"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


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
    """A page of alerts: `count` of them, and how many are unread in all, whatever was asked for.

    `unreadCount` is exact up to 200; above that it is the count at the time of the request before, or newer. It ends
    at 10,000. `nextCursor` continues the list, null at its end: with `sku` a page may be short before it.
    """

    count: int
    unread_count: int
    alerts: tuple[AlertAnswer, ...]
    next_cursor: str | None


class SevereAnswer(Answer):
    """A page of the alerts of one severity: `count` of them."""

    severity: Severity
    count: int
    alerts: tuple[AlertAnswer, ...]
    next_cursor: str | None


_alert, _alerts, _severe = lean(AlertAnswer), lean(AlertsAnswer), lean(SevereAnswer)


@router.get("", response_model=AlertsAnswer)
def list_alerts(
    services: Use, caller: Reader, sku: OneSku = None, cursor_: CursorQuery = None, limit: Limit = 100
) -> Response:
    """Return all alerts, or those about one SKU, newest first, a page at a time."""
    found = _found(services, caller.tenant, sku, "all", position(cursor_), limit)
    return _page(services, caller.tenant, *found)


@router.get("/unread", response_model=AlertsAnswer)
def list_unread_alerts(
    services: Use, caller: Reader, sku: OneSku = None, cursor_: CursorQuery = None, limit: Limit = 100
) -> Response:
    """Return the alerts that nobody has acknowledged, newest first, a page at a time."""
    found = _found(services, caller.tenant, sku, "unread", position(cursor_), limit)
    return _page(services, caller.tenant, *found)


@router.get("/severity/{level}", response_model=SevereAnswer)
def list_severe_alerts(  # noqa: PLR0913, PLR0917 - what a client may ask
    services: Use,
    caller: Reader,
    level: Annotated[str, Path(description="the severity", json_schema_extra={"enum": list(SEVERITIES)})],
    sku: OneSku = None,
    cursor_: CursorQuery = None,
    limit: Limit = 100,
) -> Response:
    """Return the alerts of severity `info`, `warning` or `critical`, newest first, a page at a time."""
    severity = _severity(level)
    alerts, after = _found(services, caller.tenant, sku, severity, position(cursor_), limit)
    return sent(_severe(severity=severity, count=len(alerts), alerts=_told(alerts), next_cursor=cursor(after)))


def _severity(level: str) -> Severity:
    found = next((known for known in SEVERITIES if known == level.strip().lower()), None)
    if found is None:
        raise invalid("level", ValueError(f"a severity is one of {', '.join(SEVERITIES)}, not {level[:40]!r}"))
    return found


def _found(  # noqa: PLR0913, PLR0917 - what a client may ask
    services: Services, tenant: str, sku: str | None, wanted: Wanted, after: str | None, limit: int
) -> tuple[list[Alert], str | None]:
    """Return a page of the alerts that are wanted (about one SKU), and what continues it."""
    queries = services.alerts
    if sku is not None:
        alerts, more = queries.of_sku(tenant, named(sku), after, limit)
        return [alert for alert in alerts if _is(alert, wanted)], more
    if wanted == "all":
        return queries.all(tenant, after, limit)
    return queries.unread(tenant, after, limit) if wanted == "unread" else queries.severe(tenant, wanted, after, limit)


def _is(alert: Alert, wanted: Wanted) -> bool:
    return wanted == "all" or (not alert.read if wanted == "unread" else alert.severity == wanted)


def _page(services: Services, tenant: str, alerts: Sequence[Alert], after: str | None) -> Response:
    unread, told = services.unread(tenant), _told(alerts)
    return sent(_alerts(count=len(alerts), unread_count=unread, alerts=told, next_cursor=cursor(after)))


def _told(alerts: Sequence[Alert]) -> list[msgspec.Struct]:
    return [
        _alert(
            id=alert.id,
            type=alert.type,
            severity=alert.severity,
            sku=alert.sku,
            message=alert.message,
            quantity=alert.quantity,
            timestamp=alert.timestamp,
            read=alert.read,
            alert_id=alert.id,
        )
        for alert in alerts
    ]
