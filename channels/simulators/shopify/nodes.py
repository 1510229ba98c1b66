"""Goods, places and levels as the GraphQL API shows them, and pages of them."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError

from channels.simulators.shopify.goods import Good, Place, Stock, iso
from channels.simulators.shopify.shelves import Shelves

MAX_PAGE = 250

_GID = re.compile(r"gid://shopify/([A-Za-z]+)/(\d{1,20})")


class Nodes:
    """Looks things up by their global ids."""

    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves

    def by_id(self, gid: str, kind: str | None = None) -> dict[str, Any] | None:
        """Return a location or an item, None where there is none, or it is not of `kind`."""
        found = _GID.fullmatch(gid)
        if found is None or kind not in (None, found[1]):
            raise GraphQLError(f"Invalid global id '{gid}'", extensions={"code": "INVALID_FIELD_ARGUMENTS"})
        if found[1] == "Location":
            place = next((place for place in self._shelves.places() if place.id == found[2]), None)
            return None if place is None else self.place(place)
        good = self._shelves.good(found[2]) if found[1] == "InventoryItem" else None
        return None if good is None else self.item(good)

    def places(self, *, inactive: bool) -> list[dict[str, Any]]:
        """Return the locations, with those that are no longer used or without."""
        return [self.place(place) for place in self._shelves.places() if inactive or place.active]

    def place(self, place: Place) -> dict[str, Any]:
        """Return a location."""

        def levels(asked: Mapping[str, Any]) -> dict[str, Any]:
            return page([self.level(stock) for stock in self._shelves.stocked(place.id)], asked)

        named = {"__typename": "Location", "id": f"gid://shopify/Location/{place.id}", "name": place.name}
        return {**named, "isActive": place.active, "inventoryLevels": resolver(levels)}

    def variant(self, good: Good) -> dict[str, Any]:
        """Return a variant."""
        return {
            "id": f"gid://shopify/ProductVariant/{good.variant}",
            "sku": good.sku,
            "title": "Default Title",
            "requiresComponents": good.bundle,
            "product": {"id": f"gid://shopify/Product/{good.product}", "title": good.sku or ""},
            "inventoryItem": self.item(good),
        }

    def item(self, good: Good) -> dict[str, Any]:
        """Return an inventory item."""

        def level(asked: Mapping[str, Any]) -> dict[str, Any] | None:
            stock = self._shelves.stock(good.item, number(asked["locationId"], "Location"))
            return None if stock is None else self.level(stock)

        named = {"__typename": "InventoryItem", "id": f"gid://shopify/InventoryItem/{good.item}", "sku": good.sku}
        return {**named, "tracked": good.tracked, "inventoryLevel": resolver(level)}

    def level(self, stock: Stock) -> dict[str, Any]:
        """Return a level; of its quantities there is one, what is available."""

        def quantities(asked: Mapping[str, Any]) -> list[dict[str, Any]]:
            shown = {"name": "available", "quantity": stock.available, "updatedAt": iso(stock.at)}
            return [shown] if "available" in asked["names"] else []

        return {
            "id": f"gid://shopify/InventoryLevel/{stock.location}?inventory_item_id={stock.item}",
            "item": lambda _: self.by_id(f"gid://shopify/InventoryItem/{stock.item}"),
            "location": lambda _: self.by_id(f"gid://shopify/Location/{stock.location}"),
            "quantities": resolver(quantities),
        }


def resolver(answer: Callable[[Mapping[str, Any]], Any]) -> Callable[..., Any]:
    """Return what the executor calls with a field's arguments by name: `answer`, which takes them together."""
    return lambda _, **asked: answer(asked)


def number(gid: str, kind: str) -> str:
    """Return the digits of a global id of `kind`. Raises GraphQLError for any other."""
    found = _GID.fullmatch(gid)
    if found is None or found[1] != kind:
        raise GraphQLError(f"Invalid global id '{gid}'", extensions={"code": "INVALID_FIELD_ARGUMENTS"})
    return found[2]


def page(rows: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the page asked for by `first` and `after`. A cursor leads on from where it was, whatever came since."""
    first = asked["first"]
    if not 0 < first <= MAX_PAGE:
        told = f"first must be between 1 and {MAX_PAGE}"
        raise GraphQLError(told, extensions={"code": "INVALID_FIELD_ARGUMENTS"})
    begin = _place(asked.get("after"))
    shown = rows[begin : begin + first]
    end = begin + len(shown)
    info = {
        "hasNextPage": end < len(rows),
        "hasPreviousPage": begin > 0,
        "startCursor": _cursor(begin) if shown else None,
        "endCursor": _cursor(end) if shown else None,
    }
    return {"nodes": list(shown), "pageInfo": info}


def _cursor(place: int) -> str:
    return b64encode(f"place:{place}".encode()).decode()


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return max(0, int(b64decode(cursor, validate=True).decode().removeprefix("place:")))
    except ValueError as error:
        told = f"Invalid cursor: {cursor}"
        raise GraphQLError(told, extensions={"code": "INVALID_FIELD_ARGUMENTS"}) from error
