"""Telling here which SKU each of a shop's variants has, as the shop itself does when a product changes."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from channels.shopify.shelves import Variant
from processor.clock import Instant, instant, moment
from stock.identities import sku
from syncstate.cli.connection import Api

NAMED = 100
APART = timedelta(minutes=5)
"""The shop's clock and ours may be apart: what the shop told of a product within so long is taken for newer."""


def unlike(api: Api, variants: Sequence[Variant], told: Callable[[str, int], None]) -> list[list[Variant]]:
    """Return the products, each with all its variants, of which the shop's word is not known here. Raises Failure."""
    known = _known(api, variants, told)
    products: defaultdict[str, list[Variant]] = defaultdict(list)
    for one in variants:
        products[one.product].append(one)
    return [product for product in products.values() if any(_differs(one, known) for one in product)]


def tell_products(
    api: Api, shop: str, products: Sequence[Sequence[Variant]], seen: Instant, told: Callable[[int], None]
) -> int:
    """Tell of every product as it was `seen`, and apply the order lines that waited; return how many did.

    What is known to be newer stands. Raises Failure; doing it again completes it.
    """
    headers = {"X-Shopify-Topic": "products/update", "X-Shopify-Shop-Domain": shop}
    at = instant(moment(seen) - APART)
    applied = 0
    for count, product in enumerate(products, 1):
        answer = api.post("/webhook/shopify", _snapshot(product, at), headers)
        applied += answer["queued"]
        told(count)
    return applied


def _known(
    api: Api, variants: Sequence[Variant], told: Callable[[str, int], None]
) -> dict[tuple[str, str], str | None]:
    known: dict[tuple[str, str], str | None] = {}
    for begin in range(0, len(variants), NAMED):
        some = variants[begin : begin + NAMED]
        asked = {"variant": [one.id for one in some], "item": [one.item for one in some]}
        for link in api.get("/api/links", asked)["links"]:
            known[link["kind"], link["id"]] = link["shop"]
        told("links", begin + len(some))
    return known


def _differs(one: Variant, known: dict[tuple[str, str], str | None]) -> bool:
    name = _sku(one)
    return known.get(("variant", one.id)) != name or known.get(("item", one.item)) != name


def _sku(one: Variant) -> str | None:
    try:
        return None if one.sku is None else sku(one.sku)
    except ValueError:
        return None


def _snapshot(product: Sequence[Variant], at: Instant) -> dict[str, Any]:
    variants = [{"id": one.id, "sku": one.sku, "inventory_item_id": one.item} for one in product]
    return {"id": product[0].product, "updated_at": at, "variants": variants}
