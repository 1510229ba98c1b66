"""What a person should know of a shop that keeps its own count: refusals, changes in doubt, units nothing explains."""

from collections.abc import Callable
from typing import Any

from processor.events import Recorded
from processor.projection import Change
from projections.alerts.channels import REPEATED
from projections.alerts.documents import AlertType, alert_id
from projections.alerts.watching import Watch, marked, raised
from stock.dispositions import Severity
from stock.events import (
    STALE,
    DeltaApplied,
    DeltaDecided,
    DeltaInDoubt,
    DeltaRefused,
    LevelDecided,
    LevelUnexplained,
)


def applied(state: Watch, event: Recorded, fact: DeltaApplied) -> list[Change]:
    """Mark as read what told of refusals: the shop takes changes again."""
    del fact
    settled = [marked(alert_id(event.stream, version, "sync_failed")) for version in state.failed]
    state.failures, state.failed = 0, ()
    return settled


def refused(state: Watch, event: Recorded, fact: DeltaRefused) -> list[Change]:
    """Alert at the first refusal and once more when it is repeated. One that came too late is no refusal."""
    if fact.code == STALE:
        return []
    state.failures += 1
    if state.failures not in (1, REPEATED):
        return []
    state.failed = (*state.failed, event.version)
    severity: Severity = "critical" if state.failures == REPEATED else "warning"
    told = f"refused a change of stock, {state.failures} in a row ({fact.code})"
    return [_raised(event, "sync_failed", severity, told, 0)]


def in_doubt(state: Watch, event: Recorded, fact: DeltaInDoubt) -> list[Change]:
    """Alert: somebody must find out."""
    state.doubted = {**(state.doubted or {}), fact.number: event.version}
    told = f"may have made change {fact.number} ({fact.delta:+}) or not: find out, and say so. It is not sent again"
    return [_raised(event, "sync_failed", "critical", told, fact.delta)]


def decided(state: Watch, event: Recorded, fact: DeltaDecided) -> list[Change]:
    """Mark as read what told of the doubt."""
    version = (state.doubted or {}).pop(fact.number, None)
    return [] if version is None else [marked(alert_id(event.stream, version, "sync_failed"))]


def unexplained(state: Watch, event: Recorded, fact: LevelUnexplained) -> list[Change]:
    """Alert, in place of what was asked before; not where the difference is gone."""
    before = _answered(state, event)
    if not fact.difference:
        return before
    state.drifted = event.version
    how = f"{abs(fact.difference)} {'more' if fact.difference > 0 else 'fewer'} than is explained"
    told = f"has {fact.available}, {how}: adopt or reject (question {fact.number})"
    return [*before, _raised(event, "drift", "warning", told, fact.difference)]


def answered(state: Watch, event: Recorded, fact: LevelDecided) -> list[Change]:
    """Mark as read what was asked."""
    del fact
    return _answered(state, event)


def _answered(state: Watch, event: Recorded) -> list[Change]:
    version, state.drifted = state.drifted, 0
    return [marked(alert_id(event.stream, version, "drift"))] if version else []


def _raised(event: Recorded, type_: AlertType, severity: Severity, told: str, quantity: int) -> Change:
    channel, _, sku = event.stream.key.partition(":")
    return raised(event, type_, severity, f"{sku}: {channel} {told}", quantity, sku=sku)


RULES: dict[type, Callable[[Watch, Recorded, Any], list[Change]]] = {
    DeltaApplied: applied,
    DeltaRefused: refused,
    DeltaInDoubt: in_doubt,
    DeltaDecided: decided,
    LevelUnexplained: unexplained,
    LevelDecided: answered,
}
