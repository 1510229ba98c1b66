"""/api/dead-letters: records from outside that could not be taken, and taking them again."""

from base64 import b64encode
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, Path

from processor.arrivals import Arrival
from processor.clock import Instant
from processor.deadletters import DeadLetter
from web.answers import Answer
from web.callers import Admin
from web.problems import ANSWERS, Problem
from web.services import Services, Use

router = APIRouter(prefix="/api/dead-letters", tags=["operations"], responses=ANSWERS)

Record = Annotated[str, Path(description="the record's id: its place at its source")]

ALL = "all"
"""In the place of an id: no id is like it."""

MAX_LISTED = 1000
MAX_SHOWN = 1_000_000
MAX_AT_ONCE = 100
MAX_ID_CHARS = 300


class QuarantinedRecord(Answer):
    """A record that could not be taken, and why. `id` is its place at its source; `tries` counts the attempts."""

    id: str
    source: str
    stream: str
    error: str
    kept_at: Instant
    arrived_at: Instant
    size: int
    tries: int


class RecordsAnswer(Answer):
    """The records that wait, at most MAX_LISTED; `more` tells that there are others."""

    count: int
    more: bool
    records: tuple[QuarantinedRecord, ...]


class RecordAnswer(QuarantinedRecord):
    """A record with what it holds, in base64, and as text where it is text; null where it is too large to show."""

    data: str | None
    text: str | None


class RedrivenRecord(Answer):
    """A record that was tried again. `error` tells why it waits still; null where it is taken."""

    id: str
    error: str | None


class RecordsRedrivenAnswer(Answer):
    """What was tried again, at most MAX_AT_ONCE; `more` tells that others wait: ask again."""

    ok: Literal[True] = True
    count: int
    more: bool
    redriven: tuple[RedrivenRecord, ...]


class RecordDiscardedAnswer(Answer):
    """The record is given up and erased."""

    ok: Literal[True] = True
    id: str


@router.get("")
def get_records(services: Use, caller: Admin) -> RecordsAnswer:
    """Return the tenant's records that could not be taken."""
    found = list(islice(services.letters.letters.waiting(caller.tenant), MAX_LISTED + 1))
    listed = tuple(_shown(letter) for letter in found[:MAX_LISTED])
    return RecordsAnswer(count=len(listed), more=len(found) > MAX_LISTED, records=listed)


@router.get("/{record}")
def get_record(services: Use, caller: Admin, record: Record) -> RecordAnswer:
    """Return one record that could not be taken, with what it holds."""
    letter = _waiting(services, caller.tenant, record)
    shown = _shown(letter).model_dump(by_alias=False)
    if letter.size > MAX_SHOWN:
        return RecordAnswer(**shown, data=None, text=None)
    try:
        kept = services.letters.letters.record(letter)
    except LookupError as error:
        raise _not_waiting(record) from error
    return RecordAnswer(**shown, data=b64encode(kept.data).decode(), text=_text(kept))


@router.post("/{record}/redrive")
def redrive_record(
    services: Use,
    caller: Admin,
    record: Annotated[str, Path(description="the record's id, or all")],
) -> RecordsRedrivenAnswer:
    """Take one record again, or `all`: those first that were tried least often, at most 100 at once.

    What of them was recorded before is found to be there: nothing counts twice.
    """
    if record != ALL:
        done = _redriven(services, _waiting(services, caller.tenant, record))
        return RecordsRedrivenAnswer(count=1, more=False, redriven=(done,))
    waiting = list(islice(services.letters.letters.waiting(caller.tenant), MAX_LISTED))
    chosen = sorted(waiting, key=lambda letter: letter.tries)[:MAX_AT_ONCE]
    tried = tuple(_redriven(services, letter) for letter in chosen)
    return RecordsRedrivenAnswer(count=len(tried), more=len(waiting) > len(tried), redriven=tried)


@router.post("/{record}/discard")
def discard_record(services: Use, caller: Admin, record: Record) -> RecordDiscardedAnswer:
    """Give one record up: it is erased, and a redelivery of it stays discarded. There is no way back."""
    services.letters.letters.release(_waiting(services, caller.tenant, record), discarded=True)
    return RecordDiscardedAnswer(id=record)


def _redriven(services: Services, letter: DeadLetter) -> RedrivenRecord:
    return RedrivenRecord(id=letter.id, error=services.letters.redrive(letter))


def _waiting(services: Services, tenant: str, id_: str) -> DeadLetter:
    """Return the tenant's letter of this id. Raises Problem (404)."""
    known = id_.isprintable() and len(id_) <= MAX_ID_CHARS
    letter = services.letters.letters.find(tenant, id_) if known else None
    if letter is None:
        raise _not_waiting(id_)
    return letter


def _not_waiting(id_: str) -> Problem:
    hint = "GET /api/dead-letters lists what is"
    return Problem(HTTPStatus.NOT_FOUND, "not_quarantined", f"{id_[:200]} is not quarantined", hint=hint)


def _shown(letter: DeadLetter) -> QuarantinedRecord:
    return QuarantinedRecord(
        id=letter.id,
        source=letter.place.source,
        stream=letter.place.stream,
        error=letter.error,
        kept_at=letter.kept_at,
        arrived_at=letter.arrived_at,
        size=letter.size,
        tries=letter.tries,
    )


def _text(record: Arrival) -> str | None:
    try:
        return record.data.decode()
    except UnicodeDecodeError:
        return None
