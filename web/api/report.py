"""GET /api/report: how long, how often and by how much a channel showed a wrong number."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from processor.clock import Instant, instant, moment
from stock.accuracy import Accuracy, Window, together
from stock.identities import Channel
from web.accuracy import Accuracies, Asked
from web.answers import Answer, lean, sent
from web.callers import Reader
from web.moments import named_moment
from web.paging import Cursor, cursor, position
from web.problems import ANSWERS, invalid
from web.services import Use

router = APIRouter(prefix="/api/report", tags=["channels"], responses=ANSWERS)

LOOKED_BACK = timedelta(days=7)
GRACE_SECONDS = 60


class AccuracyAnswer(Answer):
    """How far what a channel showed was from what it should have shown; times in seconds.

    `watched`: how long both were known. `over`, `under`: how long too much, or too little, was shown. `episodes`: how
    often that was so; `longest`: the longest of them. `unitSecondsOver`: the excess multiplied with its time.
    `greatestOver`, `greatestUnder`: the largest differences. `sellableTwice`: the largest excess of each episode, added
    up: so many units could have been sold that were not there.
    """

    watched: float
    over: float
    under: float
    episodes: int
    longest: float
    unit_seconds_over: float
    greatest_over: int
    greatest_under: int
    sellable_twice: int


class SkuAccuracy(AccuracyAnswer):
    """The same of one SKU."""

    sku: str


class ReportAnswer(Answer):
    """A page of the SKUs that are sold on `channel`, from `since` to before `until`.

    `total` is of this page; `nextCursor` continues the report, null at its end. A number that was right again within
    `graceSeconds` does not count.
    """

    channel: Channel
    since: Instant
    until: Instant
    grace_seconds: int
    total: AccuracyAnswer
    skus: tuple[SkuAccuracy, ...]
    next_cursor: str | None


_report, _sku, _total = lean(ReportAnswer), lean(SkuAccuracy), lean(AccuracyAnswer)


@router.get("", response_model=ReportAnswer)
def get_report(  # noqa: PLR0913 - what a report is of
    services: Use,
    caller: Reader,
    *,
    channel: Annotated[Channel, Query(description="the channel it showed on")] = "amazon",
    since: Annotated[str | None, Query(description="from this ISO-8601 time on; else for seven days")] = None,
    until: Annotated[str | None, Query(description="before this ISO-8601 time; else until now")] = None,
    grace: Annotated[
        int, Query(ge=0, le=86_400, description="a number that is right again within so many seconds does not count")
    ] = GRACE_SECONDS,
    cursor_: Annotated[Cursor, Query(alias="cursor")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="how many SKUs at most")] = 100,
) -> Response:
    """Compare what a channel was seen showing, or took, with what it should have shown, by the log."""
    window = _window(services.clock(), named_moment("since", since), named_moment("until", until))
    accuracies = Accuracies(services.engine.store.log, services.inventory, services.broadcasts)
    asked = Asked(caller.tenant, channel, window, timedelta(seconds=grace))
    found, after = accuracies.page(asked, position(cursor_), limit)
    return sent(
        _report(
            channel=channel,
            since=window.since,
            until=window.until,
            grace_seconds=grace,
            total=_total(**_fields(together([accuracy for _, accuracy in found]))),
            skus=[_sku(sku=sku, **_fields(accuracy)) for sku, accuracy in found],
            next_cursor=cursor(after),
        )
    )


def _window(now: Instant, since: Instant | None, until: Instant | None) -> Window:
    """Return what is asked for, up to now at most. Raises Problem (400) where nothing is left."""
    end = now if until is None else min(now, until)
    begin = instant(moment(end) - LOOKED_BACK) if since is None else since
    if begin >= end:
        raise invalid("since", ValueError(f"since is before {'now' if end == now else 'until'}, {end}"))
    return Window(begin, end)


def _fields(accuracy: Accuracy) -> dict[str, float]:
    return {name: getattr(accuracy, name) for name in accuracy.__struct_fields__}
