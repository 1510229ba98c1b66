"""GET /api/returns: the audit trail of what came back."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from processor.clock import Instant
from web.answers import Answer, copied, lean, sent
from web.api.inventory import Return
from web.callers import Reader
from web.moments import named_moment
from web.paging import Cursor, Limit, cursor, position
from web.problems import ANSWERS
from web.services import Use
from web.skus import OneSku, named

router = APIRouter(prefix="/api/returns", tags=["returns"], responses=ANSWERS)


class ReturnAnswer(Return):
    """One return: of which SKU, and the version of its ledger that tells it."""

    sku: str
    version: int
    occurred_at: Instant


class ReturnsAnswer(Answer):
    """A page of returns, newest first; `nextCursor` continues it, null at the end."""

    count: int
    returns: tuple[ReturnAnswer, ...]
    next_cursor: str | None


_return, _returns = copied(ReturnAnswer), lean(ReturnsAnswer)


@router.get("", response_model=ReturnsAnswer)
def list_returns(  # noqa: PLR0913, PLR0917 - what an audit asks
    services: Use,
    caller: Reader,
    sku: OneSku = None,
    from_: Annotated[str | None, Query(alias="from", description="recorded at or after this ISO-8601 time")] = None,
    to: Annotated[str | None, Query(description="recorded before this ISO-8601 time")] = None,
    cursor_: Annotated[Cursor, Query(alias="cursor")] = None,
    limit: Limit = 100,
) -> Response:
    """Return what came back, of all SKUs or of one, by when it was recorded."""
    name = None if sku is None else named(sku)
    since, until = named_moment("from", from_), named_moment("to", to)
    found, after = services.returns.page(caller.tenant, name, position(cursor_), limit, since=since, until=until)
    return sent(_returns(count=len(found), returns=[*map(_return, found)], next_cursor=cursor(after)))
