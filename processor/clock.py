"""Time as a value that is passed in, so that tests can set it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NewType

Instant = NewType("Instant", str)
"""A UTC moment as RFC 3339 text of fixed width, `2026-11-20T10:00:00.000000Z`: text order is time order."""

Clock = Callable[[], Instant]
"""Answers the present moment. Never called by a fold."""

_CHARACTERS = 26
"""Of an `Instant` before its `Z`."""


def instant(moment: datetime) -> Instant:
    """Return `moment`, which must carry a time zone, as an `Instant`.

    Raises ValueError for a naive datetime: its zone would be a guess.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return Instant(f"{utc.isoformat(timespec='microseconds')[:_CHARACTERS]}Z")


def moment(at: Instant) -> datetime:
    """Return `at` as an aware datetime in UTC."""
    return datetime.fromisoformat(at)


def later(at: Instant, by: timedelta) -> Instant:
    """Return the moment `by` after `at`."""
    return instant(moment(at) + by)


def system_clock() -> Instant:
    """Return the present moment by this machine's clock."""
    return instant(datetime.now(UTC))
