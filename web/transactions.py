"""What became of a transaction: the facts under a client's tx, an order's id, or a shop's order."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from ingest.amazon.orders import AMAZON
from ingest.amazon.orders import story_of as amazons_story
from ingest.reading import MAX_ID_CHARS
from ingest.shopify.orders import story_of
from ingest.shopify.tellings import SHOP, Entry
from processor.events import Recorded
from processor.log import EventLog, FactId
from processor.streams import StreamId, bounded_tx
from projections.broadcasts.documents import Broadcasts
from projections.broadcasts.queries import BroadcastQueries
from stock.codec import Fact, decode
from stock.events import (
    AmazonOrderSeen,
    BroadcastAccepted,
    LineResolved,
    OrderEdited,
    OrderSeen,
    RefundSeen,
    SaleRecorded,
)
from stock.identities import SKU, Channel, Sku, channel_stream, order_stream, sku_stream

_STORIES = {SHOP: story_of, AMAZON: amazons_story}
"""What an order's history comes to, by the kind of shop."""

_AMAZONS = re.compile(r"[0-9]{3}-[0-9]{7}-[0-9]{7}")

MAX_FACTS = 100
_FEW = 6
"""So many lines are looked for at first: most orders have fewer."""

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
        as `shopify:<id>`, `amazon:<id>` or its bare id. Strongly consistent. Raises TooNew.
        """
        stated = self._stated(tenant, tx)
        if stated:
            return Transaction(self._read(stated))
        shop, colon, order = tx.partition(":")
        if colon and shop in _STORIES:
            return self._of_shop(tenant, shop, order)
        if _AMAZONS.fullmatch(tx):
            return self._of_shop(tenant, AMAZON, tx)
        return self._of_shop(tenant, SHOP, tx) if tx.isdecimal() else None

    def _stated(self, tenant: str, tx: str) -> list[FactId]:
        """Return where facts are that a client stated as `tx`: at first a few lines are looked for, then many."""
        found = self._under(tenant, (tx, f"tx:{tx}"))
        begin, size = 1, _FEW
        while len(found) < MAX_FACTS:
            lines = [f"simple:{tx}:{nth}" for nth in range(begin, begin + size)]
            found += self._under(tenant, lines)
            last = {bounded_tx(line) for line in lines[-_MISSES:]}
            if not any(stored in last for _, stored in found):
                break
            begin, size = begin + size, MAX_FACTS
        return found[:MAX_FACTS]

    def _under(self, tenant: str, txs: Iterable[str]) -> list[FactId]:
        """Return where facts of SKUs are, in the order of `txs`."""
        places = {bounded_tx(tx): place for place, tx in enumerate(txs)}
        named = self._log.named(tenant, list(places))
        return sorted((fact for fact in named if fact[0].category == SKU), key=lambda fact: (places[fact[1]], fact[0]))

    def _read(self, facts: Sequence[FactId]) -> tuple[Found, ...]:
        """Return those of `facts` that there are, oldest first."""
        events = self._log.find(facts).values()
        return tuple(sorted((Found(event, decode(event)) for event in events), key=_when))

    def _of_shop(self, tenant: str, shop: str, order: str) -> Transaction | None:
        if not order or len(order) > MAX_ID_CHARS:
            return None
        told = self._log.read(order_stream(tenant, shop, order), limit=MAX_FACTS)
        seen = tuple(Found(event, decode(event)) for event in told)
        if not seen:
            return None
        implied = _STORIES[shop](order, [entry for found in seen if (entry := _entry(found)) is not None]).facts
        facts = [(sku_stream(tenant, fact.sku), bounded_tx(fact.tx)) for fact in implied if fact.sku is not None]
        return Transaction(self._read(facts[:MAX_FACTS]), seen)

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
    if not isinstance(found.fact, OrderSeen | RefundSeen | OrderEdited | LineResolved | AmazonOrderSeen):
        return None
    event = found.event
    return Entry(event.version, event.occurred_at, event.tx_id, event.digest, found.fact)
