"""/api/mapping: where SKUs are sold."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from ingest.operators.facts import schema
from processor.clock import Instant
from projections.broadcasts.documents import Listing
from stock.codec import decode
from stock.events import ListingMapped
from stock.identities import Channel, Sku, sku_stream
from web.answers import Answer, ErrorAnswer, lean, sent
from web.api import links
from web.api.levels import Asked
from web.api.links import LinkedAnswer
from web.api.write_answers import RefusedAnswer, settled
from web.body import Body, takes
from web.callers import Reader, Writer
from web.paging import Cursor, Limit, cursor, position
from web.problems import ANSWERS, Problem
from web.services import Services, Use
from web.skus import SkuPath, asked_for, named, unknown

router = APIRouter(tags=["mapping"], responses=ANSWERS)

_BODY = takes({"anyOf": [schema("mapping"), links.SCHEMA]})
_CONFLICTS: dict[int | str, dict[str, Any]] = {409: {"model": RefusedAnswer | ErrorAnswer}}
_On = Annotated[Channel, Query(alias="channel", description="where it is sold")]


class MappingAnswer(Answer):
    """Where a SKU is sold on `channel`: under `listing` (Amazon: the seller SKU), since `mappedAt`."""

    sku: str
    channel: str
    listing: str
    asin: str | None
    product_type: str
    mapped_at: Instant | None


class MappedAnswer(MappingAnswer):
    """A mapping that was made, or was known before. `version` is its place among all that happened to the SKU."""

    ok: bool = True
    success: bool = True
    version: int
    duplicate: bool


class MappingsAnswer(Answer):
    """A page of mappings in the order of their SKUs; `nextCursor` continues it, null at the end.

    A page may hold fewer than its limit, even none, before the end.
    """

    count: int
    mappings: tuple[MappingAnswer, ...]
    next_cursor: str | None


class UnmappedAnswer(Answer):
    """A mapping that is no more."""

    ok: bool = True
    sku: str
    channel: str
    message: str


_listed, _mappings = lean(MappingAnswer), lean(MappingsAnswer)


@router.post("/api/mapping", openapi_extra=_BODY, responses=_CONFLICTS, response_model=MappedAnswer | LinkedAnswer)
@router.post("/api/sku-mapping", openapi_extra=_BODY, responses=_CONFLICTS, response_model=MappedAnswer | LinkedAnswer)
def post_mapping(services: Use, caller: Writer, body: Body) -> MappedAnswer | LinkedAnswer:
    """Map a SKU to its listing: `{"sku": "A", "asin": "..."}`. The seller SKU, `listing`, is the SKU by default.

    Or tell which SKU a variant of the shop's has: `{"variantId": 77, "sku": "A"}`; order lines that waited for that are
    applied. The same again changes nothing; another listing, or SKU, takes the place of the one before.
    """
    link = links.linked(services, caller.tenant, body)
    if link is not None:
        return link
    told, _ = settled(services, caller.tenant, services.facts.receive(caller.tenant, "mapping", body))
    sku, version = told.fact.sku, told.version or 0
    made = _as_recorded(services, caller.tenant, sku, version)
    return MappedAnswer(**made.model_dump(by_alias=False), version=version, duplicate=told.status == "duplicate")


@router.get("/api/mapping", response_model=MappingsAnswer | MappingAnswer)
def list_mappings(  # noqa: PLR0913 - query parameters
    services: Use,
    caller: Reader,
    *,
    sku: Asked = None,
    channel: _On = "amazon",
    cursor_: Annotated[Cursor, Query(alias="cursor")] = None,
    limit: Limit = 100,
) -> Response | MappingAnswer:
    """Return the SKUs that are sold on `channel`, a page at a time, or the one that `sku` names."""
    if sku is not None:
        return _one(services, caller.tenant, asked_for(sku), channel)
    found, after = services.broadcasts.mapped(caller.tenant, channel, position(cursor_), limit)
    told = [_listed(**_fields(name, channel, listing)) for name, listing in found]
    return sent(_mappings(count=len(told), mappings=told, next_cursor=cursor(after)))


@router.get("/api/mapping/{sku:path}")
def get_mapping(services: Use, caller: Reader, sku: SkuPath, channel: _On = "amazon") -> MappingAnswer:
    """Return where a SKU is sold."""
    return _one(services, caller.tenant, named(sku), channel)


@router.delete("/api/mapping")
def delete_mapping(services: Use, caller: Writer, sku: Asked = None, channel: _On = "amazon") -> UnmappedAnswer:
    """Unmap the SKU that `sku` names."""
    return _unmap(services, caller.tenant, asked_for(sku), channel)


@router.delete("/api/mapping/unmapped")
def delete_mapping_of_unmapped(services: Use, caller: Writer, channel: _On = "amazon") -> UnmappedAnswer:
    """Unmap the SKU that is called `unmapped`, as any other; to GET it, name it by `?sku=`."""
    return _unmap(services, caller.tenant, Sku("unmapped"), channel)


@router.delete("/api/mapping/health")
def delete_mapping_of_health(services: Use, caller: Writer, channel: _On = "amazon") -> UnmappedAnswer:
    """Unmap the SKU that is called `health`, as any other; to GET it, name it by `?sku=`."""
    return _unmap(services, caller.tenant, Sku("health"), channel)


@router.delete("/api/mapping/{sku:path}")
def delete_mapping_of(services: Use, caller: Writer, sku: SkuPath, channel: _On = "amazon") -> UnmappedAnswer:
    """Unmap a SKU: the channel is told nothing more about it."""
    return _unmap(services, caller.tenant, named(sku), channel)


def _unmap(services: Services, tenant: str, sku: Sku, channel: Channel) -> UnmappedAnswer:
    if services.facts.unmap(tenant, sku, channel).status == "duplicate":
        raise _unmapped(sku, channel)
    return UnmappedAnswer(sku=sku, channel=channel, message=f"{sku} is no longer updated on {channel}")


def _one(services: Services, tenant: str, sku: Sku, channel: Channel) -> MappingAnswer:
    row = services.broadcasts.one(tenant, sku)
    if row is None:
        raise unknown(sku)
    listing = row.channels.get(channel)
    if listing is None or listing.listing is None:
        raise _unmapped(sku, channel)
    return MappingAnswer(**_fields(sku, channel, listing))


def _unmapped(sku: Sku, channel: Channel) -> Problem:
    hint = "POST /api/mapping makes a mapping"
    message = f"{sku} is not mapped to {channel}"
    return Problem(HTTPStatus.NOT_FOUND, "unknown_mapping", message, field="sku", hint=hint)


def _fields(sku: Sku, channel: Channel, listing: Listing) -> dict[str, Any]:
    """Return the fields of a MappingAnswer."""
    return {
        "sku": sku,
        "channel": channel,
        "listing": listing.listing or "",
        "asin": listing.asin,
        "product_type": listing.product_type,
        "mapped_at": listing.mapped_at,
    }


def _as_recorded(services: Services, tenant: str, sku: Sku, version: int) -> MappingAnswer:
    """Return the mapping that event `version` of the SKU tells."""
    [event] = services.engine.store.log.read(sku_stream(tenant, sku), version - 1, 1)
    told = decode(event)
    assert isinstance(told, ListingMapped)  # noqa: S101 - the version of a mapping
    return MappingAnswer(
        sku=sku,
        channel=told.channel,
        listing=told.listing,
        asin=told.asin,
        product_type=told.product_type,
        mapped_at=event.recorded_at,
    )
