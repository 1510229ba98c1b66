"""/api/quarantine/records: records from outside that could not be taken, and taking them again."""

from base64 import b64encode
from collections.abc import Sequence
from http import HTTPStatus
from itertools import islice
from typing import Literal

from fastapi import APIRouter

from ingest.outcome import Refused
from ingest.reading import Payload, read
from processor.arrivals import Arrival
from processor.clock import Instant
from processor.deadletters import DeadLetter
from web.answers import Answer
from web.body import Body, refusal, takes
from web.callers import Admin
from web.problems import ANSWERS, Problem
from web.services import Services, Use

router = APIRouter(prefix="/api/quarantine/records", tags=["operations"], responses=ANSWERS)

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


class RecordsAsked(Payload):
    """Which records: `all`, or the one of `id`."""

    id: str | None = None
    all: bool = False


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
def get_record(services: Use, caller: Admin, record: str) -> RecordAnswer:
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


@router.post("/redrive", openapi_extra=takes(RecordsAsked.model_json_schema()))
def redrive_records(services: Use, caller: Admin, body: Body) -> RecordsRedrivenAnswer:
    """Take one record again, or all. What of it was recorded before is found to be there: nothing counts twice."""
    asked = read(RecordsAsked, body)
    if isinstance(asked, Refused):
        raise refusal(asked)
    if asked.all == (asked.id is not None):
        hint = 'send {"all": true}, or "id" as GET /api/quarantine/records tells it'
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid", "name one record, or all", hint=hint)
    chosen: Sequence[DeadLetter]
    if asked.id is not None:
        chosen = [_waiting(services, caller.tenant, asked.id)]
    else:
        # Those tried least often first, so that asking again comes round to all.
        waiting = islice(services.letters.letters.waiting(caller.tenant), MAX_LISTED)
        chosen = sorted(waiting, key=lambda letter: letter.tries)
    done = tuple(RedrivenRecord(id=it.id, error=services.letters.redrive(it)) for it in chosen[:MAX_AT_ONCE])
    return RecordsRedrivenAnswer(count=len(done), more=len(chosen) > len(done), redriven=done)


@router.post("/discard", openapi_extra=takes(RecordsAsked.model_json_schema()))
def discard_record(services: Use, caller: Admin, body: Body) -> RecordDiscardedAnswer:
    """Give one record up: it is erased, and a redelivery of it stays discarded. There is no way back."""
    asked = read(RecordsAsked, body)
    if isinstance(asked, Refused):
        raise refusal(asked)
    if asked.id is None or asked.all:
        hint = 'send "id" as GET /api/quarantine/records tells it'
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid", "name one record", field="id", hint=hint)
    services.letters.letters.release(_waiting(services, caller.tenant, asked.id), discarded=True)
    return RecordDiscardedAnswer(id=asked.id)


def _waiting(services: Services, tenant: str, id_: str) -> DeadLetter:
    """Return the tenant's letter of this id. Raises Problem (404)."""
    known = id_.isprintable() and len(id_) <= MAX_ID_CHARS
    letter = services.letters.letters.find(tenant, id_) if known else None
    if letter is None:
        raise _not_waiting(id_)
    return letter


def _not_waiting(id_: str) -> Problem:
    hint = "GET /api/quarantine/records lists what is"
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
