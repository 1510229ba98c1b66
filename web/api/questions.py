"""/api/sync/questions, changes and units: what an operator is to decide of a shop that keeps a count of its own."""

from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field, StrictBool, StrictInt

from channels.deltas.deciding import Asked, Decided
from ingest.operators.fields import SkuText
from ingest.outcome import Refused
from ingest.reading import Payload, read
from stock.identities import Sku
from web.answers import Answer, ErrorAnswer
from web.body import Body, refusal, takes
from web.callers import Admin, Reader
from web.paging import Cursor, Limit, cursor, position
from web.problems import ANSWERS, Problem
from web.services import Use

router = APIRouter(prefix="/api/sync", tags=["sync"], responses=ANSWERS)

CursorQuery = Annotated[Cursor, Query(alias="cursor")]
EXAMPLE = "TSHIRT-RED-M"
Number = Annotated[StrictInt, Field(ge=1, le=1_000_000_000)]

_REFUSED: dict[int | str, dict[str, Any]] = {404: {"model": ErrorAnswer}, 409: {"model": ErrorAnswer}}


class ChangeDecided(Payload):
    """Whether the shop made change `number` of the SKU's stock."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sku": EXAMPLE, "number": 1, "made": True}]})

    sku: SkuText
    number: Number
    made: StrictBool


class UnitsDecided(Payload):
    """Whether the units of question `number` are `adopt`ed as stock; else the shop gives them back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sku": EXAMPLE, "number": 1, "adopt": True}]})

    sku: SkuText
    number: Number
    adopt: StrictBool


class DoubtAnswer(Answer):
    """Change `number`, of `delta` units, may have been made or not."""

    number: int
    delta: int


class QuestionAnswer(Answer):
    """Question `number`: the shop has `difference` units more (below zero: fewer) than is explained."""

    number: int
    difference: int


class AskedAnswer(Answer):
    """What is to be decided of one SKU."""

    sku: str
    changes: tuple[DoubtAnswer, ...]
    units: QuestionAnswer | None


class QuestionsAnswer(Answer):
    """A page of SKUs about which something is to be decided. `nextCursor` continues it, null at the end."""

    count: int
    skus: tuple[AskedAnswer, ...]
    next_cursor: str | None


class DecidedAnswer(Answer):
    """What is so now; `changed` is false where the same was said before."""

    ok: Literal[True] = True
    sku: str
    number: int
    changed: bool
    message: str


@router.get("/questions")
def questions(services: Use, caller: Reader, cursor_: CursorQuery = None, limit: Limit = 100) -> QuestionsAnswer:
    """Return what is to be decided: changes in doubt, and units at the shop that nothing explains."""
    found, more = services.decider.asked(caller.tenant, position(cursor_), limit)
    return QuestionsAnswer(count=len(found), skus=tuple(map(_shown, found)), next_cursor=cursor(more))


@router.post("/changes", openapi_extra=takes(ChangeDecided.model_json_schema()), responses=_REFUSED)
def decide_change(services: Use, caller: Admin, body: Body) -> DecidedAnswer:
    """Say whether the shop made a change that is in doubt. If not, its units are owed again."""
    asked = _asked(ChangeDecided, body)
    decided = services.decider.change(caller.tenant, asked.sku, asked.number, made=asked.made)
    so = "it was made" if asked.made else "it was not made, and its units are owed again"
    return _told(asked.sku, asked.number, decided, f"change {asked.number} of {asked.sku}: {so}")


@router.post("/units", openapi_extra=takes(UnitsDecided.model_json_schema()), responses=_REFUSED)
def decide_units(services: Use, caller: Admin, body: Body) -> DecidedAnswer:
    """Adopt as stock the units at the shop that nothing explains, or have the shop give them back."""
    asked = _asked(UnitsDecided, body)
    decided = services.decider.units(caller.tenant, asked.sku, asked.number, adopt=asked.adopt)
    so = "its units are stock now" if asked.adopt else "its units are taken back from the shop"
    return _told(asked.sku, asked.number, decided, f"question {asked.number} of {asked.sku}: {so}")


Stated = TypeVar("Stated", ChangeDecided, UnitsDecided)


def _asked(model: type[Stated], body: bytes) -> Stated:
    asked = read(model, body)
    if isinstance(asked, Refused):
        raise refusal(asked)
    return asked


def _told(sku: Sku, number: int, decided: Decided, message: str) -> DecidedAnswer:
    """Return the answer. Raises Problem where there is nothing to decide, or it was decided otherwise."""
    hint = "GET /api/sync/questions, or `syncstate sync questions`, shows what is to be decided"
    if decided == "unknown":
        nothing = f"nothing is to be decided about {sku} under number {number}"
        raise Problem(HTTPStatus.NOT_FOUND, "unknown_question", nothing, field="number", hint=hint)
    if decided == "otherwise":
        before = f"number {number} of {sku} was decided otherwise before"
        raise Problem(HTTPStatus.CONFLICT, "decided_otherwise", before, field="number", hint=hint)
    return DecidedAnswer(sku=sku, number=number, changed=decided == "decided", message=message)


def _shown(asked: Asked) -> AskedAnswer:
    question = asked.question
    return AskedAnswer(
        sku=asked.sku,
        changes=tuple(DoubtAnswer(number=doubt.number, delta=doubt.delta) for doubt in asked.doubts),
        units=question and QuestionAnswer(number=question.number, difference=question.difference),
    )
