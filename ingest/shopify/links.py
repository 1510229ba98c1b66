"""Which SKU a variant or an inventory item has, and which order lines wait to know it.

Who needs a SKU that is not known notes so, then looks once more; who learns of one writes it down, then looks who
waits. Whichever comes second sees the other, and what a crash leaves undone is done by the delivery that is repeated.
"""

from collections.abc import Collection, Mapping, Sequence

from ingest.recording import record
from ingest.shopify.tellings import SHOP
from processor.clock import Instant
from processor.log import EventLog
from processor.receipts import FactRecorder
from processor.streams import StreamId
from stock.codec import Fact, decode
from stock.events import LineServed, LineWaiting, ProductVariant, SkuLinked, StockEvent
from stock.facts import fact
from stock.identities import Linked, Sku, link_stream, waiting_stream

PAGE = 1000


class Links:
    """Reads and writes the links of every tenant's shops."""

    def __init__(self, recorder: FactRecorder, log: EventLog) -> None:
        self._recorder, self._log = recorder, log

    def skus(self, tenant: str, kind: Linked, keys: Collection[str]) -> dict[str, Sku]:
        """Return the SKU of each variant, or item, that has one."""
        streams = {link_stream(tenant, SHOP, kind, key): key for key in keys}
        newest = {streams[stream]: link for stream, link in self._newest(streams).items()}
        return {key: Sku(link.sku) for key, link in newest.items() if link.sku is not None}

    def link(self, tenant: str, product: str, seen: int, variants: Sequence[ProductVariant], at: Instant) -> None:
        """Make the SKUs of `variants`, and of their items, those of version `seen` of the product's stream.

        Where a later version was told already, that one stands: `seen` decides.
        """
        wanted: dict[StreamId, str | None] = {}
        for variant in variants:
            wanted[link_stream(tenant, SHOP, "variant", variant.variant)] = variant.sku
            if variant.item is not None:
                wanted[link_stream(tenant, SHOP, "item", variant.item)] = variant.sku
        newest = self._newest(wanted)
        changed = {stream: name for stream, name in wanted.items() if newest.get(stream, _NEVER).sku != name}
        tx = f"{product}@{seen}"
        self._note([(stream, tx, SkuLinked(product, seen, name)) for stream, name in changed.items()], at)

    def wait(self, tenant: str, order: str, lines: Mapping[str, str], at: Instant) -> None:
        """Note that lines of `order` wait for the SKU of their variants: `lines` is a variant by line."""
        notes = [
            (waiting_stream(tenant, SHOP, via), f"waiting:{line}", LineWaiting(order, line))
            for line, via in lines.items()
        ]
        self._note(notes, at)

    def waiting(self, tenant: str, variants: Collection[str]) -> dict[str, dict[str, str]]:
        """Return the lines that wait for the SKU of one of `variants`: by order, a variant by line."""
        streams = {waiting_stream(tenant, SHOP, variant): variant for variant in variants}
        orders: dict[str, dict[str, str]] = {}
        for stream, facts in self._facts(streams).items():
            served = {told.line for told in facts if isinstance(told, LineServed)}
            for told in facts:
                if isinstance(told, LineWaiting) and told.line not in served:
                    orders.setdefault(told.order, {})[told.line] = streams[stream]
        return orders

    def serve(self, tenant: str, order: str, lines: Mapping[str, str], at: Instant) -> None:
        """Note that lines of `order` wait no longer: `lines` is a variant by line."""
        notes = [
            (waiting_stream(tenant, SHOP, via), f"served:{line}", LineServed(order, line))
            for line, via in lines.items()
        ]
        self._note(notes, at)

    def _note(self, notes: Sequence[tuple[StreamId, str, StockEvent]], at: Instant) -> None:
        record(self._recorder, [(stream, fact(happened, tx=tx, at=at, source=SHOP)) for stream, tx, happened in notes])

    def _newest(self, streams: Collection[StreamId]) -> dict[StreamId, SkuLinked]:
        newest: dict[StreamId, SkuLinked] = {}
        for stream, facts in self._facts(streams).items():
            for told in facts:
                if isinstance(told, SkuLinked) and told.seen > newest.get(stream, _NEVER).seen:
                    newest[stream] = told
        return newest

    def _facts(self, streams: Collection[StreamId]) -> dict[StreamId, list[Fact]]:
        """Return everything in `streams`, by stream, oldest first."""
        positions, found = dict.fromkeys(streams, 0), dict[StreamId, list[Fact]]()
        while positions:
            page = self._log.read_many(positions, PAGE)
            for stream, events in page.items():
                found.setdefault(stream, []).extend(decode(event) for event in events)
                positions[stream] = events[-1].version
            if sum(map(len, page.values())) < PAGE:
                break
        return found


_NEVER = SkuLinked("", 0)
"""Older than every link."""
