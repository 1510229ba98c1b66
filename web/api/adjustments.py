"""POST /api/adjustments: stock differs, or was counted."""

from fastapi import APIRouter

from ingest.operators.facts import schema
from web.api.write_answers import CONFLICTS, Quantities, quantities, settled
from web.body import Body, takes
from web.callers import Writer
from web.problems import ANSWERS
from web.services import Use

router = APIRouter(prefix="/api/adjustments", tags=["facts"], responses=ANSWERS | CONFLICTS)


class CorrectionAnswer(Quantities):
    """The SKU's quantities right after it. `tx` is its identity; `duplicate` tells that it was known before."""

    ok: bool = True
    tx: str | None
    duplicate: bool


@router.post("", openapi_extra=takes({"oneOf": [schema("adjustment"), schema("count")]}))
def post_adjustment(services: Use, caller: Writer, body: Body) -> CorrectionAnswer:
    """Record that stock differs by `delta`, for a `reason`, or that `count` units were counted.

    With `expectedVersion` it holds only while the SKU is at that version. An adjustment for `opening`, and every
    count, opens the SKU: until then it reads as zeros.
    """
    told, after = settled(services, caller.tenant, services.facts.receive_correction(caller.tenant, body))
    found = quantities(told.fact.sku, after)
    return CorrectionAnswer(**found.model_dump(by_alias=False), tx=told.tx, duplicate=told.status == "duplicate")
