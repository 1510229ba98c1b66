"""Times as files write them."""

from datetime import UTC, datetime

from processor.clock import Instant, instant

_EPOCH = 1970


def read_time(text: str) -> Instant:
    """Return the time in `text`, ISO 8601; one that names no zone is read as UTC. Raises ValueError for other text."""
    at = datetime.fromisoformat(text)
    if at.year < _EPOCH:
        raise ValueError(f"before {_EPOCH}")
    try:
        return instant(at if at.tzinfo else at.replace(tzinfo=UTC))
    except OverflowError as error:
        raise ValueError("beyond the calendar") from error
