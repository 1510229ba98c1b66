"""Reading the audit trail of returns, newest first."""

from collections.abc import Callable
from itertools import takewhile

import msgspec

from processor.clock import Instant
from processor.models import Model, ModelQueries, before
from projections.returns.documents import ALL, BY_SKU, ReturnEntry
from stock.identities import Sku

_decode = msgspec.json.Decoder(ReturnEntry).decode


class ReturnQueries:
    """What readers ask of returns. `live` tells the model to read."""

    def __init__(self, models: ModelQueries, live: Callable[[], Model]) -> None:
        self._models, self._live = models, live

    def page(  # noqa: PLR0913 - what an audit asks
        self,
        tenant: str,
        sku: Sku | None = None,
        after: str | None = None,
        limit: int = 100,
        *,
        since: Instant | None = None,
        until: Instant | None = None,
    ) -> tuple[list[ReturnEntry], str | None]:
        """Return a page of returns (of one SKU), and what continues it (None: the end).

        `since`, inclusive, and `until`, exclusive, bound when they were recorded.
        """
        index, partition = (ALL, "all") if sku is None else (BY_SKU, sku)
        bounds = (after, None if until is None else before(until))
        start = min((bound for bound in bounds if bound is not None), default=None)
        page = self._models.query(self._live(), tenant, index, partition, after=start, limit=limit, newest_first=True)
        entries = [_decode(item.body) for item in page.items]
        if since is None or not entries or entries[-1].recorded_at >= since:
            return entries, page.after
        return list(takewhile(lambda entry: entry.recorded_at >= since, entries)), None
