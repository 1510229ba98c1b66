"""/api/buffer: units held back from every channel."""

from fastapi import APIRouter

from ingest.operators.facts import schema
from projections.inventory.documents import Numbers, numbers
from stock.identities import Sku
from web.api.levels import Asked, LevelsAnswer, levels
from web.api.write_answers import CONFLICTS, settled
from web.body import Body, takes
from web.callers import Reader, Writer
from web.problems import ANSWERS
from web.services import Services, Use
from web.skus import SkuPath, asked_for, named, unknown

router = APIRouter(prefix="/api/buffer", tags=["facts"], responses=ANSWERS)

_BODY = takes(schema("buffer", without=("sku",)))


@router.post("", openapi_extra=_BODY, responses=CONFLICTS)
@router.post("/", include_in_schema=False)
def post_buffer(services: Use, caller: Writer, body: Body, sku: Asked = None) -> LevelsAnswer:
    """Set the buffer of the SKU that `sku` names."""
    return _set(services, caller.tenant, asked_for(sku), body)


@router.post("/{sku:path}", openapi_extra=_BODY, responses=CONFLICTS)
def post_buffer_of(services: Use, caller: Writer, body: Body, sku: SkuPath) -> LevelsAnswer:
    """Set a SKU's buffer: `bufferQty` units are held back from every channel."""
    return _set(services, caller.tenant, named(sku), body)


@router.get("")
@router.get("/", include_in_schema=False)
def get_buffer(services: Use, caller: Reader, sku: Asked = None) -> LevelsAnswer:
    """Return the buffer of the SKU that `sku` names."""
    return _get(services, caller.tenant, asked_for(sku))


@router.get("/{sku:path}")
def get_buffer_of(services: Use, caller: Reader, sku: SkuPath) -> LevelsAnswer:
    """Return a SKU's buffer."""
    return _get(services, caller.tenant, named(sku))


def _set(services: Services, tenant: str, sku: Sku, body: bytes) -> LevelsAnswer:
    _, after = settled(services, tenant, services.facts.receive(tenant, "buffer", body, sku=sku))
    return _answer(services, tenant, sku, after)


def _get(services: Services, tenant: str, sku: Sku) -> LevelsAnswer:
    found = services.inventory.one(tenant, sku)
    if found is None:
        raise unknown(sku)
    return _answer(services, tenant, sku, numbers(found))


def _answer(services: Services, tenant: str, sku: Sku, after: Numbers | None) -> LevelsAnswer:
    message = after and f"of {after.physical} {sku}, {after.buffer} are held back and {after.broadcast} are shown"
    return levels(services, tenant, sku, after, message or "")
