"""Times that a client writes into an address."""

from datetime import UTC, datetime

from processor.clock import Instant, instant
from web.problems import invalid


def named_moment(field: str, text: str | None) -> Instant | None:
    """Return the moment that an ISO-8601 date or time names; without a zone it is in UTC. Raises Problem (400).

    A `+` that a URL turned into a space is read as what it was.
    """
    if text is None:
        return None
    try:
        found = _read(text.strip())
        return instant(found if found.tzinfo is not None else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        reason = f"is an ISO-8601 time such as 2026-11-20 or 2026-11-20T10:00:00Z, not {text[:40]!r}"
        raise invalid(field, ValueError(f"{field} {reason}")) from error


def _read(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        head, space, zone = text.rpartition(" ")
        if not space:
            raise
        return datetime.fromisoformat(f"{head}+{zone}")
