"""Cursors and limits. A cursor is opaque: text that continues a listing, safe in a URL."""

from base64 import b64decode, urlsafe_b64encode
from typing import Annotated

from fastapi import Query

from web.problems import invalid

Limit = Annotated[int, Query(ge=1, le=1000, description="how many at most")]
Cursor = Annotated[str | None, Query(max_length=4000, description="`nextCursor` of the page before")]


def cursor(after: str | None) -> str | None:
    """Return the cursor of the page after `after`, None at a listing's end."""
    return None if after is None else urlsafe_b64encode(after.encode()).decode().rstrip("=")


def position(given: str | None) -> str | None:
    """Return what `cursor` was made of. Raises Problem (400) for text that never was a cursor."""
    if given is None:
        return None
    try:
        return b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise invalid("cursor", ValueError("is not a cursor of this listing")) from error
