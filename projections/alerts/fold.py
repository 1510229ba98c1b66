"""What a person should know: stock crossings, returns to look at, channels that refuse, stopped projections."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from processor.events import Recorded
from processor.models import IndexKey, Keys
from processor.ops import OPS, ProjectionQuarantined, RecordQuarantined, RecordReleased
from processor.projection import Change
from processor.streams import StreamId
from projections.alerts import channels, shops
from projections.alerts.documents import INDEXES, UNMAPPED, alert_id, stream_name
from projections.alerts.watching import Watch, marked, raised
from stock import balance
from stock.balance import Balance
from stock.dispositions import RULES
from stock.events import (
    AlertAcknowledged,
    ReturnReceived,
    ReviewReason,
    ReviewRequested,
    ReviewSettled,
)
from stock.identities import CHANNEL, REVIEW, SKU

_TENFOLDS = frozenset(10**digits for digits in range(10))


class AlertsProjection:
    """One row per stream that can give rise to alerts; one document per alert.

    The row of an order whose lines wait for their SKUs stands in the last index, in a partition of its own.
    """

    name = "alerts"
    schema = 5
    feeds: ClassVar[Mapping[str, str]] = {SKU: SKU, CHANNEL: CHANNEL, REVIEW: REVIEW, OPS: OPS}
    indexes = INDEXES

    initial = staticmethod(Watch)
    encode = staticmethod(msgspec.json.Encoder().encode)
    decode = staticmethod(msgspec.json.Decoder(Watch).decode)

    def apply(self, state: Watch, event: Recorded, fact: object) -> Sequence[Change]:
        """See `Projection.apply`."""
        rule = _RULES.get(type(fact))
        crossed = _crossings(state, event) if balance.apply(state.balance, fact) else ()
        return crossed if rule is None else (*crossed, *rule(state, event, fact))

    def keys(self, key: StreamId, state: Watch) -> Keys:
        """See `Projection.keys`."""
        unmapped = IndexKey(UNMAPPED, key.key) if state.open_ else None
        return (None, None, None, unmapped) if unmapped else ()

    def readable(self, state: Watch) -> bool:
        """See `Projection.readable`."""
        return state.open_ is not None

    def glimpse(self, state: Watch) -> int:
        """See `Projection.glimpse`."""
        return state.failures


def _crossings(state: Watch, event: Recorded) -> Sequence[Change]:
    """Return alerts for what has just become low or oversold: the crossing only."""
    after = state.balance
    low, oversold = after.low, after.oversold > 0
    if low is state.low and oversold is state.oversold:
        return ()
    changes: list[Change] = []
    if low and not state.low:
        changes.append(_stock_low(event, after))
    if oversold and not state.oversold:
        changes.append(_oversold(event, after))
    state.low, state.oversold = low, oversold
    return changes


def _stock_low(event: Recorded, after: Balance) -> Change:
    message = f"{event.stream.key}: {after.physical} left, at or below the threshold of {after.threshold}"
    return raised(event, "stock_low", "warning", message, after.physical)


def _oversold(event: Recorded, after: Balance) -> Change:
    message = f"{event.stream.key}: {after.oversold} sold beyond stock"
    return raised(event, "oversold", "critical", message, after.oversold)


def _return(state: Watch, event: Recorded, fact: ReturnReceived) -> list[Change]:
    del state
    rule = RULES[fact.disposition].alert
    if rule is None:
        return []
    type_, severity = rule
    order = f" of order {fact.order}" if fact.order else ""
    message = f"{event.stream.key}: {fact.quantity} came back {fact.disposition}{order}"
    return [raised(event, type_, severity, message, fact.quantity)]


def _acknowledged(state: Watch, event: Recorded, fact: AlertAcknowledged) -> list[Change]:
    """Mark the alert as read. One of another stream is not this row's to change."""
    del state
    own = fact.alert.endswith(f".{stream_name(event.stream)}")
    return [marked(fact.alert)] if own else []


_REVIEWS: dict[ReviewReason, str] = {
    "unmapped_line": "an order line names no known SKU",
    "conflict": "a fact was told twice, differently",
    "unexplained_removal": "units left an order line, and no refund tells whether they are back in stock",
    "unknown_restock": "a refund does not tell whether its units are back in stock",
    "over_refunded": "more units of an order line were refunded than sold, and its stock may be too high",
    "app_uninstalled": "the shop uninstalled the app, so it sends no more orders",
    "shop_redact": "the shop asks that its data be erased",
}


def _review(state: Watch, event: Recorded, fact: ReviewRequested) -> list[Change]:
    if fact.reason == "unmapped_line":
        state.open_ = {} if state.open_ is None else state.open_
        state.open_[event.tx_id] = event.version
    message = f"{fact.subject}: {_REVIEWS[fact.reason]}" + (f" ({fact.detail})" if fact.detail else "")
    return [raised(event, "manual_review", "warning", message, 0)]


def _settled(state: Watch, event: Recorded, fact: ReviewSettled) -> list[Change]:
    """Mark as read what asked for it: nobody has to do anything about it."""
    version = state.open_.pop(fact.review, None) if state.open_ else None
    return [] if version is None else [marked(alert_id(event.stream, version, "manual_review"))]


def _quarantined(state: Watch, event: Recorded, fact: ProjectionQuarantined) -> list[Change]:
    del state
    message = f"{fact.projection} stopped at event {fact.version} of {fact.stream}: {fact.error}"
    return [raised(event, "projection_quarantined", "critical", message, 0)]


def _untaken(state: Watch, event: Recorded, fact: RecordQuarantined) -> list[Change]:
    """Alert at the first record that waits, and at every tenfold of it: a source that sends rubbish sends much."""
    state.failures += 1
    if state.failures not in _TENFOLDS:
        return []
    how_many = "a record" if state.failures == 1 else f"{state.failures:,} records"
    message = f"{how_many} from {fact.source} could not be taken and wait in quarantine; {fact.record}: {fact.error}"
    return [raised(event, "manual_review", "critical", message, 0)]


def _released(state: Watch, event: Recorded, fact: RecordReleased) -> list[Change]:
    del event, fact
    state.failures = max(0, state.failures - 1)
    return []


_RULES: dict[type, Callable[[Watch, Recorded, Any], list[Change]]] = {
    ReturnReceived: _return,
    AlertAcknowledged: _acknowledged,
    ReviewRequested: _review,
    ReviewSettled: _settled,
    ProjectionQuarantined: _quarantined,
    RecordQuarantined: _untaken,
    RecordReleased: _released,
    **channels.RULES,
    **shops.RULES,
}
