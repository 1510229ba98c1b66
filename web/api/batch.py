"""POST /api/batch: many facts, one commit."""

from collections import Counter
from collections.abc import Sequence

from fastapi import APIRouter, Response

from ingest.operators.door import MAX_FACTS, Told
from ingest.operators.facts import KINDS, schema
from ingest.outcome import Refused
from web.answers import Answer
from web.body import BatchBody, refusal, takes
from web.callers import Writer
from web.problems import ANSWERS
from web.services import Use

router = APIRouter(prefix="/api/batch", tags=["facts"], responses=ANSWERS)

_ERRORS = {
    "conflict": "its tx was recorded before with other content",
    "stale": "the SKU has moved past expectedVersion",
}


class FactResult(Answer):
    """What became of one fact: `recorded`, `buffered`, `duplicate`, `conflict`, `stale` or `invalid`.

    One that is `buffered` is durable, and will be recorded, or found a duplicate, as soon as the store is less busy.
    `version` is its place among all that happened to the SKU, or that of what stands against it. `tx` is its identity.
    """

    status: str
    version: int | None = None
    error: str | None = None
    field: str | None = None
    hint: str | None = None
    tx: str | None = None


class BatchAnswer(Answer):
    """A result per fact, in order. `ok` tells that all are recorded, now or before."""

    ok: bool
    results: tuple[FactResult, ...]
    recorded: int
    buffered: int
    duplicates: int
    conflicts: int
    stale: int
    invalid: int


_FACTS = {
    "type": "object",
    "required": ["facts"],
    "properties": {
        "facts": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_FACTS,
            "items": {"oneOf": [schema(kind, tagged=True) for kind in KINDS]},
        }
    },
}


@router.post("", response_model=BatchAnswer, openapi_extra=takes(_FACTS))
def post_batch(services: Use, caller: Writer, body: BatchBody) -> Response:
    """Record up to 1,000 facts, `{"facts": [{"type": "sale", "sku": "A", "quantity": 1, "tx": "..."}, ...]}`.

    One that is wrong is told so in its place and spoils no other. Without a `tx` each is a new fact, so give one to
    be safe to send the batch again.
    """
    told = services.facts.receive_batch(caller.tenant, body)
    if isinstance(told, Refused):
        raise refusal(told)
    return Response(_answer(told).model_dump_json(), media_type="application/json")


def _answer(told: Sequence[Told | Refused]) -> BatchAnswer:
    results = tuple(map(_result, told))
    counts = Counter(result.status for result in results)
    return BatchAnswer(
        ok=counts["recorded"] + counts["buffered"] + counts["duplicate"] == len(results),
        results=results,
        recorded=counts["recorded"],
        buffered=counts["buffered"],
        duplicates=counts["duplicate"],
        conflicts=counts["conflict"],
        stale=counts["stale"],
        invalid=counts["invalid"],
    )


def _result(told: Told | Refused) -> FactResult:
    if isinstance(told, Refused):
        return FactResult(status="invalid", error=told.message, field=told.field, hint=told.hint)
    return FactResult(status=told.status, version=told.version, error=_ERRORS.get(told.status), tx=told.tx)
