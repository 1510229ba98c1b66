"""SKUs in addresses: in the path, or as `?sku=` where a client or a proxy would mangle the path."""

from http import HTTPStatus

from stock.identities import Sku, sku
from web.problems import Problem, invalid


def named(text: str) -> Sku:
    """Return the SKU that `text` names. Raises Problem (400) where it names none."""
    try:
        return sku(text)
    except ValueError as error:
        raise invalid("sku", error) from error


def unknown(name: Sku) -> Problem:
    """Return the answer to a SKU that nothing ever happened to."""
    return Problem(
        HTTPStatus.NOT_FOUND,
        "unknown_sku",
        f"nothing has happened to {name} yet",
        field="sku",
        hint="look at its spelling: SKUs are told apart by case",
    )
