"""What a person should know: stock crossings, returns to look at, channels that refuse, stopped projections."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from processor.events import Recorded
from processor.models import IndexKey, Keys
from processor.ops import OPS, ProjectionQuarantined, RecordQuarantined, RecordReleased
from processor.projection import Amend, Change, Put
from processor.streams import StreamId
from projections.alerts.documents import INDEXES, UNMAPPED, UNREAD, Alert, AlertType, alert_id, document, stream_name
from stock import balance
from stock.balance import Balance
from stock.dispositions import RULES, Severity
from stock.events import (
    AlertAcknowledged,
    BroadcastAccepted,
    BroadcastRejected,
    ReturnReceived,
    ReviewReason,
    ReviewRequested,
    ReviewSettled,
)
from stock.identities import CHANNEL, REVIEW, SKU

REPEATED = 3
"""So many refusals of a listing in a row make its alert critical."""

_TENFOLDS = frozenset(10**digits for digits in range(10))


class Watch(msgspec.Struct, array_like=True, gc=False):
    """What crossings are measured against: the balance so far and how it stood, and how many failures there are.

    `failures`: at a channel, the refusals in a row; at a source of records, how many of them wait in quarantine. Of a
    review stream `open_` holds the versions of the questions that may settle by themselves, by their `tx_id`; None
    where none was ever asked.
    """

    balance: Balance = msgspec.field(default_factory=Balance)
    low: bool = False
    oversold: bool = False
    failures: int = 0
    open_: dict[str, int] | None = None


class AlertsProjection:
    """One row per stream that can give rise to alerts; one document per alert.

    The row of an order whose lines wait for their SKUs stands in the last index, in a partition of its own.
    """

    name = "alerts"
    schema = 2
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


def _alert(  # noqa: PLR0913 - the document's fields
    event: Recorded, type_: AlertType, severity: Severity, message: str, quantity: int, *, sku: str | None = None
) -> Put:
    place = event.stream
    subject = sku if sku is not None else place.key if place.category == SKU else ""
    return Put(
        document(
            Alert(
                alert_id(place, event.version, type_),
                type_,
                severity,
                subject,
                message,
                quantity,
                event.recorded_at,
                str(place),
                event.version,
            )
        )
    )


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
    return _alert(event, "stock_low", "warning", message, after.physical)


def _oversold(event: Recorded, after: Balance) -> Change:
    message = f"{event.stream.key}: {after.oversold} sold beyond stock"
    return _alert(event, "oversold", "critical", message, after.oversold)


def _return(state: Watch, event: Recorded, fact: ReturnReceived) -> list[Change]:
    del state
    rule = RULES[fact.disposition].alert
    if rule is None:
        return []
    type_, severity = rule
    order = f" of order {fact.order}" if fact.order else ""
    message = f"{event.stream.key}: {fact.quantity} came back {fact.disposition}{order}"
    return [_alert(event, type_, severity, message, fact.quantity)]


def _acknowledged(state: Watch, event: Recorded, fact: AlertAcknowledged) -> list[Change]:
    """Mark the alert as read. One of another stream is not this row's to change."""
    del state
    own = fact.alert.endswith(f".{stream_name(event.stream)}")
    return [_read(fact.alert)] if own else []


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
    return [_alert(event, "manual_review", "warning", message, 0)]


def _settled(state: Watch, event: Recorded, fact: ReviewSettled) -> list[Change]:
    """Mark as read what asked for it: nobody has to do anything about it."""
    version = state.open_.pop(fact.review, None) if state.open_ else None
    return [] if version is None else [_read(alert_id(event.stream, version, "manual_review"))]


def _read(alert: str) -> Change:
    return Amend(alert, {"read": True}, leaves=(UNREAD,))


def _accepted(state: Watch, event: Recorded, fact: BroadcastAccepted) -> list[Change]:
    del event, fact
    state.failures = 0
    return []


def _rejected(state: Watch, event: Recorded, fact: BroadcastRejected) -> list[Change]:
    """Alert at the first refusal and once more when it is repeated, not at each."""
    state.failures += 1
    if state.failures not in (1, REPEATED):
        return []
    channel, _, sku = event.stream.key.partition(":")
    severity: Severity = "critical" if state.failures == REPEATED else "warning"
    message = f"{sku}: {channel} refused quantity {fact.quantity}, {state.failures} in a row ({fact.code})"
    return [_alert(event, "sync_failed", severity, message, fact.quantity, sku=sku)]


def _quarantined(state: Watch, event: Recorded, fact: ProjectionQuarantined) -> list[Change]:
    del state
    message = f"{fact.projection} stopped at event {fact.version} of {fact.stream}: {fact.error}"
    return [_alert(event, "projection_quarantined", "critical", message, 0)]


def _untaken(state: Watch, event: Recorded, fact: RecordQuarantined) -> list[Change]:
    """Alert at the first record that waits, and at every tenfold of it: a source that sends rubbish sends much."""
    state.failures += 1
    if state.failures not in _TENFOLDS:
        return []
    how_many = "a record" if state.failures == 1 else f"{state.failures:,} records"
    message = f"{how_many} from {fact.source} could not be taken and wait in quarantine; {fact.record}: {fact.error}"
    return [_alert(event, "manual_review", "critical", message, 0)]


def _released(state: Watch, event: Recorded, fact: RecordReleased) -> list[Change]:
    del event, fact
    state.failures = max(0, state.failures - 1)
    return []


_RULES: dict[type, Callable[[Watch, Recorded, Any], list[Change]]] = {
    ReturnReceived: _return,
    AlertAcknowledged: _acknowledged,
    ReviewRequested: _review,
    ReviewSettled: _settled,
    BroadcastAccepted: _accepted,
    BroadcastRejected: _rejected,
    ProjectionQuarantined: _quarantined,
    RecordQuarantined: _untaken,
    RecordReleased: _released,
}
