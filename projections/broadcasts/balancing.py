"""How events change Shopify's side of a SKU: pure changes of `Deltas`, each stream's of its own part alone."""

from collections.abc import Callable
from typing import Any

import msgspec

from processor.clock import Instant, later
from processor.events import Recorded
from projections.broadcasts.deltas import SETTLING, Deltas, Doubt, Open, Question
from stock.balance import Balance
from stock.events import (
    ADOPTED,
    STALE,
    ChannelQuantityObserved,
    DeltaApplied,
    DeltaDecided,
    DeltaInDoubt,
    DeltaIntended,
    DeltaRefused,
    LevelCompared,
    LevelDecided,
    LevelUnexplained,
    ListingMapped,
    adoption_tx,
)
from stock.identities import Channel

SHOP: Channel = "shopify"
"""The channel that keeps its own count; also the source of what happened there."""


class Offered(msgspec.Struct, frozen=True):
    """What a SKU offered before an event: `on_hand` less `buffer`, signed, and whether it was counted."""

    units: int
    counted: bool


def offered(balance: Balance) -> Offered:
    """Return what the balance offers now."""
    return Offered(balance.on_hand - balance.buffer, balance.counted)


def map_(deltas: Deltas, event: Recorded, fact: ListingMapped, before: str | None) -> None:
    """Begin anew where the SKU is sold under another item than `before`: that has a count of its own."""
    if deltas.since and fact.listing == before:
        return
    unmap(deltas)
    deltas.since, deltas.since_at = event.version, event.recorded_at


def unmap(deltas: Deltas) -> None:
    """Owe nothing more. What was begun is still ended."""
    deltas.since, deltas.since_at = 0, Instant("")
    deltas.owed = deltas.owed_up_to = deltas.theirs = 0


def move(deltas: Deltas, event: Recorded, before: Offered, after: Offered) -> None:
    """Take note of what an event of the SKU's stream changed. The first count changes nothing: the shop has its own."""
    deltas.adopted = max(deltas.adopted, question_of(event))
    change = after.units - before.units
    if not deltas.since or not change or before.counted is not after.counted:
        return
    if event.source == SHOP:
        deltas.theirs += change
    elif after.counted:
        deltas.owed, deltas.owed_up_to = deltas.owed + change, event.version


def question_of(event: Recorded) -> int:
    """Return the number of the question whose units an adjustment adopts, 0 for any other event."""
    if event.source != SHOP or not event.tx_id.startswith(ADOPTED):
        return 0
    number = event.tx_id.rpartition(":")[2]
    return int(number) if number.isdecimal() and event.tx_id == adoption_tx(int(number)) else 0


def tells(event: Recorded, fact: object) -> bool:
    """Whether an event of a channel's stream is one of the shop's account."""
    return type(fact) in _RULES and event.stream.key.startswith(f"{SHOP}:")


def tell(deltas: Deltas, event: Recorded, fact: object) -> None:
    """Take note of an event of the channel's stream that `tells` of the account."""
    _RULES[type(fact)](deltas, fact, event.recorded_at)


def _intended(deltas: Deltas, fact: DeltaIntended, at: Instant) -> None:
    _begin(deltas, fact.since)
    deltas.number, deltas.given = fact.number, deltas.given + fact.delta
    deltas.open = Open(
        fact.number, fact.delta, fact.change_from, fact.key, fact.item, fact.location, fact.since, at
    )  # fmt: skip


def _applied(deltas: Deltas, fact: DeltaApplied, at: Instant) -> None:
    closed = _close(deltas, fact.number)
    if closed is not None and closed.since == deltas.given_since:
        deltas.landed += closed.delta
    deltas.refused, deltas.refusals, deltas.retry = None, 0, True
    if fact.retried:
        deltas.hold_at = at


