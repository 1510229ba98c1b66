"""What each channel should show: the fold of a SKU's stream and of its channels' streams."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from processor.events import Recorded
from processor.models import Keys
from processor.projection import Change
from processor.streams import StreamId
from projections.broadcasts import balancing, observing
from projections.broadcasts.balancing import SHOP, offered
from projections.broadcasts.deltas import Deltas
from projections.broadcasts.documents import INDEXES, Broadcasts, Listing
from stock import balance
from stock.events import (
    BroadcastAccepted,
    BroadcastRejected,
    BroadcastsResumed,
    BroadcastsStopped,
    ChannelOrdersRead,
    ChannelQuantityObserved,
    DriftFound,
    ListingMapped,
    ListingUnmapped,
)
from stock.identities import CHANNEL, CHANNELS, SKU, Channel


class BroadcastsProjection:
    """One row per SKU with all its channels, indexed by the channels on which it is due."""

    name = "broadcasts"
    schema = 5
    feeds: ClassVar[Mapping[str, str]] = {SKU: SKU, CHANNEL: SKU}
    indexes = INDEXES

    initial = staticmethod(Broadcasts)
    encode = staticmethod(msgspec.json.Encoder(order="deterministic").encode)
    decode = staticmethod(msgspec.json.Decoder(Broadcasts).decode)

    def apply(self, state: Broadcasts, event: Recorded, fact: object) -> Sequence[Change]:
        """See `Projection.apply`."""
        if event.stream.category == CHANNEL:
            _channel(state, event, fact)
            if balancing.tells(event, fact):
                balancing.tell(_deltas(state), event, fact)
            return ()
        before = offered(state.balance) if state.deltas is not None or balancing.question_of(event) else None
        if balance.apply(state.balance, fact):
            _desire(state, event)
            if before is not None:
                balancing.move(_deltas(state), event, before, offered(state.balance))
        elif isinstance(fact, ListingMapped):
            listing = _listing(state, fact.channel)
            if fact.channel == SHOP:
                balancing.map_(_deltas(state), event, fact, listing.listing)
            listing.listing, listing.asin, listing.product_type = fact.listing, fact.asin, fact.product_type
            listing.mapped_version, listing.mapped_at = event.version, event.recorded_at
        elif isinstance(fact, ListingUnmapped):
            listing = _listing(state, fact.channel)
            listing.listing, listing.mapped_version, listing.mapped_at = None, event.version, event.recorded_at
            if fact.channel == SHOP:
                balancing.unmap(_deltas(state))
        return ()

    def keys(self, key: StreamId, state: Broadcasts) -> Keys:
        """See `Projection.keys`."""
        del key
        return state.keys()

    def readable(self, state: Broadcasts) -> bool:
        """See `Projection.readable`."""
        return bool(state.channels)

    def glimpse(self, state: Broadcasts) -> tuple[Channel, ...]:
        """Return the channels that are to be told."""
        if not state.channels and state.deltas is None:
            return ()
        return tuple(channel for channel in CHANNELS if state.due(channel))


def _desire(state: Broadcasts, event: Recorded) -> None:
    desired = state.balance.broadcast
    if desired != state.desired or not state.cause_version:
        state.desired, state.cause_version, state.changed_at = desired, event.version, event.recorded_at


def _deltas(state: Broadcasts) -> Deltas:
    if state.deltas is None:
        state.deltas = Deltas()
    return state.deltas


def _listing(state: Broadcasts, channel: Channel) -> Listing:
    return state.channels.setdefault(channel, Listing())


def _channel(state: Broadcasts, event: Recorded, fact: object) -> None:
    name = event.stream.key.partition(":")[0]
    channel = next((known for known in CHANNELS if known == name), None)
    if channel is None:
        return
    listing = _listing(state, channel)
    if isinstance(fact, BroadcastAccepted | BroadcastRejected) and fact.attempt < listing.attempt:
        return  # told late, by a dispatcher that had been overtaken
    match fact:
        case BroadcastAccepted():
            observing.take(listing, fact, event.recorded_at)
        case BroadcastRejected(attempt=attempt, quantity=quantity, retry=retry):
            listing.attempt, listing.refused, listing.retry = attempt, quantity, retry
            listing.refusals, listing.refused_at = listing.refusals + 1, event.recorded_at
        case ChannelQuantityObserved():
            observing.observe(listing, fact, event.recorded_at)
        case ChannelOrdersRead():
            observing.read_orders(listing, fact)
        case DriftFound():
            listing.drifted = True
        case BroadcastsStopped():
            listing.stopped = True
        case BroadcastsResumed():
            observing.resume(listing)
        case _:
            pass
