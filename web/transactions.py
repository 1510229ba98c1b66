"""What became of a transaction: the facts under a client's tx, an order's id, or a shop's order."""

from collections.abc import Iterator
from itertools import count, islice
from typing import Literal

import msgspec

from ingest.reading import MAX_ID_CHARS
from ingest.shopify.orders import story_of
from ingest.shopify.tellings import SHOP, Entry
from processor.events import Recorded
from processor.log import EventLog
from processor.streams import StreamId, bounded_tx
from projections.broadcasts.queries import BroadcastQueries
from stock.codec import Fact, decode
from stock.events import (
    BroadcastAccepted,
    LineResolved,
    OrderEdited,
    OrderSeen,
    RefundSeen,
    SaleRecorded,
)
from stock.identities import SKU, Channel, Sku, channel_stream, order_stream, sku_stream

MAX_FACTS = 100
_MISSES = 3
"""A line of quantity 0 stores nothing, so the numbers of an order's lines may have holes."""

_TOLD: Channel = "amazon"
_NEWEST = 50
"""So many events of a channel's stream are looked at for the newest quantity it took."""

Status = Literal["recorded", "pending", "completed"]


class Found(msgspec.Struct, frozen=True):
    """One fact of a transaction."""

    event: Recorded
    fact: Fact


class Transaction(msgspec.Struct, frozen=True):
    """The facts of a transaction, oldest first, at most MAX_FACTS. `seen` tells what a shop told of its order."""

    facts: tuple[Found, ...]
    seen: tuple[Found, ...] = ()


class Transactions:
    """Finds facts by the identities that `ingest` gives them."""

    def __init__(self, log: EventLog, broadcasts: BroadcastQueries) -> None:
        self._log, self._broadcasts = log, broadcasts

    def find(self, tenant: str, tx: str) -> Transaction | None:
        """Return the transaction that `tx` names, or None.

        It is a client's `tx`, an `orderId` of the simple payload, the stored identity of one fact, or a shop's order
        as `shopify:<id>` or its bare number. Strongly consistent. Raises TooNew.
        """
        stated = list(islice(self._stated(tenant, tx), MAX_FACTS))
        if stated:
            return Transaction(tuple(sorted(stated, key=_when)))
        shop, colon, order = tx.partition(":")
        if colon and shop == SHOP:
            return self._of_shop(tenant, order)
        return self._of_shop(tenant, tx) if tx.isdecimal() else None

    def _stated(self, tenant: str, tx: str) -> Iterator[Found]:
        for named in (tx, f"tx:{tx}"):
            yield from self._under(tenant, named)
        misses = 0
        for nth in count(1):
            lines = list(self._under(tenant, f"simple:{tx}:{nth}"))
            yield from lines
            misses = 0 if lines else misses + 1
            if misses == _MISSES:
                return

    def _under(self, tenant: str, tx: str) -> Iterator[Found]:
        stored = bounded_tx(tx)
        for stream in sorted(self._log.streams_with(tenant, stored)):
            if stream.category == SKU:
                yield from self._at(stream, stored)

    def _at(self, stream: StreamId, tx: str) -> Iterator[Found]:
        event = self._log.find(stream, tx)
        if event is not None:
            yield Found(event, decode(event))

    def _of_shop(self, tenant: str, order: str) -> Transaction | None:
        if not order or len(order) > MAX_ID_CHARS:
            return None
        told = self._log.read(order_stream(tenant, SHOP, order), limit=MAX_FACTS)
        seen = tuple(Found(event, decode(event)) for event in told)
        if not seen:
            return None
        facts: list[Found] = []
        for implied in story_of(order, [entry for found in seen if (entry := _entry(found)) is not None]).facts:
            if implied.sku is not None and len(facts) < MAX_FACTS:
                facts += self._at(sku_stream(tenant, implied.sku), bounded_tx(implied.tx))
        return Transaction(tuple(sorted(facts, key=_when)), seen)

    def status(self, transaction: Transaction) -> Status:
        """Tell whether the channel took a quantity at or past each of its sales.

        `recorded` where none is a sale of a SKU that is sold there.
        """
        sold = [found.event for found in transaction.facts if isinstance(found.fact, SaleRecorded)]
        told = {self._told(event) for event in sold} - {None}
        if not told:
            return "recorded"
        return "completed" if told == {True} else "pending"

    def _told(self, sale: Recorded) -> bool | None:
        """Tell whether the channel took a quantity at or past `sale`; None where the SKU is not sold there."""
        tenant, sku = sale.stream.tenant, Sku(sale.stream.key)
        folded = self._broadcasts.listings(tenant, [sku]).get(sku)
        row = self._broadcasts.one(tenant, sku)
        listing = row.channels.get(_TOLD) if row is not None else None
        if row is None or folded is None or listing is None or listing.listing is None:
            return None
        if folded.version >= sale.version and row.settled(_TOLD):
            return True
        stream = channel_stream(tenant, _TOLD, sku)
        newest = self._log.read(stream, max(0, self._log.heads([stream])[stream] - _NEWEST))
        accepted = (happened for event in newest if isinstance(happened := decode(event), BroadcastAccepted))
        return any(happened.cause_version >= sale.version for happened in accepted)


def _when(found: Found) -> tuple[str, StreamId, int]:
    return found.event.recorded_at, found.event.stream, found.event.version


def _entry(found: Found) -> Entry | None:
    if not isinstance(found.fact, OrderSeen | RefundSeen | OrderEdited | LineResolved):
        return None
    event = found.event
    return Entry(event.version, event.occurred_at, event.tx_id, event.digest, found.fact)