def _refused(deltas: Deltas, fact: DeltaRefused, at: Instant) -> None:
    closed = _close(deltas, fact.number)
    deltas.number = max(deltas.number, fact.number)
    if closed is not None and closed.since == deltas.given_since:
        deltas.given -= closed.delta
    if fact.code != STALE:
        deltas.refused, deltas.retry = closed.delta if closed is not None else None, fact.retry
        deltas.refusals, deltas.refused_at = deltas.refusals + 1, at


def _in_doubt(deltas: Deltas, fact: DeltaInDoubt, at: Instant) -> None:
    closed = _close(deltas, fact.number)
    if closed is not None:
        deltas.doubts = (*deltas.doubts, Doubt(fact.number, closed.delta, closed.since))
        deltas.hold_at = at


def _decided(deltas: Deltas, fact: DeltaDecided, at: Instant) -> None:
    del at
    doubt = next((doubt for doubt in deltas.doubts if doubt.number == fact.number), None)
    deltas.doubts = tuple(doubt for doubt in deltas.doubts if doubt.number != fact.number)
    if doubt is None or doubt.since != deltas.given_since:
        return
    if fact.applied:
        deltas.landed += doubt.delta
    else:
        deltas.given -= doubt.delta


def _observed(deltas: Deltas, fact: ChannelQuantityObserved, at: Instant) -> None:
    """Keep the newest that the shop told of itself; nothing is told after it was recorded."""
    time = min(fact.event_time, at)
    if time >= deltas.told_time:
        deltas.told, deltas.told_at, deltas.told_time = fact.quantity, at, time


def _compared(deltas: Deltas, fact: LevelCompared, at: Instant) -> None:
    """Measure what the shop has beside what is known. Until that lasted, it is only learnt."""
    del at
    _begin(deltas, fact.since)
    if fact.since != deltas.given_since:
        return
    if deltas.told_at <= fact.at:
        deltas.told = None
    found = fact.available - fact.moved
    if deltas.base is None or (not deltas.firm and found != deltas.base):
        deltas.base, deltas.base_at = found, fact.at
        return
    deltas.firm = deltas.firm or fact.at >= later(deltas.base_at, SETTLING)
    if found - deltas.base != deltas.gap:
        deltas.gap, deltas.gap_at = found - deltas.base, fact.at


def _unexplained(deltas: Deltas, fact: LevelUnexplained, at: Instant) -> None:
    """Ask; a difference of 0 takes back what was asked."""
    del at
    deltas.questions = fact.number
    deltas.question = Question(fact.number, fact.difference) if fact.difference else None


def _answered(deltas: Deltas, fact: LevelDecided, at: Instant) -> None:
    """Explain the difference: by stock that is adopted, or by the change that takes it back."""
    question = deltas.question
    if question is None or question.number != fact.number:
        return
    deltas.question = None
    deltas.gap, deltas.gap_at = deltas.gap - question.difference, at
    if fact.adopted:
        deltas.adopting = question
    elif deltas.base is not None:
        deltas.base, deltas.corrected = deltas.base + question.difference, deltas.corrected - question.difference


def _begin(deltas: Deltas, since: int) -> None:
    """Begin the sums of a newer mapping."""
    if since <= deltas.given_since:
        return
    deltas.given_since = since
    deltas.given = deltas.landed = deltas.corrected = deltas.gap = deltas.refusals = 0
    deltas.refused, deltas.retry = None, True
    deltas.base, deltas.firm, deltas.question = None, False, None


def _close(deltas: Deltas, number: int) -> Open | None:
    """Return the intent that is open under this number, which is so no more."""
    found = deltas.open
    if found is None or found.number != number:
        return None
    deltas.open = None
    return found


_RULES: dict[type, Callable[[Deltas, Any, Instant], None]] = {
    DeltaIntended: _intended,
    DeltaApplied: _applied,
    DeltaRefused: _refused,
    DeltaInDoubt: _in_doubt,
    DeltaDecided: _decided,
    ChannelQuantityObserved: _observed,
    LevelCompared: _compared,
    LevelUnexplained: _unexplained,
    LevelDecided: _answered,
}
