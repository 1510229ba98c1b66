"""Applying the order lines that waited, once the SKU of their variants is known."""

from collections.abc import Collection

import msgspec

from ingest.outcome import Item
from ingest.shopify.histories import Histories
from ingest.shopify.links import Links
from processor.clock import Instant


class Served(msgspec.Struct, frozen=True):
    """A line that waits no longer, and what became of it."""

    order: str
    line: str
    item: Item


class Serving:
    """Completes orders. What was cut short is completed by doing it again."""

    def __init__(self, links: Links, histories: Histories) -> None:
        self._links, self._histories = links, histories

    def serve(self, tenant: str, variants: Collection[str], at: Instant) -> list[Served]:
        """Complete the orders whose lines wait for the SKU of one of `variants`; return those lines.

        To be called once the SKUs are written down. Raises Retryable where the store failed: then do it again.
        """
        found: list[Served] = []
        for order, lines in self._links.waiting(tenant, variants).items():
            account = self._histories.complete(tenant, order, at)
            story = account.story
            served = {line: variant for line, variant in lines.items() if line not in story.waiting}
            self._links.serve(tenant, order, served, at)
            found += [
                Served(order, line, Item(story.skus.get(line), story.quantities.get(line, 0), account.of_line(line)))
                for line in served
            ]
        return found
