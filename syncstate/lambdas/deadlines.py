"""How long a function may work, so that what it did is settled before Lambda ends it."""

from time import monotonic
from typing import Any

_KEPT = 0.25
_KEPT_AT_MOST = 10.0
"""The share of the time left, and the seconds at most, that are kept for the step under way and for settling."""


def deadline(context: Any) -> float | None:  # noqa: ANN401 - Lambda's
    """Return when to begin nothing new, of `time.monotonic`; None where nobody ends the function."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    if remaining is None:
        return None
    seconds: float = remaining() / 1000
    return monotonic() + seconds - min(seconds * _KEPT, _KEPT_AT_MOST)
