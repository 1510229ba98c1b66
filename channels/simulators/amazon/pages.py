"""Pages of a long answer: opaque tokens that are good with the same question alone, for a while."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import count
from typing import TypeVar

import msgspec

from channels.simulators.amazon.requests import Bad

TOKEN_LIFE = timedelta(hours=24)

Row = TypeVar("Row")


class _Place(msgspec.Struct, frozen=True):
    """After which row a page begins, for which question."""

    question: str
    after: tuple[str, str]
    seen: int
    expires: float


class Pages:
    """The tokens of one operation. Rows are ordered by a key that they keep while they do not change."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._places: dict[str, _Place] = {}
        self._numbers = count(1)

    def cut(  # noqa: PLR0913 - a page, and all that it depends on
        self,
        rows: Sequence[Row],
        key: Callable[[Row], tuple[str, str]],
        size: int,
        question: Mapping[str, str],
        token: str | None,
        *,
        descending: bool = False,
    ) -> tuple[Sequence[Row], int, str | None]:
        """Return a page of the ordered `rows`, how many came on the pages before it, and the next one's token."""
        asked = repr(sorted(question.items()))
        seen = 0
        if token is not None:
            place = self._places.get(token)
            if place is None or place.question != asked or self._seconds() >= place.expires:
                raise Bad(400, "InvalidInput", "The pagination token is unknown, too old or another question's.")
            seen = place.seen
            rows = [row for row in rows if (key(row) < place.after if descending else key(row) > place.after)]
        page = rows[:size]
        if len(rows) <= size:
            return page, seen, None
        given = f"page-{next(self._numbers)}=="
        expires = self._seconds() + TOKEN_LIFE.total_seconds()
        self._forget()
        self._places[given] = _Place(asked, key(page[-1]), seen + len(page), expires)
        return page, seen, given

    def _forget(self) -> None:
        """Drop the tokens that are too old; they were given out in order of age."""
        now = self._seconds()
        while self._places and now >= self._places[oldest := next(iter(self._places))].expires:
            del self._places[oldest]
