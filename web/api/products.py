"""GET /api/product-sync/{productId}: how far a shop's product has reached Amazon."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Path

from ingest.shopify.products import Newest, newest_snapshot
from processor.clock import Instant
from projections.broadcasts.documents import Broadcasts
from stock.events import ProductVariant
from stock.identities import Sku, product_stream
from web.answers import Answer
from web.callers import Reader
from web.problems import ANSWERS, Problem
from web.services import Services, Use

router = APIRouter(prefix="/api/product-sync", tags=["mapping"], responses=ANSWERS)

SHOP = "shopify"
MAX_ID_CHARS = 200

Sync = Literal["synced", "pending", "refused", "uncounted", "unmapped", "no_sku"]


class VariantSync(Answer):
    """One variant: its SKU and inventory item, its listing on Amazon, and how it stands there.

    The SKU is the shop's, or an operator's where one linked the variant later.

    `status`: `synced`: Amazon took the quantity that is `desired`; `pending`: it is to be told; `refused`: it refused;
    `uncounted`: nothing is told before the SKU is counted; `unmapped`: the SKU has no listing; `no_sku`: no SKU.
    """

    variant_id: str
    sku: str | None
    inventory_item_id: str | None
    mapped: bool
    asin: str | None = None
    listing: str | None = None
    desired: int | None = None
    last_accepted: int | None = None
    last_accepted_at: Instant | None = None
    synced: bool
    status: Sync


class ProductSyncAnswer(Answer):
    """A product as the shop last told it, at `seenAt`. `synced`: it has mapped variants, and all of those are."""

    product_id: str
    synced: bool
    seen_at: Instant
    variants: tuple[VariantSync, ...]


@router.get("/{product_id}")
def get_product_sync(
    services: Use, caller: Reader, product_id: Annotated[str, Path(description="the shop's id of the product")]
) -> ProductSyncAnswer:
    """Return how the product's variants stand on Amazon, by the shop's id of the product."""
    id_ = product_id.strip().removeprefix(f"{SHOP}:")
    newest = _newest(services, caller.tenant, id_)
    if newest is None:
        raise _unknown(id_)
    told = _as_linked(services, caller.tenant, newest.product.variants)
    skus = [Sku(variant.sku) for variant in told if variant.sku is not None]
    rows = services.broadcasts.several(caller.tenant, skus)
    variants = tuple(_variant(one, rows.get(Sku(one.sku)) if one.sku else None) for one in told)
    mapped = [variant for variant in variants if variant.mapped]
    return ProductSyncAnswer(
        product_id=id_,
        synced=bool(mapped) and all(variant.synced for variant in mapped),
        seen_at=newest.told_at,
        variants=variants,
    )


def _as_linked(services: Services, tenant: str, variants: Sequence[ProductVariant]) -> list[ProductVariant]:
    """Return the variants with the SKUs they have: an operator may have said another one."""
    skus = services.links.skus(tenant, [variant.variant for variant in variants])
    return [msgspec.structs.replace(one, sku=skus.get(one.variant, one.sku)) for one in variants]


def _newest(services: Services, tenant: str, id_: str) -> Newest | None:
    if not id_ or len(id_) > MAX_ID_CHARS or not id_.isprintable():
        return None
    return newest_snapshot(services.engine.store.log, product_stream(tenant, SHOP, id_))


def _unknown(id_: str) -> Problem:
    return Problem(
        HTTPStatus.NOT_FOUND,
        "unknown_product",
        f"no shop told of a product {id_[:200]}",
        field="productId",
        hint="it is known once Shopify has sent a products/update for it",
    )


def _variant(told: ProductVariant, row: Broadcasts | None) -> VariantSync:
    listing = row.channels.get("amazon") if row is not None else None
    status = _status(told, row)
    mapped = listing is not None and listing.listing is not None
    return VariantSync(
        variant_id=told.variant,
        sku=told.sku,
        inventory_item_id=told.item,
        mapped=mapped,
        asin=listing and listing.asin if mapped else None,
        listing=listing and listing.listing,
        desired=row and row.desired,
        last_accepted=listing and listing.accepted,
        last_accepted_at=listing and listing.accepted_at,
        synced=status == "synced",
        status=status,
    )


def _status(told: ProductVariant, row: Broadcasts | None) -> Sync:
    if told.sku is None:
        return "no_sku"
    listing = row.channels.get("amazon") if row is not None else None
    if row is None or listing is None or listing.listing is None:
        return "unmapped"
    if not row.balance.counted:
        return "uncounted"
    if listing.refused is not None and listing.refused == row.desired:
        return "refused"
    return "synced" if row.settled("amazon") else "pending"
