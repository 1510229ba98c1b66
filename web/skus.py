"""SKUs in addresses: in the path, or as `?sku=` where a client or a proxy would mangle the path."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query

from stock.identities import Sku, sku
from web.problems import Problem

SkuPath = Annotated[str, Path(description="the SKU, percent-encoded")]
SkuQuery = Annotated[str, Query(alias="sku", description="the SKU, where the path cannot hold it: `..`, `A/`")]
OneSku = Annotated[str | None, Query(alias="sku", description="of this SKU alone")]


def named(text: str) -> Sku:
    """Return the SKU that `text` names. Raises Problem (400) where it names none."""
    try:
        return sku(text)
    except ValueError as error:
        hint = "write it in 1 to 200 characters without control characters, percent-encoded where it is in the path"
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid", str(error), field="sku", hint=hint) from error


def asked_for(text: str | None) -> Sku:
    """Return the SKU of `?sku=`. Raises Problem (400) where it names none or is missing."""
    if text is None:
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "invalid",
            "sku: Field required",
            field="sku",
            hint="name it in the path, percent-encoded, or as ?sku=",
        )
    return named(text)


def unknown(name: Sku) -> Problem:
    """Return the answer to a SKU that nothing ever happened to."""
    return Problem(
        HTTPStatus.NOT_FOUND,
        "unknown_sku",
        f"nothing has happened to {name} yet",
        field="sku",
        hint="look at its spelling: SKUs are told apart by case",
    )
