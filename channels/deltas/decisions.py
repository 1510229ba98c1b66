"""What to do about a SKU that a shop sells: pure, from its account and the time."""

from datetime import timedelta

import msgspec

from channels.decisions import Rest, Wait, backoff
from channels.deltas.shops import Unexplained
from channels.offers import SENT_WITHIN
from processor.clock import Instant, later
from projections.broadcasts.delta_queries import Account
from projections.broadcasts.deltas import Deltas, Open, Question

LATE = SENT_WITHIN + timedelta(minutes=1)
"""So long after an outcome nothing of an earlier try can arrive any more: only then the next change is begun.

Where a shop forgets keys, that earlier try is held off by the quantity it names alone, which the next could bring back.
"""

KEY_TRUSTED = timedelta(hours=20)
"""Shopify remembers a key for a day ("Implementing idempotency"); a retry must arrive well before that."""


class Resume(msgspec.Struct, frozen=True):
    """Send the intent that is open, exactly as it was written down."""

    intent: Open


class Begin(msgspec.Struct, frozen=True):
    """Write down that `delta` is to be given, under the next `number`, and send it."""

    number: int
    delta: int
    item: str
    cause_version: int
    since: int


class Look(msgspec.Struct, frozen=True):
    """Look at what the shop has of `item`."""

    item: str


class Adopt(msgspec.Struct, frozen=True):
    """Make stock of the units of a question, as was decided."""

    question: Question


class Answer(msgspec.Struct, frozen=True):
    """Answer a question, as the tenant always does."""

    question: Question
    adopted: bool


Decision = Resume | Begin | Look | Adopt | Answer | Wait | Rest


def decide(account: Account | None, now: Instant, *, sends: bool, unexplained: Unexplained = "ask") -> Decision:
    """Decide about one SKU. One intent at a time: what is open is ended before anything else.

    Unless it `sends`, what is open rests, and the shop is not looked at while it is owed something: it may have it from
    others. `unexplained` tells how the tenant answers questions.
    """
    if account is None:
        return Rest()
    deltas = account.deltas
    if deltas.open is not None:
        return Resume(deltas.open) if sends else Rest(doubtful=True)
    if deltas.adopts is not None:
        return Adopt(deltas.adopts)
    if not account.counted or account.item is None or not deltas.since:
        return Rest()
    if deltas.current and deltas.question is not None and unexplained != "ask" and sends:
        return Answer(deltas.question, adopted=unexplained == "adopt")
    return _watched(deltas, account.item, now, _owed(deltas, account.item, now, sends=sends))


def _owed(deltas: Deltas, item: str, now: Instant, *, sends: bool) -> Begin | Wait | None:
    """Answer for what the shop is to be given, None where that is nothing, or is not to be tried."""
    if deltas.expected is None or not deltas.outstanding or deltas.stuck:
        return None
    until = _not_before(deltas)
    if sends and now < until:
        return Wait(until)
    return Begin(deltas.number + 1, deltas.outstanding, item, deltas.owed_up_to, deltas.since)


def _watched(deltas: Deltas, item: str, now: Instant, owed: Begin | Wait | None) -> Begin | Look | Wait | Rest:
    """Give first; while that must wait, or there is nothing to give, look where it is time to."""
    if isinstance(owed, Begin):
        return owed
    look_at = deltas.look_at
    if look_at is not None and now >= look_at:
        return Look(item)
    return owed or Rest(doubtful=bool(deltas.doubts))


def _not_before(deltas: Deltas) -> Instant:
    """Return when the next change may be begun: nothing of the last one is on its way, and a refusal is slept over."""
    held = later(deltas.hold_at, LATE) if deltas.hold_at is not None else Instant("")
    refused = later(deltas.refused_at, backoff(deltas.refusals)) if deltas.current and deltas.refusals else Instant("")
    return max(held, refused)
