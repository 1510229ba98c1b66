"""syncstate map: where a SKU is sold, and which of the shop's variants has it."""

import json
from typing import Annotated, Any

import typer

from syncstate.cli.connection import connected
from syncstate.cli.failures import Failure
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.printing import facts, table
from syncstate.cli.skus import SkuArgument, text

_PATH = "/api/mapping"
_SHOWN = {"sku": "SKU", "asin": "ASIN", "listing": "seller SKU", "productType": "product type", "mappedAt": "since"}
_LINKED = {"sku": "SKU", "variantId": "variant", "inventoryItemId": "inventory item", "linkedAt": "since"}


def map_(  # noqa: PLR0913 - each is an option
    sku: SkuArgument,
    asin: Annotated[str | None, typer.Argument(metavar="[ASIN]", help="Amazon's name of the product.")] = None,
    *,
    listing: Annotated[str | None, typer.Option("--seller-sku", help="Amazon's SKU, where it is another.")] = None,
    product_type: Annotated[str | None, typer.Option("--product-type", help="The listing's product type.")] = None,
    variant: Annotated[str | None, typer.Option("--variant", help="Shopify's number of the variant.")] = None,
    item: Annotated[str | None, typer.Option("--item", help="Shopify's number of the inventory item.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show where a SKU is sold on Amazon, map it to its listing, or link a variant of the shop's to it.

    \b
    Examples:
      syncstate map TSHIRT-RED-M
      syncstate map TSHIRT-RED-M B000000001
      syncstate map TSHIRT-RED-M B000000001 --seller-sku AMZ-TSHIRT-RED-M
      syncstate map TSHIRT-RED-M --variant 39072856003 --item 43729076003
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    mapping = _given(asin=asin, listing=listing, productType=product_type)
    link = _given(variantId=variant, inventoryItemId=item)
    if mapping and link:
        raise Failure("map the listing and link the variant one after the other", 2)
    with connected(settings_with(data=data)) as api:
        stated = {"sku": sku, **mapping, **link}
        found = api.post(_PATH, stated) if mapping or link else api.get(_PATH, {"sku": text(sku)})
    if as_json:
        print(json.dumps(found))
    elif link:
        _show_link(found)
    else:
        facts([(title, found[name]) for name, title in _SHOWN.items()])
        _show_duplicate(found, "mapped")


def _given(**fields: str | None) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value is not None}


def _show_link(found: dict[str, Any]) -> None:
    facts([(title, found[name]) for name, title in _LINKED.items()])
    _show_duplicate(found, "linked")
    lines = [(line["orderId"], line["lineId"], line["quantity"], line["status"]) for line in found["applied"]]
    if lines:
        table(("order", "line", "units", "which waited was"), lines)


def _show_duplicate(found: dict[str, Any], done: str) -> None:
    if found.get("duplicate"):
        print(f"nothing new: it was {done} so before")
