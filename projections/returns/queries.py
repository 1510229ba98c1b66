"""Reading the audit trail of returns, newest first."""

from collections.abc import Callable

import msgspec

from processor.models import Model, ModelQueries
from projections.returns.documents import ALL, BY_SKU, ReturnEntry
from stock.identities import Sku

_decode = msgspec.json.Decoder(ReturnEntry).decode


class ReturnQueries:
    """What readers ask of returns. `live` tells the model to read."""

    def __init__(self, models: ModelQueries, live: Callable[[], Model]) -> None:
        self._models, self._live = models, live

    def page(
        self, tenant: str, sku: Sku | None = None, after: str | None = None, limit: int = 100
    ) -> tuple[list[ReturnEntry], str | None]:
        """Return a page of returns (of one SKU), and what continues it (None: the end)."""
        index, partition = (ALL, "all") if sku is None else (BY_SKU, sku)
        page = self._models.query(self._live(), tenant, index, partition, after=after, limit=limit, newest_first=True)
        return [_decode(item.body) for item in page.items], page.after
