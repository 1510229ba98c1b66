"""Making copies of DynamoDB's tables fit for use: what a point-in-time restore or an export brings back.

Such a copy is no moment of the log. An event may be there without its claim, a claim without its event, and of a
transaction a part. So each stream is cut at its first hole, claims are made to agree with events, every listing is put
in doubt, and the read models are folded anew. What is cut off is written into a file first.

Each step may be broken off and done again. While the mark says "under way" nobody else opens the store.
"""

import gzip
import os
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from channels.attempts import doubt_all
from processor.adapters.dynamodb.walks import Walks
from processor.clock import Clock, Instant, moment, system_clock
from processor.events import Recorded
from processor.store import Store
from syncstate.care import Refused
from syncstate.care.claims import Claims
from syncstate.care.copying import settle
from syncstate.care.marks import Mark, Marking
from syncstate.care.numbering import number_attempts
from syncstate.care.tally import Tally, Watch, nobody
from syncstate.care.unpacking import fold_all
from syncstate.care.verifying_tables import hole_said, unclaimed_said

NONCE = "adopted"
TOLD = 1000

QUIET = timedelta(minutes=1)
"""So long nothing must have been recorded: in tables that are written to, half a transaction looks like damage."""

_encode = msgspec.json.Encoder().encode


class RemainderExists(Refused):
    """The file into which the remainder would go is there already."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} exists, and the remainder of an earlier run may be in it: name another with --remainder"
        )


class OtherRestore(Refused):
    """A restore of something else is under way on these tables."""

    def __init__(self, mark: Mark) -> None:
        super().__init__(
            f"a restore of {mark.source} into these tables was broken off: go on with it first, {mark.again}"
        )


class StillWritten(Refused):
    """An event was recorded a moment ago: these are no copies, or they are in use already."""

    def __init__(self, age: timedelta) -> None:
        super().__init__(
            f"an event was recorded {age.total_seconds():.0f} s ago: something writes to these tables. Adopt copies"
            f" that nobody uses; stop what writes, wait {QUIET.total_seconds():.0f} s, and try again"
        )


class Plan(msgspec.Struct):
    """What was found in the tables, and what adopting them changes. `told` are sentences for people.

    `cut` counts events after a hole, `missing` events without a right claim, `idle` claims of no event, `faults` what
    cannot be mended here.
    """

    events: int = 0
    streams: int = 0
    newest: Instant | None = None
    holes: int = 0
    cut: int = 0
    missing: int = 0
    idle: int = 0
    faults: int = 0
    told: list[str] = msgspec.field(default_factory=list)

    def tell(self, sentence: str) -> None:
        """Keep a sentence, unless there are enough."""
        if len(self.told) < TOLD:
            self.told.append(sentence)


class Adopted(msgspec.Struct, frozen=True):
    """What was done. `remainder` is the file of what was cut off, None where nothing was.

    `numbered` counts the listings whose delivery rows were not in the copy and begin after the log's newest attempt.
    """

    plan: Plan
    remainder: str | None
    doubted: int
    numbered: int
    waiting: int


class Errand(NamedTuple):
    """What an adoption is given.

    `remainder` is the file for what is cut off, `again` the command that repeats it, `clock` tells whether the tables
    are still written to.
    """

    remainder: Path
    again: str
    clock: Clock = system_clock


def look(claims: Claims, walks: Walks, watch: Watch = nobody) -> Plan:
    """Walk the table, and return what is to be done, at most TOLD sentences of it. Nothing is changed."""
    plan, tally = Plan(), Tally()
    for sentence in claims.take(walks.log(), tally, watch):
        plan.faults += 1
        plan.tell(sentence)
    for hole in claims.holes():
        claims.cut(hole)
        plan.holes, plan.cut = plan.holes + 1, plan.cut + hole.beyond
        plan.tell(hole_said(hole))
    for stream, first, last in claims.twice():
        plan.faults += 1
        plan.tell(f"{stream}: events {first} and {last} have one tx_id")
    for found in claims.unclaimed():
        plan.missing += 1
        plan.tell(unclaimed_said(found))
    plan.idle = sum(1 for _ in claims.idle())
    plan.events, plan.streams, plan.newest = tally.events, tally.streams, tally.newest
    return plan


def adopt(store: Store, walks: Walks, errand: Errand, watch: Watch = nobody) -> Adopted:
    """Make the tables fit for use. For tables that nobody else writes to.

    Raises StillWritten, RemainderExists or OtherRestore before anything is changed; OSError, or a ProcessorError.
    """
    marking = Marking(store.registers)
    _refuse_other(marking.mark)
    with closing(Claims()) as claims:
        plan = look(claims, walks, watch)
        _refuse_written(plan, errand.clock())
        if plan.cut and errand.remainder.exists():
            raise RemainderExists(errand.remainder)
        marking.write(mark := Mark(NONCE, "copied tables", errand.clock(), errand.again))
        if plan.cut:
            _keep(claims, walks, errand.remainder)
        _claim(claims, walks, watch)
        walks.delete_claims(found.claim for found in list(claims.idle()))
        walks.delete_events(iter(list(claims.remainder())))
        numbered = number_attempts(store.log, store.registers, claims.streams())
        doubted = doubt_all(store.registers)
        waiting = fold_all(store, claims.streams(), watch, afresh=True)
    marking.write(msgspec.structs.replace(mark, state="whole"))
    return Adopted(plan, str(errand.remainder) if plan.cut else None, doubted, numbered, waiting)


def _refuse_written(plan: Plan, now: Instant) -> None:
    if plan.newest is not None:
        age = moment(now) - moment(plan.newest)
        if age < QUIET:
            raise StillWritten(age)


def _refuse_other(mark: Mark | None) -> None:
    if mark is not None and mark.state == "under way" and mark.key != NONCE:
        raise OtherRestore(mark)


def _keep(claims: Claims, walks: Walks, remainder: Path) -> None:
    """Write what is cut off into a file, as JSON lines, and bring it to the disk."""
    draft = remainder.with_name(f"{remainder.name}.part")
    draft.unlink(missing_ok=True)
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", filename="") as file:
        for stream, version in claims.remainder():
            event = walks.event_now(stream, version)
            if event is not None:
                told = {**msgspec.structs.asdict(event), "stream": str(stream), "data": event.data.decode()}
                file.write(_encode(told) + b"\n")
    settle(draft, remainder)


def _claim(claims: Claims, walks: Walks, watch: Watch) -> None:
    for number, found in enumerate(list(claims.unclaimed()), 1):
        event = walks.event_now(found.stream, found.version)
        other = None if found.claimed is None else walks.event_now(found.stream, found.claimed)
        if event is not None and not _is_earlier(other, event):
            walks.claim(event, NONCE)
        watch("claims", number)


def _is_earlier(other: Recorded | None, event: Recorded) -> bool:
    """Tell whether the claim is rightly an earlier event's: of two with one tx_id the first keeps it."""
    return other is not None and other.tx_id == event.tx_id and other.version < event.version
