"""/api/threshold: when a SKU's stock counts as low."""

from fastapi import APIRouter

from ingest.operators.facts import schema
from ingest.operators.payloads import Threshold
from projections.inventory.documents import Numbers, numbers
from stock.identities import Sku
from web.api.levels import Asked, LevelsAnswer, levels
from web.api.write_answers import CONFLICTS, settled
from web.body import Body, takes
from web.callers import Reader, Writer
from web.problems import ANSWERS
from web.services import Services, Use
from web.skus import SkuPath, asked_for, named, unknown

router = APIRouter(prefix="/api/threshold", tags=["facts"], responses=ANSWERS)

_BODY = takes(schema("threshold", without=("sku",)))


class ThresholdAnswer(LevelsAnswer):
    """The same with the `threshold`: stock is low at or below so many units; null: never."""

    threshold: int | None


@router.post("", openapi_extra=_BODY, responses=CONFLICTS)
@router.post("/", include_in_schema=False)
def post_threshold(services: Use, caller: Writer, body: Body, sku: Asked = None) -> ThresholdAnswer:
    """Set the threshold of the SKU that `sku` names."""
    return _set(services, caller.tenant, asked_for(sku), body)


@router.post("/{sku:path}", openapi_extra=_BODY, responses=CONFLICTS)
def post_threshold_of(services: Use, caller: Writer, body: Body, sku: SkuPath) -> ThresholdAnswer:
    """Set at how many units a SKU's stock is low; null: never. An alert is raised when it gets there."""
    return _set(services, caller.tenant, named(sku), body)


@router.get("")
@router.get("/", include_in_schema=False)
def get_threshold(services: Use, caller: Reader, sku: Asked = None) -> ThresholdAnswer:
    """Return the threshold of the SKU that `sku` names."""
    return _get(services, caller.tenant, asked_for(sku))


@router.get("/{sku:path}")
def get_threshold_of(services: Use, caller: Reader, sku: SkuPath) -> ThresholdAnswer:
    """Return a SKU's threshold."""
    return _get(services, caller.tenant, named(sku))


def _set(services: Services, tenant: str, sku: Sku, body: bytes) -> ThresholdAnswer:
    told, after = settled(services, tenant, services.facts.receive(tenant, "threshold", body, sku=sku))
    threshold = told.fact.threshold if isinstance(told.fact, Threshold) else None
    if told.status == "duplicate":
        found = services.inventory.one(tenant, sku)
        threshold = found.threshold if found else None
    return _answer(services, tenant, sku, after, threshold)


def _get(services: Services, tenant: str, sku: Sku) -> ThresholdAnswer:
    found = services.inventory.one(tenant, sku)
    if found is None:
        raise unknown(sku)
    return _answer(services, tenant, sku, numbers(found), found.threshold)


def _answer(services: Services, tenant: str, sku: Sku, after: Numbers | None, threshold: int | None) -> ThresholdAnswer:
    low = "never counts as low" if threshold is None else f"counts as low at {threshold} units or fewer"
    message = f"stock of {sku} {low}"
    found = levels(services, tenant, sku, after, message)
    return ThresholdAnswer(**found.model_dump(by_alias=False), threshold=threshold)
