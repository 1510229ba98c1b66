"""syncstate map: where a SKU is sold."""

import json
from typing import Annotated

import typer

from syncstate.cli.connection import connected
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.printing import facts
from syncstate.cli.skus import SkuArgument, in_path

_SHOWN = {"sku": "SKU", "asin": "ASIN", "listing": "seller SKU", "productType": "product type", "mappedAt": "since"}


def map_(  # noqa: PLR0913 - each is an option
    sku: SkuArgument,
    asin: Annotated[str | None, typer.Argument(metavar="[ASIN]", help="Amazon's name of the product.")] = None,
    *,
    listing: Annotated[str | None, typer.Option("--seller-sku", help="Amazon's SKU, where it is another.")] = None,
    product_type: Annotated[str | None, typer.Option("--product-type", help="The listing's product type.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show where a SKU is sold on Amazon, or map it to its listing.

    \b
    Examples:
      syncstate map TSHIRT-RED-M
      syncstate map TSHIRT-RED-M B000000001
      syncstate map TSHIRT-RED-M B000000001 --seller-sku AMZ-TSHIRT-RED-M
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    given = {"asin": asin, "listing": listing, "productType": product_type}
    mapping = {name: value for name, value in given.items() if value is not None}
    with connected(settings_with(data=data)) as api:
        found = (
            api.post("/api/mapping", {"sku": sku, **mapping}) if mapping else api.get(f"/api/mapping/{in_path(sku)}")
        )
    if as_json:
        print(json.dumps(found))
        return
    facts([(title, found[name]) for name, title in _SHOWN.items()])
    if found.get("duplicate"):
        print("nothing new: it was mapped so before")
