"""How far a target has been told: a value that moves in three steps, each pure.

    begun  ->  (advanced | taken -> finished)*

What lies before `settled` has been told, or never will be; but for streams that the read model of alerts had not yet
folded then (it lagged, or was stopped by poison): of those, alerts up to a version are settled, whatever their time.
What was told since `settled` is known one by one, by hashes. So the value stays small however many alerts there were.
"""

from collections.abc import Container, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from struct import Struct
from typing import Literal

import msgspec

from channels.notices.looks import Look
from channels.notices.messages import SEVERITIES
from processor.clock import Instant, later, moment
from projections.alerts.documents import Alert
from stock.dispositions import Severity

LISTED = 50
"""So many alerts a message tells in full; of the others it tells how many they are."""

MOST_TOLD = 8000
"""So many are known one by one; who comes then waits until time has settled some."""

SETTLE = timedelta(minutes=2)
"""So long after its time an event is surely in the log: commits under way, clocks that differ, indexes that trail."""

SPACING = timedelta(seconds=10)
"""A target gets at most one message in that time; what comes meanwhile goes in the next."""

LAST = Instant("~")
"""After every instant."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOLD = Struct(">Q8s")
_INSTANT = timedelta(microseconds=1)


Ending = Literal["delivered", "given_up", "nothing_left"]
"""What became of a message; nothing was left to tell where all its alerts had been read."""


class Batch(msgspec.Struct, frozen=True):
    """A message that is to go, or went and nobody noted it: its alerts' ids, and how many more there were."""

    delivery: str
    at: Instant
    alerts: tuple[str, ...]
    left_out: Mapping[Severity, int]


class Progress(msgspec.Struct, frozen=True):
    """See the module. `told` holds, of each alert told, its time and a hash of its id, 16 bytes together.

    `since` is when the target was turned on: nothing older is ever told. `last` is when a message was last put
    together, `seen` when this was last written, `given_up` how many messages were. `gave_up_at` is when the last of
    those was, `delivered_at` when a message was last taken; empty: never.
    """

    since: Instant
    settled: Instant
    seen: Instant
    last: Instant = Instant("")
    told: bytes = b""
    behind: Mapping[str, int] = {}
    batch: Batch | None = None
    given_up: int = 0
    gave_up_at: Instant = Instant("")
    delivered_at: Instant = Instant("")

    @property
    def room(self) -> int:
        """How many more alerts can be told before time settles some."""
        return MOST_TOLD - len(self.told) // _TOLD.size

    def hashes(self) -> frozenset[bytes]:
        """Return what is known to be told."""
        return frozenset(hash_ for _, hash_ in _TOLD.iter_unpack(self.told))


class Late(msgspec.Struct, frozen=True):
    """What was found of streams that were behind: alerts that wait, and the version looked through per stream.

    `whole` tells that every stream was looked through to where the read model now is.
    """

    alerts: tuple[Alert, ...]
    through: Mapping[str, int]
    whole: bool = False


def hashed(id_: str) -> bytes:
    """Return what is kept of an alert's id."""
    return blake2b(id_.encode(), digest_size=8).digest()


def begun(now: Instant) -> Progress:
    """Return the progress of a target that is turned on: from `now`."""
    return Progress(since=now, settled=now, seen=now)


def due(progress: Progress, oldest: Instant, now: Instant, digest: timedelta) -> bool:
    """Whether a message may go now, the oldest alert that waits being of time `oldest`.

    With a digest the day is cut in windows of that length, from midnight UTC: one message at most in each, for what
    came in those before. So a restart neither loses a window nor opens another.
    """
    if digest:
        window = _window(now, digest)
        return window not in (_window(oldest, digest), progress.last and _window(progress.last, digest))
    return not progress.last or not timedelta() <= moment(now) - moment(progress.last) < SPACING


def _window(at: Instant, digest: timedelta) -> tuple[str, int]:
    then = moment(at)
    return at[:10], timedelta(hours=then.hour, minutes=then.minute, seconds=then.second) // digest


def taken(progress: Progress, waiting: Sequence[Alert], delivery: str, now: Instant) -> Progress:
    """Return the progress with all of `waiting` in a message of that name: they are told, once it is finished.

    The worst are listed first, then the oldest. `waiting` is no longer than `progress.room`.
    """
    ranked = sorted(waiting, key=lambda alert: (SEVERITIES.index(alert.severity), alert.timestamp, alert.id))
    left_out: dict[Severity, int] = {}
    for alert in ranked[LISTED:]:
        left_out[alert.severity] = left_out.get(alert.severity, 0) + 1
    told = b"".join(_TOLD.pack(_number(alert.timestamp), hashed(alert.id)) for alert in waiting)
    batch = Batch(delivery, now, tuple(alert.id for alert in ranked[:LISTED]), left_out)
    return msgspec.structs.replace(progress, told=progress.told + told, batch=batch, last=now, seen=now)


def finished(progress: Progress, now: Instant, ending: Ending) -> Progress:
    """Return the progress once the message is delivered, has nothing left to tell, or is given up."""
    after = msgspec.structs.replace(progress, batch=None, seen=now)
    if ending == "delivered":
        return msgspec.structs.replace(after, delivered_at=now)
    if ending == "given_up":
        return msgspec.structs.replace(after, given_up=progress.given_up + 1, gave_up_at=now)
    return after


def advanced(progress: Progress, look: Look, lagging: Container[str], recent: Sequence[Alert], late: Late) -> Progress:
    """Return the progress after a look at what lags, `lagging` being the tenant's streams in it.

    `recent` is what waits of the time not settled, found after the look, and `late`, found after that and whole, what
    waits of the streams that lagged then or before. Time is settled up to SETTLE before the look, but never past what
    waits; what waits of the late ones is kept in mind by its versions.
    """
    times = (alert.timestamp for alert in recent)
    settled = max(progress.settled, min(later(look.at, -SETTLE), *times, LAST))
    first: dict[str, int] = {}
    for alert in late.alerts:
        first[alert.stream] = min(alert.version, first.get(alert.stream, alert.version))
    behind = {
        stream: min(through, first.get(stream, through + 1) - 1)
        for stream, through in late.through.items()
        if stream in lagging or stream in first
    }
    after = msgspec.structs.replace(progress, settled=settled, behind=behind, seen=look.ready)
    after = _pruned(after)
    if after.room <= 0 and any(alert.timestamp == settled for alert in recent):
        # More at one instant than can be kept in mind: what of them was not told is passed over.
        after = _pruned(msgspec.structs.replace(after, settled=later(settled, _INSTANT)))
    return after


def _pruned(progress: Progress) -> Progress:
    """Forget what was told of the time that is settled."""
    since = _number(progress.settled)
    told = b"".join(_TOLD.pack(at, hash_) for at, hash_ in _TOLD.iter_unpack(progress.told) if at >= since)
    return msgspec.structs.replace(progress, told=told)


def _number(at: Instant) -> int:
    """Return microseconds since 1970."""
    return (moment(at) - _EPOCH) // _INSTANT
