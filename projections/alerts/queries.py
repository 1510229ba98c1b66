"""Reading alerts, newest first."""

from collections.abc import Callable

import msgspec

from processor.models import Model, ModelQueries, Page
from projections.alerts.documents import ALL, BY_SKU, SEVERITY, UNMAPPED, UNREAD, Alert
from projections.alerts.fold import AlertsProjection
from stock.dispositions import Severity
from stock.identities import Sku

COUNTED_AT_MOST = 10_000
_COUNTED_AT_ONCE = 1000
_decode = msgspec.json.Decoder(Alert).decode


class Unmapped(msgspec.Struct, frozen=True):
    """An order of a shop's that waits for the SKUs of lines; `questions` are the identities of what was asked."""

    shop: str
    order: str
    questions: frozenset[str]


class AlertQueries:
    """What readers ask of alerts. `live` tells the model to read. Indexes may trail a write by moments on DynamoDB."""

    def __init__(self, models: ModelQueries, live: Callable[[], Model]) -> None:
        self._models, self._live = models, live

    def one(self, tenant: str, id_: str) -> Alert | None:
        """Return the alert, or None. Strongly consistent."""
        found = self._models.get(self._live(), tenant, [id_])
        return _decode(found[id_].body) if id_ in found else None

    def all(self, tenant: str, after: str | None = None, limit: int = 100) -> tuple[list[Alert], str | None]:
        """Return a page of all alerts, and what continues it (None: the end)."""
        return self._page(tenant, ALL, "all", after, limit)

    def unread(self, tenant: str, after: str | None = None, limit: int = 100) -> tuple[list[Alert], str | None]:
        """Return a page of the alerts nobody has acknowledged."""
        return self._page(tenant, UNREAD, "unread", after, limit)

    def severe(
        self, tenant: str, severity: Severity, after: str | None = None, limit: int = 100
    ) -> tuple[list[Alert], str | None]:
        """Return a page of the alerts of one severity."""
        return self._page(tenant, SEVERITY, severity, after, limit)

    def of_sku(
        self, tenant: str, sku: Sku, after: str | None = None, limit: int = 100
    ) -> tuple[list[Alert], str | None]:
        """Return a page of the alerts about one SKU."""
        return self._page(tenant, BY_SKU, sku, after, limit)

    def unmapped(self, tenant: str, after: str | None = None, limit: int = 100) -> tuple[list[Unmapped], str | None]:
        """Return a page of the orders that have lines whose SKU nobody knows, by their ids as text."""
        page = self._models.query(self._live(), tenant, ALL, UNMAPPED, after=after, limit=limit)
        rows = [(item.id.partition(":"), AlertsProjection.decode(item.body).open_) for item in page.items]
        return [Unmapped(shop, order, frozenset(open_ or ())) for (shop, _, order), open_ in rows], page.after

    def count_unread(self, tenant: str) -> int:
        """Count the alerts nobody has acknowledged, up to COUNTED_AT_MOST: its cost grows with them."""
        count, after = 0, None
        while count < COUNTED_AT_MOST:
            page = self._query(tenant, UNREAD, "unread", after, _COUNTED_AT_ONCE)
            count, after = count + len(page.items), page.after
            if after is None:
                break
        return min(count, COUNTED_AT_MOST)

    def _page(
        self, tenant: str, index: int, partition: str, after: str | None, limit: int
    ) -> tuple[list[Alert], str | None]:
        page = self._query(tenant, index, partition, after, limit)
        return [_decode(item.body) for item in page.items], page.after

    def _query(self, tenant: str, index: int, partition: str, after: str | None, limit: int) -> Page:
        return self._models.query(self._live(), tenant, index, partition, after=after, limit=limit, newest_first=True)
