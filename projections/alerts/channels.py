"""What a person should know of a channel: that it refuses quantities, or shows what nobody explains."""

from collections.abc import Callable
from typing import Any

from processor.events import Recorded
from processor.projection import Change
from projections.alerts.documents import alert_id
from projections.alerts.watching import Watch, marked, raised
from stock.dispositions import Severity
from stock.events import (
    BroadcastAccepted,
    BroadcastRejected,
    BroadcastsResumed,
    BroadcastsStopped,
    ChannelOrdersRead,
    ChannelPaused,
    ChannelQuantityObserved,
    ChannelResumed,
    DriftFound,
    DriftReason,
)

REPEATED = 3
"""So many refusals of a listing in a row make its alert critical."""


def accepted(state: Watch, event: Recorded, fact: BroadcastAccepted) -> list[Change]:
    """Mark as read what told of refusals: the channel takes quantities again."""
    settled = [marked(alert_id(event.stream, version, "sync_failed")) for version in state.failed]
    state.failures, state.failed, state.told = 0, (), fact.quantity
    return settled


def rejected(state: Watch, event: Recorded, fact: BroadcastRejected) -> list[Change]:
    """Alert at the first refusal and once more when it is repeated, not at each."""
    state.failures += 1
    if state.failures not in (1, REPEATED):
        return []
    state.failed = (*state.failed, event.version)
    channel, _, sku = event.stream.key.partition(":")
    severity: Severity = "critical" if state.failures == REPEATED else "warning"
    message = f"{sku}: {channel} refused quantity {fact.quantity}, {state.failures} in a row ({fact.code})"
    return [raised(event, "sync_failed", severity, message, fact.quantity, sku=sku)]


def drift(state: Watch, event: Recorded, fact: DriftFound) -> list[Change]:
    """Alert once, until the channel shows again what it was told."""
    if state.drifted:
        state.drifted_at = fact.seen
        return []
    state.drifted, state.drifted_at = event.version, fact.seen
    channel, _, sku = event.stream.key.partition(":")
    message = f"{sku}: {channel} shows {fact.observed}, {_DRIFTS[fact.reason].format(fact.expected)}"
    return [raised(event, "drift", "warning", message, fact.observed, sku=sku)]


_DRIFTS: dict[DriftReason, str] = {
    "foreign": "and what is known explains {}: somebody else set it",
    "orders_unread": "fewer than the {} that are explained: perhaps sold, but its orders were not read for long",
}


def observed(state: Watch, event: Recorded, fact: ChannelQuantityObserved) -> list[Change]:
    """Mark as read what told of drift, once the channel was seen showing the newest quantity since."""
    right = fact.quantity == state.told and fact.event_time > state.drifted_at
    return _explained(state, event) if right else []


def orders_read(state: Watch, event: Recorded, fact: ChannelOrdersRead) -> list[Change]:
    """Mark as read what told that orders are not read."""
    return _explained(state, event) if fact.up_to >= state.drifted_at else []


def _explained(state: Watch, event: Recorded) -> list[Change]:
    version, state.drifted = state.drifted, 0
    return [marked(alert_id(event.stream, version, "drift"))] if version else []


def stopped(state: Watch, event: Recorded, fact: BroadcastsStopped) -> list[Change]:
    """Alert: somebody works against us, and we have stopped."""
    state.failed = (*state.failed, event.version)
    channel, _, sku = event.stream.key.partition(":")
    often = f"{sku}: {channel} was told {fact.quantity} {fact.repeats + 1} times and does not keep it"
    message = f"{often}: nothing more is told until stock moves or `syncstate sync resume --sku` says so"
    return [raised(event, "sync_failed", "critical", message, fact.quantity, sku=sku)]


def resumed(state: Watch, event: Recorded, fact: BroadcastsResumed) -> list[Change]:
    """Mark as read what an operator has seen to."""
    del fact
    settled = [marked(alert_id(event.stream, version, "sync_failed")) for version in state.failed]
    state.failed = ()
    return [*settled, *_explained(state, event)]


def paused(state: Watch, event: Recorded, fact: ChannelPaused) -> list[Change]:
    """Alert where we paused by ourselves: an operator knows what he did."""
    if fact.reason == "operator":
        return []
    state.failed = (event.version,)
    many = f"{fact.zeroed} of {fact.listings} listings were about to become zero"
    message = f"{event.stream.key} is paused: {many}; look at their stock, then `syncstate sync resume --yes`"
    return [raised(event, "sync_failed", "critical", message, fact.zeroed, sku="")]


def went_on(state: Watch, event: Recorded, fact: ChannelResumed) -> list[Change]:
    """Mark as read what told of the pause."""
    del fact
    settled = [marked(alert_id(event.stream, version, "sync_failed")) for version in state.failed]
    state.failed = ()
    return settled


RULES: dict[type, Callable[[Watch, Recorded, Any], list[Change]]] = {
    BroadcastAccepted: accepted,
    BroadcastRejected: rejected,
    DriftFound: drift,
    ChannelQuantityObserved: observed,
    ChannelOrdersRead: orders_read,
    BroadcastsStopped: stopped,
    BroadcastsResumed: resumed,
    ChannelPaused: paused,
    ChannelResumed: went_on,
}
