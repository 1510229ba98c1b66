"""What became of a transaction: the facts under a client's tx, an order's id, or a shop's order."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice
from typing import Literal

import msgspec

from ingest.reading import MAX_ID_CHARS
from ingest.shopify.orders import story_of
from ingest.shopify.tellings import SHOP, Entry
from processor.events import Recorded
from processor.log import EventLog
from processor.streams import StreamId, bounded_tx
from projections.broadcasts.documents import Broadcasts
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
        newest = {event.stream: event.version for event in sorted(sold, key=lambda event: event.version)}
        if not newest:
            return "recorded"
        skus = {Sku(stream.key): version for stream, version in newest.items()}
        return self._told(sold[0].stream.tenant, skus)

    def _told(self, tenant: str, sold: Mapping[Sku, int]) -> Status:
        """Tell whether the channel took a quantity at or past the version of each SKU that is sold there."""
        standing = self._broadcasts.standing(tenant, list(sold))
        listed = {sku: told for sku, told in standing.items() if _listed(told.row)}
        if not listed:
            return "recorded"
        open_ = [sku for sku, told in listed.items() if told.version < sold[sku] or not told.row.settled(_TOLD)]
        taken = self._taken(tenant, open_)
        return "completed" if all(taken[sku] >= sold[sku] for sku in open_) else "pending"

    def _taken(self, tenant: str, skus: Sequence[Sku]) -> dict[Sku, int]:
        """Return the newest version of each SKU that a quantity counts which the channel took, 0 for none."""
        streams = {channel_stream(tenant, _TOLD, sku): sku for sku in skus}
        heads = self._log.heads(list(streams)) if streams else {}
        after = {stream: max(0, head - _NEWEST) for stream, head in heads.items() if head}
        told = self._log.read_many(after, _NEWEST * len(after))
        return {sku: max(map(_cause, told.get(stream, ())), default=0) for stream, sku in streams.items()}


def _listed(row: Broadcasts) -> bool:
    listing = row.channels.get(_TOLD)
    return listing is not None and listing.listing is not None


def _cause(event: Recorded) -> int:
    """Return which version of its SKU a quantity counts that a channel took; 0 for any other event."""
    happened = decode(event)
    return happened.cause_version if isinstance(happened, BroadcastAccepted) else 0


def _when(found: Found) -> tuple[str, StreamId, int]:
    return found.event.recorded_at, found.event.stream, found.event.version


def _entry(found: Found) -> Entry | None:
    if not isinstance(found.fact, OrderSeen | RefundSeen | OrderEdited | LineResolved):
        return None
    event = found.event
    return Entry(event.version, event.occurred_at, event.tx_id, event.digest, found.fact)
