"""What is told of an order: snapshots, refunds, edits and resolved lines, each with the identity it is kept under."""

from collections.abc import Sequence
from typing import Final

import msgspec

from processor.clock import Instant
from processor.events import Recorded
from stock.codec import Fact, decode
from stock.events import AmazonOrderSeen, LineResolved, OrderEdited, OrderSeen, RefundSeen
from stock.facts import digest
from stock.identities import Sku

SHOP: Final = "shopify"


class Telling(msgspec.Struct, frozen=True):
    """Something told of an order, under the identity that lets the order's stream take it once, and its digest."""

    tx: str
    at: Instant
    happened: OrderSeen | RefundSeen | OrderEdited | LineResolved | AmazonOrderSeen
    digest: str


class Entry(msgspec.Struct, frozen=True):
    """Something told, at its place in the order's stream."""

    version: int
    at: Instant
    tx: str
    digest: str
    happened: Fact


def entry_of(recorded: Recorded) -> Entry:
    """Return what the log holds as an entry."""
    return Entry(recorded.version, recorded.occurred_at, recorded.tx_id, recorded.digest, decode(recorded))


def telling_of_snapshot(order: str, seen: OrderSeen | AmazonOrderSeen, at: Instant) -> Telling:
    """Identify a snapshot of `order` by its content: the same content twice tells nothing new.

    The order comes first, as shops number them in time: claims that are made together stand together.
    """
    told = digest(seen)
    return Telling(f"seen:{order}:{told}", at, seen, told)


def telling_of_refund(refund: RefundSeen, at: Instant) -> Telling:
    """Identify a refund by its own id: it comes alone and within snapshots."""
    return Telling(f"refund:{refund.refund}", at, refund, digest(refund))


def telling_of_edit(edit: OrderEdited, at: Instant) -> Telling:
    """Identify an edit by its own id."""
    return Telling(f"edit:{edit.edit}", at, edit, digest(edit))


def telling_of_resolution(line: str, sku: Sku, at: Instant) -> Telling:
    """Identify a resolution by its line: the first one stands."""
    resolved = LineResolved(line, sku)
    return Telling(f"resolved:{line}", at, resolved, digest(resolved))


def unseen(history: Sequence[Entry], tellings: Sequence[Telling]) -> list[Telling]:
    """Return the tellings that the history does not hold, each once, in order."""
    known = {entry.tx for entry in history}
    new: dict[str, Telling] = {}
    for telling in tellings:
        if telling.tx not in known:
            new.setdefault(telling.tx, telling)
    return list(new.values())


def contradicted(history: Sequence[Entry], tellings: Sequence[Telling]) -> list[Telling]:
    """Return the tellings that the history holds under the same identity, with another content."""
    known = {entry.tx: entry.digest for entry in history}
    return [telling for telling in tellings if known.get(telling.tx) not in (None, telling.digest)]
