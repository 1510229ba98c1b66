"""Which SKU an Amazon listing has: the one it was last mapped to, else the one of the same name.

A mapping stands in its SKU's stream; beside it each listing has a stream of its own, where the mappings to it are
noted as they are stated, so that the SKU is found by the listing, on the log alone. Unmapping a SKU does not unlink its
listing: channels are told nothing more, but what is still sold under it is that SKU's.
"""

from collections.abc import Collection, Sequence

from ingest.amazon.orders import AMAZON, story_of
from ingest.operators.mappings import Mapped
from ingest.operators.simple import SOURCE
from ingest.recording import record
from ingest.shopify.histories import Histories
from ingest.shopify.links import Links
from ingest.shopify.names import Names
from ingest.shopify.serving import Served, Serving
from processor.clock import Instant
from processor.events import Event
from processor.log import EventLog
from processor.receipts import FactRecorder
from processor.streams import StreamId
from stock.events import SkuAssigned
from stock.facts import fact
from stock.identities import Sku, link_stream, sku, sku_stream


class Listings(Links):
    """Reads and writes the links of Amazon's listings."""

    def __init__(self, recorder: FactRecorder, log: EventLog) -> None:
        super().__init__(recorder, log, AMAZON)

    def of_lines(self, tenant: str, named: Collection[str]) -> dict[str, Sku]:
        """Return the SKU of each listing that has one. Strongly consistent."""
        found = self.skus(tenant, "listing", named)
        alike = {sku_stream(tenant, name): name for name in map(_as_sku, named) if name is not None}
        left = [stream for stream, name in alike.items() if name not in found]
        heads = self._log.heads(left) if left else {}
        return {**{str(alike[stream]): alike[stream] for stream, head in heads.items() if head}, **found}

    def map(self, tenant: str, told: Sequence[Mapped], at: Instant) -> None:
        """Note, beside their listings, mappings that were stated. Noting them again changes nothing."""
        again = [one.listing for one in told if one.tx is None]
        names = self.names(tenant, "listing", again) if again else {}
        notes = [_note(tenant, one, names.get(one.listing, Names()), at) for one in told]
        record(self._recorder, [note for note in notes if note is not None])


class MappedListings:
    """Hears of mappings: notes them, and applies the order lines that waited for them."""

    def __init__(self, recorder: FactRecorder, log: EventLog) -> None:
        self._listings = Listings(recorder, log)
        self._serving = Serving(self._listings, Histories(recorder, log, self._listings, AMAZON, story_of))

    def mapped(self, tenant: str, told: Sequence[Mapped], at: Instant) -> list[Served]:
        """Note mappings of SKUs to listings, in the order they were stated, and return the lines they applied.

        To be called once the mappings are durable. Raises Retryable where the store failed: then do it again.
        """
        self._listings.map(tenant, told, at)
        return self._serving.serve(tenant, {one.listing for one in told}, at)

    def fill(self, tenant: str, told: Sequence[Mapped], at: Instant) -> None:
        """Note mappings that were recorded before listings were linked, but where a listing was linked since."""
        known = self._listings.names(tenant, "listing", {one.listing for one in told})
        self.mapped(tenant, [one for one in told if one.listing not in known], at)


def _note(tenant: str, one: Mapped, known: Names, at: Instant) -> tuple[StreamId, Event] | None:
    """Return what notes a mapping. One that told its SKU nothing new is noted only where its listing went elsewhere."""
    stated = one.tx
    if stated is None:
        if known.sku == one.sku:
            return None
        stated = f"known:{known.operator.at}"
    noted = fact(SkuAssigned(one.sku), tx=f"mapped:{one.sku}:{stated}", at=at, source=SOURCE)
    return link_stream(tenant, AMAZON, "listing", one.listing), noted


def _as_sku(listing: str) -> Sku | None:
    try:
        return sku(listing)
    except ValueError:
        return None
