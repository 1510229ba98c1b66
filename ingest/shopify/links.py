"""Which SKU a variant or an inventory item has, and which order lines wait to know it.

Who needs a SKU that is not known notes so, then looks once more; who learns of one writes it down, then looks who
waits. Whichever comes second sees the other, and what a crash leaves undone is done by the delivery that is repeated.
"""

from collections.abc import Collection, Mapping, Sequence

from ingest.operators.simple import SOURCE
from ingest.recording import record
from ingest.shopify.names import Names, names_of
from ingest.shopify.tellings import SHOP
from processor.clock import Instant
from processor.events import Recorded
from processor.log import EventLog
from processor.receipts import FactRecorder, Receipt
from processor.streams import StreamId
from stock.codec import decode
from stock.events import LineServed, LineWaiting, ProductVariant, SkuAssigned, SkuLinked, StockEvent
from stock.facts import fact
from stock.identities import Linked, Sku, link_stream, waiting_stream

PAGE = 1000


class Links:
    """Reads and writes the links of every tenant's shops."""

    def __init__(self, recorder: FactRecorder, log: EventLog, shop: str = SHOP) -> None:
        """`shop` names the kind of shop whose things these are."""
        self._recorder, self._log, self._shop = recorder, log, shop

    def of_lines(self, tenant: str, named: Collection[str]) -> dict[str, Sku]:
        """Return the SKU of each thing that order lines name and that has one: here, of each variant."""
        return self.skus(tenant, "variant", named)

    def skus(self, tenant: str, kind: Linked, keys: Collection[str]) -> dict[str, Sku]:
        """Return the SKU of each variant, or item, that has one."""
        named = {key: names.sku for key, names in self.names(tenant, kind, keys).items()}
        return {key: name for key, name in named.items() if name is not None}

    def names(self, tenant: str, kind: Linked, keys: Collection[str]) -> dict[str, Names]:
        """Return what shop and operators say of each variant, or item, of which anything was ever said."""
        streams = {link_stream(tenant, self._shop, kind, key): key for key in keys}
        return {streams[stream]: names for stream, names in self._names(streams).items()}

    def assign(
        self, tenant: str, named: Collection[tuple[Linked, str]], name: Sku | None, tx: str, at: Instant
    ) -> list[Receipt]:
        """Write down that an operator says which SKU variants, or items, have: none at all where `name` is None."""
        told = fact(SkuAssigned(name), tx=tx, at=at, source=SOURCE)
        return record(self._recorder, [(link_stream(tenant, self._shop, kind, key), told) for kind, key in named])

    def link(self, tenant: str, product: str, seen: int, variants: Sequence[ProductVariant], at: Instant) -> None:
        """Make the SKUs of `variants`, and of their items, those of version `seen` of the product's stream.

        Where a later version was told already, that one stands: `seen` decides.
        """
        wanted: dict[StreamId, str | None] = {}
        for variant in variants:
            wanted[link_stream(tenant, self._shop, "variant", variant.variant)] = variant.sku
            if variant.item is not None:
                wanted[link_stream(tenant, self._shop, "item", variant.item)] = variant.sku
        known = self._names(wanted)
        changed = {stream: name for stream, name in wanted.items() if known.get(stream, Names()).shop.sku != name}
        tx = f"{product}@{seen}"
        self._note([(stream, tx, SkuLinked(product, seen, name)) for stream, name in changed.items()], at)

    def wait(self, tenant: str, order: str, lines: Mapping[str, str], at: Instant) -> None:
        """Note that lines of `order` wait for the SKU of their variants: `lines` is a variant by line."""
        notes = [
            (waiting_stream(tenant, self._shop, via), f"waiting:{line}", LineWaiting(order, line))
            for line, via in lines.items()
        ]
        self._note(notes, at)

    def waiting(self, tenant: str, variants: Collection[str]) -> dict[str, dict[str, str]]:
        """Return the lines that wait for the SKU of one of `variants`: by order, a variant by line."""
        streams = {waiting_stream(tenant, self._shop, variant): variant for variant in variants}
        orders: dict[str, dict[str, str]] = {}
        for stream, events in read_whole(self._log, streams).items():
            facts = [decode(event) for event in events]
            served = {told.line for told in facts if isinstance(told, LineServed)}
            for told in facts:
                if isinstance(told, LineWaiting) and told.line not in served:
                    orders.setdefault(told.order, {})[told.line] = streams[stream]
        return orders

    def serve(self, tenant: str, order: str, lines: Mapping[str, str], at: Instant) -> None:
        """Note that lines of `order` wait no longer: `lines` is a variant by line."""
        notes = [
            (waiting_stream(tenant, self._shop, via), f"served:{line}", LineServed(order, line))
            for line, via in lines.items()
        ]
        self._note(notes, at)

    def _note(self, notes: Sequence[tuple[StreamId, str, StockEvent]], at: Instant) -> None:
        told = [(stream, fact(happened, tx=tx, at=at, source=self._shop)) for stream, tx, happened in notes]
        record(self._recorder, told)

    def _names(self, streams: Collection[StreamId]) -> dict[StreamId, Names]:
        return {
            stream: names_of((event.occurred_at, decode(event)) for event in events)
            for stream, events in read_whole(self._log, streams).items()
        }


def read_whole(log: EventLog, streams: Collection[StreamId]) -> dict[StreamId, list[Recorded]]:
    """Return everything in `streams`, by stream, oldest first; what holds nothing may be absent."""
    positions, found = dict.fromkeys(streams, 0), dict[StreamId, list[Recorded]]()
    while positions:
        page = log.read_many(positions, PAGE)
        for stream, events in page.items():
            found.setdefault(stream, []).extend(events)
            positions[stream] = events[-1].version
        if sum(map(len, page.values())) < PAGE:
            break
    return found
